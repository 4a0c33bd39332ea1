//! Control characters in untrusted text, which a terminal would obey, are replaced before it is printed.

use std::{borrow::Cow, fmt::Write as _};

/// Makes a text printable on one line: line breaks are replaced, too.
pub fn printable(text: &str) -> String {
    text.chars().map(|c| if steers(c) { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

/// Makes lines printable: line breaks and tabs stay.
pub fn lines(text: &str) -> Cow<'_, str> {
    let replaced = |c: char| steers(c) && !matches!(c, '\n' | '\t');
    if !text.contains(replaced) {
        return Cow::Borrowed(text);
    }
    text.chars().map(|c| if replaced(c) { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

/// Escapes control characters in JSON. Serialisers already escape those below U+0020, and the others occur only within
/// strings.
pub fn json(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if steers(c) && c != '\n' {
            // Infallible, as for any string; all of these have four digits.
            let _ = write!(escaped, "\\u{:04x}", u32::from(c));
        } else {
            escaped.push(c);
        }
    }
    escaped
}

/// Whether this is a control character, C1 and DEL included, or changes the direction of writing.
fn steers(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_of_others_steers_the_terminal() {
        assert_eq!(printable("a\u{1b}[2Jb\u{202e}c\r\n\t"), "a\u{fffd}[2Jb\u{fffd}c\u{fffd}\u{fffd}\u{fffd}");
        assert_eq!(printable("Zürich 東京 🦀"), "Zürich 東京 🦀");
        assert_eq!(
            lines("a\u{1b}]0;x\u{7}\u{9b}2J\r\nb\tc\n"),
            "a\u{fffd}]0;x\u{fffd}\u{fffd}2J\u{fffd}\nb\tc\n"
        );
    }

    #[test]
    fn json_means_the_same_and_steers_nothing() {
        let value = serde_json::json!({"a\u{9b}": "\u{1b}\u{7f}\u{85}\u{202e}\n東京"});
        for text in [value.to_string(), format!("{value:#}")] {
            let escaped = json(&text);
            assert!(!escaped.contains(|c: char| steers(c) && c != '\n'), "{escaped}");
            assert_eq!(serde_json::from_str::<serde_json::Value>(&escaped).unwrap(), value);
        }
    }
}
