//! The six-digit code of a share.

use std::fmt;

use icu_properties::{CodePointMapData, props::GeneralCategory};
use rand_core::CryptoRng;

use super::PlainSecret;
use crate::text::is_unseen;

/// A six-digit code that a person enters. Mail scanners open links, but do not enter codes.
///
/// ```compile_fail,E0277
/// # use jeton_core::secret::Code;
/// serde_json::to_string(&Code::parse("123456").unwrap()); // it is not `Serialize`
/// ```
#[derive(Clone)]
pub struct Code(PlainSecret);

impl Code {
    /// Draws a random code. All codes are equally likely.
    pub fn random(rng: &mut impl CryptoRng) -> Self {
        // The largest multiple of a million below 2^32: numbers beyond it would favour low codes.
        const FAIR: u32 = u32::MAX / 1_000_000 * 1_000_000;
        loop {
            let drawn = rng.next_u32();
            if drawn < FAIR {
                return Self(PlainSecret::new(format!("{:06}", drawn % 1_000_000)));
            }
        }
    }

    /// Parses a code as people type and paste it. Spaces, dashes and invisible characters are dropped, and the decimal digits of every
    /// script are read, such as the wide ones of input methods.
    pub fn parse(text: &str) -> Option<Self> {
        let typed = text.chars().filter(|c| !is_unseen(*c) && !is_dash(*c));
        let digits: String = typed.map(digit).collect::<Option<_>>()?;
        (digits.len() == 6).then(|| Self(PlainSecret::new(digits)))
    }

    /// The six digits.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Whether it is a hyphen, a dash or a minus sign.
fn is_dash(c: char) -> bool {
    c == '\u{2212}' || category(c) == GeneralCategory::DashPunctuation
}

/// The ASCII digit of the same value; `None` if it is no decimal digit.
///
/// Unicode has the ten decimal digits of a script side by side, from zero to nine, and some of these rows side by side. So the distance from
/// the first one says the value.
fn digit(c: char) -> Option<char> {
    let is_digit = |c: &char| category(*c) == GeneralCategory::DecimalNumber;
    let before = ('\0'..c).rev().take_while(is_digit).count();
    let value = u32::try_from(before % 10).ok()?;
    is_digit(&c).then(|| char::from_digit(value, 10)).flatten()
}

fn category(c: char) -> GeneralCategory {
    CodePointMapData::<GeneralCategory>::new().get(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_as_people_paste_them() {
        for text in [
            "493201",
            "493 201",
            "493-201",
            " 493201 ",
            "493\u{2009}201\r\n",
            "493–201",
            "493\u{2011}201",
            "493−201",
            "\u{202a}493201\u{202c}",
            "4\u{200b}9\u{feff}3\u{2060}2\u{ad}01\0",
            "４９３２０１",
            "٤٩٣٢٠١",
            "۴۹۳ ۲۰۱",
            "४९३२०१",
            "𝟒𝟗𝟛𝟤𝟬𝟷",
            "4\u{fe0f}\u{20e3}93201",
        ] {
            assert_eq!(
                Code::parse(text).map(|code| code.expose().to_owned()).as_deref(),
                Some("493201"),
                "{text:?}"
            );
        }
        for text in [
            "",
            " ",
            "49320",
            "4932011",
            "49320a",
            "49320.1",
            "49320½",
            "49320²",
            "49320①",
            "四九三二〇一",
            "49320O",
        ] {
            assert!(Code::parse(text).is_none(), "{text:?}");
        }
    }

    #[test]
    fn the_digits_of_unicode_are_in_rows_of_ten() {
        let mut row = 0;
        let mut rows = 0;
        for c in '\0'..=char::MAX {
            if category(c) == GeneralCategory::DecimalNumber {
                assert_eq!(digit(c), char::from_digit(row % 10, 10), "{c:?}");
                row += 1;
            } else {
                assert_eq!(row % 10, 0, "{c:?}");
                rows += row / 10;
                row = 0;
            }
        }
        assert!(rows > 60, "{rows}");
    }
}
