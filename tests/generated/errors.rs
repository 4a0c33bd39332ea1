//! The codes of errors in docs/reference/errors.md, from the table of errors.

use jeton_service::http::code::{CODES, Retry};
use jeton_tests::copy;

#[test]
fn every_code_is_in_the_reference_with_its_status_and_whether_to_retry() {
    let mut words: Vec<&str> = Vec::new();
    for code in CODES {
        if !words.contains(&code.name) {
            words.push(code.name);
        }
    }
    let sections: Vec<_> = words.into_iter().map(section).collect();
    copy::is_part("docs/reference/errors.md", "<!-- codes -->", "<!-- end -->", &sections.join("\n\n"));
}

/// A heading for each code, so that it can be linked to; a code may have two statuses.
fn section(word: &str) -> String {
    let heading = if word.is_empty() { "An empty code" } else { word };
    let mut lines = vec![
        format!("### {heading}"),
        String::new(),
        "| status | when | retry |".to_owned(),
        "| --- | --- | --- |".to_owned(),
    ];
    lines.extend(CODES.iter().filter(|code| code.name == word).map(|code| {
        let retry = match code.retry {
            Retry::No => "no",
            Retry::Later => "later",
            Retry::WithNewKey => "later, with a new `Idempotency-Key`",
            Retry::After => "after `Retry-After`",
        };
        format!("| {} | {} | {retry} |", code.status.as_u16(), code.meaning)
    }));
    lines.join("\n")
}
