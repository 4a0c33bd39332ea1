//! Texts for comparison without case and accents (folding).

use icu_normalizer::DecomposingNormalizerBorrowed;

/// Folds a text: lower case, without accents, in compatible letters, with one space between words, as pages show it. `Příliš`
/// becomes `prilis`, and `ﬁ` becomes `fi`.
pub fn folded(text: &str) -> String {
    let text = if text.is_ascii() { text.to_ascii_lowercase() } else { folded_chars(text).collect() };
    if text.contains("  ") || text.contains(['\t', '\n', '\r']) {
        text.split_ascii_whitespace().collect::<Vec<_>>().join(" ")
    } else {
        text
    }
}

/// The folded characters of a text, which are folded only as far as they are taken.
pub fn folded_chars(text: &str) -> impl Iterator<Item = char> {
    let letters = DecomposingNormalizerBorrowed::new_nfkd().normalize_iter(text.chars());
    let lower = letters.filter(|c| !is_accent(*c)).flat_map(char::to_lowercase);
    lower.flat_map(|c| {
        let (first, second) = without_stroke(c);
        std::iter::once(first).chain(second)
    })
}

/// Whether a character is an accent on a letter of Latin, Greek or Cyrillic. Marks of other scripts are a part of the word.
fn is_accent(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}')
}

/// The plain letters of those that Unicode does not decompose.
fn without_stroke(c: char) -> (char, Option<char>) {
    match c {
        'ł' => ('l', None),
        'ø' => ('o', None),
        'đ' | 'ð' => ('d', None),
        'ħ' => ('h', None),
        'ŧ' => ('t', None),
        'ı' => ('i', None),
        'ς' => ('σ', None),
        'ß' => ('s', Some('s')),
        'æ' => ('a', Some('e')),
        'œ' => ('o', Some('e')),
        _ => (c, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_folded_to_plain_small_letters_and_other_scripts_keep_their_marks() {
        for (text, plain) in [
            ("Nightly IMPORT", "nightly import"),
            ("Příliš žluťoučký kůň", "prilis zlutoucky kun"),
            ("Pr\u{30c}i\u{301}lis\u{30c}", "prilis"),
            ("Łódź, Straße, Ærø, İzmir", "lodz, strasse, aero, izmir"),
            ("ﬁnance Ⅳ ２", "finance iv 2"),
            ("ΑΘΉΝΑ", "αθηνα"),
            ("a  b \u{a0}  c", "a b c"),
            ("a\tb\n c", "a b c"),
            ("कि", "कि"),
            ("👩\u{200d}💻", "👩\u{200d}💻"),
        ] {
            assert_eq!(folded(text), plain);
            assert_eq!(folded(&folded(text)), plain, "folding again changes nothing");
        }
    }
}
