//! Texts of others before they are printed. Control characters, which a terminal would obey, are replaced, invisible ones left out, and
//! symbols that look blank are spaces.

use std::{borrow::Cow, fmt::Write as _};

use jeton_core::text::{is_hidden, looks_blank};

/// Makes a text printable on one line: line breaks are replaced, too.
pub fn printable(text: &str) -> String {
    cleaned(text, |_| false)
}

/// Makes lines printable: line breaks and tabs stay.
pub fn lines(text: &str) -> Cow<'_, str> {
    let stays = |c: char| matches!(c, '\n' | '\t');
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\n' | b'\t')) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(cleaned(text, stays))
}

fn cleaned(text: &str, stays: impl Fn(char) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if stays(c) {
            out.push(c);
        } else if steers(c) {
            out.push(char::REPLACEMENT_CHARACTER);
        } else if looks_blank(c) {
            out.push(' ');
        } else if !is_hidden(out.chars().next_back(), c) {
            out.push(c);
        }
    }
    out
}

/// Escapes control characters and invisible ones in JSON. Serialisers already escape those below U+0020, and the others occur only
/// within strings.
pub fn json(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if c != '\n' && (steers(c) || looks_blank(c) || is_hidden(escaped.chars().next_back(), c)) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Infallible, as for any string.
                let _ = write!(escaped, "\\u{unit:04x}");
            }
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
    fn what_nobody_sees_is_not_printed_and_what_shapes_a_text_stays() {
        let hidden = "pay\u{200b}ro\u{2060}ll\u{ad}\u{feff}\u{e0001}";
        assert_eq!((printable(hidden), lines(hidden)), ("payroll".to_owned(), "payroll".into()));
        for shaped in ["👩\u{200d}💻", "می\u{200c}خواهم", "❤\u{fe0f}"] {
            assert_eq!(
                (printable(shaped).as_str(), &*lines(shaped), &*json(shaped)),
                (shaped, shaped, shaped)
            );
        }
    }

    #[test]
    fn a_symbol_that_looks_blank_is_printed_as_a_space_and_escaped_in_json() {
        assert_eq!(
            (printable("pay\u{2800}roll"), &*lines("pay\u{fffc}\nroll")),
            ("pay roll".to_owned(), "pay \nroll")
        );
        assert_eq!(json("pay\u{2800}roll"), "pay\\u2800roll");
    }

    #[test]
    fn json_means_the_same_and_steers_and_hides_nothing() {
        let value = serde_json::json!({"a\u{9b}": "\u{1b}\u{7f}\u{85}\u{202e}\n東京\u{200b}\u{ad}\u{e0001}"});
        for text in [value.to_string(), format!("{value:#}")] {
            let escaped = json(&text);
            assert!(!escaped.contains(|c: char| c != '\n' && (steers(c) || is_hidden(None, c))), "{escaped}");
            assert_eq!(serde_json::from_str::<serde_json::Value>(&escaped).unwrap(), value);
        }
    }
}
