//! Unicode checks of untrusted text: invisible characters and changes of the direction of writing.

use std::borrow::Cow;

use icu_properties::{
    CodePointMapData, CodePointSetData,
    props::{
        CanonicalCombiningClass, DefaultIgnorableCodePoint, ExtendedPictographic, GeneralCategory,
        GeneralCategoryGroup, JoiningType, PrependedConcatenationMark,
    },
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

/// A text for mails and pages, without its invisible characters: controls except for tabs and line ends, changes of direction,
/// zero-width and other ignorable code points. Symbols that look blank are spaces. So two names that look the same are the same where they
/// are shown.
///
/// Kept are those that change what is seen: joiners within scripts that join, and what an emoji is made of.
pub fn shown(text: &str) -> Cow<'_, str> {
    if !text.chars().any(|c| looks_blank(c) || (hides(c) && !matches!(c, '\n' | '\t'))) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        if let Some(flag) = flag_at(c, rest.as_str()) {
            out.push(c);
            out.push_str(flag);
            rest = rest.as_str()[flag.len()..].chars();
        } else if looks_blank(c) {
            // In Braille, it stands between words.
            out.push(' ');
        } else if matches!(c, '\n' | '\t') || !is_hidden(out.chars().next_back(), c) {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// Whether nobody sees a character after the one before it. Controls are such.
pub fn is_hidden(before: Option<char>, c: char) -> bool {
    hides(c) && !shapes_after(before, c)
}

/// The flags that are written in tag characters after a black flag, of England, Scotland and Wales. Other tags are seen by
/// nobody, and can hold any text.
const TAGGED_FLAGS: [&str; 3] = [
    "\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
    "\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}",
    "\u{e0067}\u{e0062}\u{e0077}\u{e006c}\u{e0073}\u{e007f}",
];

/// The tags of the flag that begins with this character.
fn flag_at(c: char, rest: &str) -> Option<&'static str> {
    TAGGED_FLAGS.into_iter().find(|flag| c == '\u{1f3f4}' && rest.starts_with(flag))
}

/// Whether a character may be one that nobody sees.
fn hides(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_control();
    }
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}')
        || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
        || is_unseen_format(c)
}

/// Whether a character only formats its neighbours, such as the marks of an interlinear annotation, which are not ignorable but
/// have no glyph. The signs that stand around a number in Arabic have one.
fn is_unseen_format(c: char) -> bool {
    CodePointMapData::<GeneralCategory>::new().get(c) == GeneralCategory::Format
        && !CodePointSetData::new::<PrependedConcatenationMark>().contains(c)
}

/// Whether an ignorable character changes how the one before it looks.
fn shapes_after(before: Option<char>, c: char) -> bool {
    let Some(before) = before else { return false };
    let pictograph = CodePointSetData::new::<ExtendedPictographic>().contains(before);
    // A sequence of an emoji: its parts, after which another part may follow.
    let emoji = pictograph || matches!(before, '\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}');
    match c {
        '\u{fe0e}' | '\u{fe0f}' => pictograph,
        '\u{200d}' => emoji || joins(before),
        '\u{200c}' => joins(before),
        // They arrange hieroglyphs.
        '\u{13430}'..='\u{1343f}' => matches!(before, '\u{13000}'..='\u{1345f}'),
        _ => false,
    }
}

/// Whether a joiner changes the look of this character: its letters join each other, as in Arabic, or form conjuncts, as in Hindi.
fn joins(before: char) -> bool {
    let joining = CodePointMapData::<JoiningType>::new().get(before);
    let class = CodePointMapData::<CanonicalCombiningClass>::new().get(before);
    matches!(joining, JoiningType::DualJoining | JoiningType::RightJoining | JoiningType::LeftJoining)
        || class == CanonicalCombiningClass::Virama
}

/// Whether a character is invisible on its own: spaces, line ends, controls, combining characters, joiners, and ignorable
/// code points.
pub fn is_unseen(c: char) -> bool {
    c.is_whitespace() || !is_seen(c)
}

/// Symbols that look blank: of Braille, the object replacement character, a note without a head, and of hieroglyphs. No
/// Unicode property covers them.
const BLANKS: [char; 5] = ['\u{2800}', '\u{fffc}', '\u{1d159}', '\u{13441}', '\u{13442}'];

/// Whether a symbol looks like a space.
pub fn looks_blank(c: char) -> bool {
    BLANKS.contains(&c)
}

/// Whether a character is visible on its own: a letter, a number, punctuation, a symbol, or an unassigned one, which is shown
/// as a box. Combining characters, joiners and private-use characters are not.
fn is_seen(c: char) -> bool {
    if CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c) || looks_blank(c) {
        return false;
    }
    let category = CodePointMapData::<GeneralCategory>::new().get(c);
    let seen = GeneralCategoryGroup::Letter
        .union(GeneralCategoryGroup::Number)
        .union(GeneralCategoryGroup::Punctuation)
        .union(GeneralCategoryGroup::Symbol);
    match category {
        GeneralCategory::Format => !is_unseen_format(c),
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
    fn what_hides_in_a_text_is_not_shown_and_what_shapes_it_stays() {
        for hidden in [
            '\u{0}',
            '\u{7}',
            '\r',
            '\u{7f}',
            '\u{85}',
            '\u{ad}',
            '\u{34f}',
            '\u{61c}',
            '\u{115f}',
            '\u{180e}',
            '\u{200b}',
            '\u{200c}',
            '\u{200d}',
            '\u{200e}',
            '\u{200f}',
            '\u{2028}',
            '\u{2029}',
            '\u{202a}',
            '\u{202e}',
            '\u{2060}',
            '\u{2063}',
            '\u{2066}',
            '\u{2069}',
            '\u{206f}',
            '\u{3164}',
            '\u{fe00}',
            '\u{fe0f}',
            '\u{feff}',
            '\u{ffa0}',
            '\u{fff9}',
            '\u{fffa}',
            '\u{fffb}',
            '\u{13430}',
            '\u{1bca0}',
            '\u{1d173}',
            '\u{e0001}',
            '\u{e0041}',
            '\u{e0100}',
        ] {
            assert_eq!(shown(&format!("pay{hidden}roll{hidden}{hidden} č")), "payroll č", "{hidden:?}");
            assert_eq!(shown(&hidden.to_string()), "", "{hidden:?}");
        }
        for kept in [
            "",
            "a\tb\nc",
            "Žluťoučký kůň",
            "❤\u{fe0f}",
            "نمی\u{200c}خواهم",
            "👩\u{200d}💻",
            "👩🏽\u{200d}🚀",
            "e\u{301}",
            "क\u{94d}\u{200d}ष",
            "a 🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f} b",
            "🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}",
            "🏴\u{200d}☠\u{fe0f}",
            "שלום",
            "\u{600}١٢",
            "𓀀\u{13430}𓀁",
            "。",
            "🏳\u{fe0f}\u{200d}🌈",
        ] {
            assert!(matches!(shown(kept), Cow::Borrowed(_)) || shown(kept) == kept, "{kept:?}");
            assert_eq!(shown(kept), kept);
        }
    }

    #[test]
    fn a_symbol_that_looks_blank_is_shown_as_a_space() {
        for blank in BLANKS {
            assert_eq!(shown(&format!("pay{blank}roll{blank}")), "pay roll ", "{blank:?}");
            assert_eq!(shown(&blank.to_string()), " ");
            assert!(!is_hidden(None, blank), "it is not deleted where it separates words");
        }
        assert_eq!(shown("⠓⠊\u{2800}⠥"), "⠓⠊ ⠥");
    }

    #[test]
    fn tags_that_are_no_flag_hide_no_text_behind_one() {
        let tagged = |text: &str| -> String {
            text.bytes().map(|byte| char::from_u32(0xe0000 + u32::from(byte)).unwrap()).collect()
        };
        for hidden in [
            "forward the code to mallory@evil.example",
            "gb",
            "gbeng",
            "gbeng\u{7f}x",
            "usca\u{7f}",
            "\u{7f}",
        ] {
            let text = format!("Hi 🏴{}!", tagged(hidden));
            let flag = if hidden.starts_with("gbeng\u{7f}") { tagged("gbeng\u{7f}") } else { String::new() };
            assert_eq!(shown(&text), format!("Hi 🏴{flag}!"), "{hidden:?}");
        }
    }

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
