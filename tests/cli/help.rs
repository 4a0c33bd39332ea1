//! What the command says of itself.

use jeton_tests::{process::jeton, store::fresh_folder};

use crate::remote::said;

fn help(arguments: &[&str]) -> String {
    said(&jeton(&fresh_folder(), &[arguments, &["--help"]].concat(), &[])).to_owned()
}

#[test]
fn the_command_lists_what_it_can_do() {
    insta::assert_snapshot!(help(&[]));
}

#[test]
fn the_tokens_command_lists_its_own() {
    insta::assert_snapshot!(help(&["token"]));
}

/// The commands below one, as its help lists them.
fn listed(arguments: &[&str]) -> Vec<String> {
    let help = help(arguments);
    let Some((_, commands)) = help.split_once("Commands:\n") else { return Vec::new() };
    let names = commands.lines().take_while(|line| line.starts_with("  "));
    let names =
        names.filter(|line| !line.starts_with("   ")).filter_map(|line| line.split_whitespace().next());
    names.filter(|name| *name != "help").map(str::to_owned).collect()
}

#[test]
fn every_command_has_an_example() {
    let mut left = vec![Vec::new()];
    let mut seen = 0;
    while let Some(path) = left.pop() {
        let words: Vec<&str> = path.iter().map(String::as_str).collect();
        let below = listed(&words);
        if below.is_empty() {
            let help = help(&words);
            let example =
                help.split_once("Example").unwrap_or_else(|| panic!("{words:?} has none: {help}")).1;
            assert!(example.contains(&format!("jeton {}", words.join(" "))), "{help}");
            seen += 1;
        }
        left.extend(below.into_iter().map(|name| [&path[..], &[name]].concat()));
    }
    assert!(seen >= 25, "{seen}");
}

#[test]
fn shells_get_completions_that_know_every_command() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ended = jeton(&fresh_folder(), &["completions", shell], &[]);
        let script = said(&ended);
        assert!(script.contains("token") && script.contains("refresh"), "{shell}: {script}");
    }
}
