//! Values and texts with random parts, of which a test has to be certain.

use std::iter;

/// A token with another last character: its checksum is wrong.
pub fn mistyped(token: &str) -> String {
    let (most, last) = token.split_at(token.len() - 1);
    format!("{most}{}", if last == "x" { "y" } else { "x" })
}

/// A wrong code.
pub fn wrong_code(right: &str) -> String {
    wrong_codes(right).next().unwrap()
}

/// Wrong codes, all different.
pub fn wrong_codes(right: &str) -> impl Iterator<Item = String> {
    let mut next: u32 = right.parse().unwrap();
    iter::repeat_with(move || {
        next = (next + 1) % 1_000_000;
        format!("{next:06}")
    })
    .take(999_999)
}

/// What a person reads of a page. Its tags have random ids and keys, which may contain anything.
pub fn words(page: &str) -> String {
    page.split('<').map(|part| part.split_once('>').map_or(part, |(_, words)| words)).collect()
}

/// A text without its random parts: a short code may be a part of an id or a link.
#[track_caller]
pub fn without(text: &str, random: &[&str]) -> String {
    random.iter().fold(text.to_owned(), |text, part| {
        assert!(text.contains(part), "{part} is not in {text}");
        text.replace(part, "…")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_token_is_another_one() {
        for token in ["1-2-jtx", "1-2-jty", "1-2-jta"] {
            assert_ne!(mistyped(token), token);
        }
    }

    #[test]
    fn a_wrong_code_has_six_digits_and_is_not_the_right_one() {
        for right in ["000000", "000001", "999999"] {
            let wrong: Vec<String> = wrong_codes(right).take(5).collect();
            assert!(wrong.iter().all(|code| code.len() == 6 && code != right), "{right}: {wrong:?}");
        }
        assert_eq!(wrong_codes("123456").filter(|code| code == "123456").count(), 0);
    }

    #[test]
    fn the_words_of_a_page_are_outside_of_its_tags() {
        assert_eq!(words("Id <a href=\"/12026292\">of <b>2026</b></a>"), "Id of 2026");
    }
}
