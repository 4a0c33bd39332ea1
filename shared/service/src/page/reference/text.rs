//! Texts of the description on a page.

use maud::{Markup, html};
use serde_json::Value;

/// A text of the description.
pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// A description with code between backticks.
pub fn words(description: &Value) -> Markup {
    in_code(text(description))
}

/// A text with code between backticks.
pub fn in_code(text: &str) -> Markup {
    html! {
        @for (number, part) in text.split('`').enumerate() {
            @if number % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}

/// A text that begins with a capital letter and ends with a full stop, unless it is a question.
pub fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    let sentence: String = first.chain(letters).collect();
    if sentence.ends_with('?') { sentence } else { format!("{sentence}.") }
}
