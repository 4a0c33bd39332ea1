//! Untrusted text in mails: made plain, so that it contains no links and nothing invisible.
//!
//! Jeton's mails come from a trusted sender, so a sharer could use them for phishing. Escaping is not enough, because mail
//! clients turn everything that looks like an address into a link. So its marks are put into brackets, as reports about malware
//! write addresses: `evil[.]example`. The reader sees what was changed, and a copied name holds nothing that nobody sees.

use jeton_core::{secret::redacted, text::shown};

/// Defuses everything that a mail client would make clickable: `scheme:`, dotted names, mail addresses, network paths.
pub fn unlinked(text: &str) -> String {
    let visible = shown(text);
    // Without invisible characters, a text may contain a token.
    let visible = redacted(&visible);
    visible.split_inclusive(char::is_whitespace).map(bracketed).collect()
}

/// A word with brackets around the marks of an address, if it is one.
fn bracketed(word: &str) -> String {
    let end = word.trim_end().len();
    if !is_address(&word[..end]) {
        return word.to_owned();
    }
    let mut out = String::with_capacity(word.len() + 8);
    let mut letters = word.chars().peekable();
    let mut open = false;
    while let Some(letter) = letters.next() {
        // Punctuation at the end of a word is safe.
        let inside = letters.peek().is_some_and(|next| !next.is_whitespace());
        let mark = plain_mark(letter).is_some() && (inside || open);
        if mark && !open {
            out.push('[');
        } else if !mark && open {
            out.push(']');
        }
        open = mark;
        out.push(letter);
    }
    if open {
        out.push(']');
    }
    out
}

/// The mark of an address that a character is taken for. Browsers treat the three ideographic full stops as dots, and normalize
/// wide and small forms. Outlook links `\\server\share`.
fn plain_mark(letter: char) -> Option<char> {
    Some(match letter {
        ':' | '：' | '\u{fe55}' => ':',
        '/' | '／' | '\u{2044}' | '\u{2215}' => '/',
        '\\' | '＼' | '\u{fe68}' => '\\',
        '@' | '＠' | '\u{fe6b}' => '@',
        '.' | '．' | '。' | '｡' | '\u{2024}' | '\u{fe52}' => '.',
        _ => return None,
    })
}

/// Whether a mail client may make a link of a word.
fn is_address(word: &str) -> bool {
    let plain: String = word.chars().map(|letter| plain_mark(letter).unwrap_or(letter)).collect();
    let plain = plain.trim_end_matches(|letter| plain_mark(letter).is_some());
    // In names of any script, a dot is followed by a letter.
    let foreign = plain
        .split('.')
        .skip(1)
        .any(|label| label.starts_with(|c: char| !c.is_ascii() && c.is_alphanumeric()));
    plain.contains(['@', '\\'])
        || plain.contains("//")
        || has_scheme(plain)
        || foreign
        || may_be_linked(plain)
}

/// Whether a word has a scheme, such as `mailto:`, with something after it.
fn has_scheme(word: &str) -> bool {
    word.split_once(':').is_some_and(|(before, after)| {
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
        let scheme = before.rsplit(|c: char| !fits(c)).next().unwrap_or_default();
        scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && !after.is_empty()
    })
}

/// The lines of a message, without links and without surrounding blank lines.
pub fn unlinked_lines(text: &str) -> Vec<String> {
    // U+2028 and U+2029 are line breaks in some clients.
    let text = text.replace("\r\n", "\n").replace(['\r', '\u{2028}', '\u{2029}', '\u{b}', '\u{c}'], "\n");
    text.trim().lines().map(|line| unlinked(line).trim_end().to_owned()).collect()
}

/// One line of at most 120 characters, for a subject or a sentence, so that a line break in a name cannot start a header or a
/// paragraph.
pub fn one_line(text: &str) -> String {
    let spaced: String = text.chars().map(|letter| if breaks(letter) { ' ' } else { letter }).collect();
    let spaced = shown(&spaced);
    let line = spaced.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    let mut line = redacted(&line).into_owned();
    if let Some((cut, _)) = line.char_indices().nth(120) {
        line.truncate(cut);
        line.push('…');
    }
    line
}

/// A name inside a sentence: one line, without links.
pub fn name(text: &str) -> String {
    unlinked(&one_line(text))
}

/// A trusted text, such as an id, an address or a time. It is not changed, so that it can be copied.
pub fn known(text: &str) -> String {
    one_line(text)
}

/// Whether a mail client would recognize an address in this: a dot before a possible top-level domain, `www.`, or four numbers.
pub fn may_be_linked(text: &str) -> bool {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-'))).any(|word| {
        let labels = || word.split('.');
        let domain = |label: &str| {
            (label.len() > 1 && label.bytes().all(|b| b.is_ascii_alphabetic()))
                || label.get(..4).is_some_and(|begin| begin.eq_ignore_ascii_case("xn--"))
        };
        let is_number = |label: &str| !label.is_empty() && label.bytes().all(|b| b.is_ascii_digit());
        labels().skip(1).any(domain)
            || labels().rev().skip(1).any(|label| label.eq_ignore_ascii_case("www"))
            || (labels().count() == 4 && labels().all(is_number))
    })
}

/// A person in a sentence, by name and address. If they are the same, once.
pub fn person(called: &str, email: Option<&str>) -> String {
    match email {
        Some(email) if email == called => known(email),
        Some(email) => format!("{} ({})", name(called), known(email)),
        None => name(called),
    }
}

/// Formats `493201` as `493 201`, which is easier to read.
pub fn spaced_code(code: &str) -> String {
    match code.split_at_checked(3) {
        Some((first, rest)) if code.len() == 6 => format!("{first} {rest}"),
        _ => code.to_owned(),
    }
}

/// Whether a character separates words.
fn breaks(letter: char) -> bool {
    letter.is_whitespace() || letter.is_control()
}

#[cfg(test)]
mod tests {
    use jeton_core::{
        id::{ProjectId, TokenId},
        secret::mint_token,
    };

    use super::*;
    use crate::clock::entropy;

    #[test]
    fn nothing_stays_an_address() {
        for text in [
            "https://evil.example",
            "HTTP://evil.example/path",
            "www.evil.example",
            "evil.com/login",
            "mailto:a@evil.example",
            "//evil.example",
            "\\\\evil\\share",
            "evil。com",
            "evil\u{2024}com",
            "evil\u{fe52}com",
            "https\u{200b}://evil.example",
            "https://\u{2060}evil.example",
            "(https://evil.example)",
            "ｅｖｉｌ．ｃｏｍ",
            "例。中国",
            "x.XN--P1AI",
            "9.9.9.9",
            "//evil/x.",
        ] {
            let plain = unlinked(text);
            for mark in ["s://", "/e", "\\\\e", ".e", ".c", "@e", ":a", "。c", "\u{2024}c", "\u{fe52}c"] {
                assert!(!plain.contains(mark), "{mark} in {plain:?}");
            }
            assert!(plain.contains('['), "{plain:?}");
        }
    }

    #[test]
    fn a_token_with_an_invisible_letter_within_it_is_replaced_when_that_is_left_out() {
        let (project, id) = (ProjectId::new(5).unwrap(), TokenId::new(7).unwrap());
        let token = mint_token(project, id, &mut entropy());
        let (begin, end) = token.expose().split_at(10);
        for hidden in ['\u{200b}', '\u{2060}', '\u{ad}', '\u{feff}'] {
            let text = format!("see {begin}{hidden}{end}.");
            assert_eq!([unlinked(&text), one_line(&text)], ["see ***.", "see ***."]);
        }
    }

    #[test]
    fn the_reader_sees_the_same_words_and_where_an_address_was() {
        let text = "See https://evil.example/a?b=c, or ask a@b.cz. Bye: now.";
        assert_eq!(unlinked(text), "See https[://]evil[.]example[/]a?b=c, or ask a[@]b[.]cz. Bye: now.");
        for plain in [
            "Plain words. And more: two.",
            "Import v1.2 of 10:30, and/or in.c-main; 3.5 …",
            "Zwei…drei ½ 1.234.567",
            "Žluť. Kůň: ano",
        ] {
            assert_eq!(unlinked(plain), plain);
        }
    }

    #[test]
    fn lines_are_lines_whatever_breaks_them() {
        assert_eq!(unlinked_lines("\n a\r\nb\rc\u{2028}d\u{0}e \n\n"), ["a", "b", "c", "de"]);
        assert!(unlinked_lines(" \n ").is_empty());
    }

    #[test]
    fn one_line_is_one_short_line() {
        assert_eq!(one_line("  a\r\nBcc: x\u{202e}y\t z "), "a Bcc: xy z");
        assert_eq!(one_line(&"č".repeat(500)).chars().count(), 121);
    }

    #[test]
    fn a_symbol_that_looks_blank_separates_words_as_a_space_does() {
        assert_eq!(one_line("pay\u{2800}\u{2800}roll\u{fffc}"), "pay roll");
        assert_eq!(unlinked("see evil.example\u{2800}now"), "see evil[.]example now");
    }

    #[test]
    fn a_code_is_shown_in_two_groups() {
        assert_eq!(spaced_code("493201"), "493 201");
        assert_eq!(spaced_code("12"), "12");
        assert_eq!(spaced_code("číslo"), "číslo");
    }
}
