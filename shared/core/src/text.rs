//! Unicode checks of untrusted text: invisible characters and changes of the direction of writing.

use icu_properties::{
    CodePointMapData, CodePointSetData,
    props::{DefaultIgnorableCodePoint, GeneralCategory, GeneralCategoryGroup, PrependedConcatenationMark},
};

/// Whether a character changes the direction of writing (bidi control), which can disguise a text. Right-to-left scripts do not
/// need them: their letters have a direction of their own.
pub fn turns_direction(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Trims spaces and invisible characters from a name; empty if nothing in it is visible.
pub fn trimmed(text: &str) -> &str {
    if !text.chars().any(is_seen) {
        return "";
    }
    // A combining character has no base at the beginning.
    text.trim_start_matches(|c| is_blank(c) || shapes(c)).trim_end_matches(is_blank)
}

/// Whether a character is invisible on its own: spaces, line ends, controls, combining characters, joiners, and ignorable
/// code points.
pub fn is_unseen(c: char) -> bool {
    c.is_whitespace() || !is_seen(c)
}

/// Symbols that look blank: of Braille, the object replacement character, a note without a head, and of hieroglyphs. No
/// Unicode property covers them.
const BLANKS: [char; 5] = ['\u{2800}', '\u{fffc}', '\u{1d159}', '\u{13441}', '\u{13442}'];

/// Whether a character is visible on its own: a letter, a number, punctuation, a symbol, or an unassigned one, which is shown
/// as a box. Combining characters, joiners and private-use characters are not.
fn is_seen(c: char) -> bool {
    if CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c) || BLANKS.contains(&c) {
        return false;
    }
    let category = CodePointMapData::<GeneralCategory>::new().get(c);
    let seen = GeneralCategoryGroup::Letter
        .union(GeneralCategoryGroup::Number)
        .union(GeneralCategoryGroup::Punctuation)
        .union(GeneralCategoryGroup::Symbol);
    match category {
        GeneralCategory::Format => CodePointSetData::new::<PrependedConcatenationMark>().contains(c),
        GeneralCategory::Unassigned => !is_noncharacter(c),
        _ => seen.contains(category),
    }
}

/// Whether a character is blank or ignorable. Rejected characters and combining characters are not.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || (!is_seen(c) && !shapes(c) && !c.is_control() && !turns_direction(c))
}

/// Whether a character only changes its neighbours: combining characters, joiners, variation selectors, tags of flags, marks of
/// direction.
fn shapes(c: char) -> bool {
    let is_mark = GeneralCategoryGroup::Mark.contains(CodePointMapData::<GeneralCategory>::new().get(c));
    is_mark || matches!(c, '\u{61c}' | '\u{200c}'..='\u{200f}' | '\u{e0020}'..='\u{e007f}')
}

/// Whether a code point is a noncharacter.
fn is_noncharacter(c: char) -> bool {
    matches!(c, '\u{fdd0}'..='\u{fdef}') || u32::from(c) & 0xfffe == 0xfffe
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
            "\u{fffc}",
            "\u{1d159}",
            "\u{e000} \u{f8ff}",
            "\u{100000}",
            "\u{300}",
            "\u{20dd}",
            "\u{903}",
            "\u{fe00}",
            "\u{e0100}",
            "\u{200d}",
            "\u{13441}",
            "\u{16fe4}",
            "\u{ffff}",
            "\u{1bca0}\u{180e}",
            "\u{202e}\u{1}",
        ] {
            assert_eq!(trimmed(unseen), "", "{unseen:?}");
        }
        assert_eq!(trimmed(" \u{200b}Nightly  import\u{3000}"), "Nightly  import");
        assert_eq!(trimmed("\u{fffc}\u{300}x\u{e000}\u{1d159}"), "x");
        for kept in [
            "❤️",
            "نمی\u{200c}خواهم",
            "👩\u{200d}💻",
            "e\u{301}",
            "कि",
            "🏴\u{e0067}\u{e007f}",
            "\u{600}",
            "。",
        ] {
            assert_eq!(trimmed(kept), kept);
        }
        // Rejected characters are not trimmed silently.
        for refused in ["x\u{202e}", "\0x"] {
            assert_eq!(trimmed(refused), refused);
        }
    }
}
