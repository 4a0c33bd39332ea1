//! Characters that texts of strangers may not have.

/// Whether a character turns the direction of what follows it, or of all around it: with it a text can be shown as
/// another than it is. Scripts that run from right to left do without; each of their letters says so itself.
pub fn turns_direction(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A text that names something, without what surrounds it unseen; empty when there is nothing in it that anybody sees.
pub fn trimmed(text: &str) -> &str {
    let text = text.trim_matches(|c: char| c.is_whitespace() || is_blank(c));
    if text.chars().all(|c| c.is_whitespace() || is_blank(c) || is_unseen(c)) { "" } else { text }
}

/// Whether a character stands for an empty place, of whatever width.
fn is_blank(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{200b}' | '\u{2060}'
            ..='\u{2064}' | '\u{2800}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
    )
}

/// Whether a character is not seen by itself, though it may change how its neighbours look.
fn is_unseen(c: char) -> bool {
    c.is_control()
        || turns_direction(c)
        || matches!(c, '\u{34f}' | '\u{61c}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200c}'..='\u{200f}' | '\u{206a}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{fff9}'..='\u{fffb}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_sees_is_empty_and_what_is_seen_is_trimmed() {
        for unseen in [
            "",
            "   ",
            "\u{200b}",
            "\u{3164}",
            "\t\u{a0}\u{2060}",
            "\u{200d}\u{fe0f}",
            "\u{2800}",
            "\u{e0041}",
        ] {
            assert_eq!(trimmed(unseen), "", "{unseen:?}");
        }
        assert_eq!(trimmed(" \u{200b}Nightly  import\u{3000}"), "Nightly  import");
        for kept in ["❤️", "نمی\u{200c}خواهم", "👩\u{200d}💻"] {
            assert_eq!(trimmed(kept), kept);
        }
    }
}
