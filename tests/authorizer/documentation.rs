//! The examples of docs/reference/authorizer.md.

use jeton_service::authorizer::Rules;

const PAGE: &str = include_str!("../../docs/reference/authorizer.md");

/// The code blocks of the page in one language.
fn blocks(language: &str) -> Vec<&'static str> {
    let opened = PAGE.split("```").skip(1).step_by(2);
    opened.filter_map(|block| block.strip_prefix(language)?.strip_prefix('\n')).collect()
}

#[test]
fn every_gateway_is_told_not_to_keep_results() {
    let gateways = blocks("yaml");
    assert_eq!(gateways.len(), 2, "an HTTP API and a REST API");
    for gateway in gateways {
        let lifetimes: Vec<_> = gateway
            .lines()
            .filter_map(|line| line.trim().strip_prefix("AuthorizerResultTtlInSeconds:"))
            .collect();
        assert_eq!(lifetimes, [" 0"], "a kept result would outlive a refresh:\n{gateway}");
        assert!(gateway.contains(" REQUEST\n"), "TOKEN authorizers are not supported:\n{gateway}");
    }
}

#[test]
fn the_rules_it_shows_are_rules() {
    let shown = blocks("rules");
    assert_eq!(shown.len(), 1);
    let Rules::File(rules) = Rules::parse(shown[0]).unwrap() else { panic!("the text of a file") };
    assert_eq!(rules.len(), 7);
}
