//! Characters that texts of strangers may not have, and what of a text is seen.

use icu_properties::{
    CodePointMapData, CodePointSetData,
    props::{DefaultIgnorableCodePoint, GeneralCategory, GeneralCategoryGroup, PrependedConcatenationMark},
};

/// Whether a character turns the direction of what follows it, or of all around it: with it a text can be shown as
/// another than it is. Scripts that run from right to left do without; each of their letters says so itself.
pub fn turns_direction(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A text that names something, without what surrounds it unseen; empty when there is nothing in it that anybody sees.
pub fn trimmed(text: &str) -> &str {
    if !text.chars().any(is_seen) {
        return "";
    }
    // What changes how its neighbour looks has none at the beginning.
    text.trim_start_matches(|c| is_blank(c) || shapes(c)).trim_end_matches(is_blank)
}

/// Whether nobody sees a character by itself: blanks and ends of lines, controls, accents and joiners alone, and what is
/// passed over where text is shown.
pub fn is_unseen(c: char) -> bool {
    c.is_whitespace() || !is_seen(c)
}

/// Symbols by their category that look like an empty place: a blank of Braille, the place of an object that is not
/// there, a note without a head, and the blanks of hieroglyphs. No property of Unicode says so.
const BLANKS: [char; 5] = ['\u{2800}', '\u{fffc}', '\u{1d159}', '\u{13441}', '\u{13442}'];

/// Whether a character is seen by itself: a letter, a number, a sign, a symbol, or one that is not assigned yet and shown
/// as a box. Accents and joiners alone are not, nor is what everyone may show as they like (private use).
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

/// Whether a character stands for an empty place, of whatever width, or for nothing. What is refused is no such one, nor
/// is what belongs to its neighbour.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || (!is_seen(c) && !shapes(c) && !c.is_control() && !turns_direction(c))
}

/// Whether a character only changes how its neighbours look: accents, joiners, variation selectors, the tags of flags,
/// marks of direction.
fn shapes(c: char) -> bool {
    let is_mark = GeneralCategoryGroup::Mark.contains(CodePointMapData::<GeneralCategory>::new().get(c));
    is_mark || matches!(c, '\u{61c}' | '\u{200c}'..='\u{200f}' | '\u{e0020}'..='\u{e007f}')
}

/// Whether a code point is none that a text may be exchanged with.
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
        // What is refused is not taken away in silence.
        for refused in ["x\u{202e}", "\0x"] {
            assert_eq!(trimmed(refused), refused);
        }
    }
}
