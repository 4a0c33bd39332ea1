//! The six-digit code of a share.

use std::fmt;

use rand_core::CryptoRng;

use super::PlainSecret;

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

    /// Parses a code. Spaces and dashes between the digits are ignored.
    pub fn parse(text: &str) -> Option<Self> {
        let digits: String = text.chars().filter(|c| !matches!(c, ' ' | '-' | '\u{a0}')).collect();
        let six = digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_digit());
        six.then(|| Self(PlainSecret::new(digits)))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_as_people_paste_them() {
        for text in ["493201", "493 201", "493-201", " 493201 "] {
            assert_eq!(Code::parse(text).unwrap().expose(), "493201");
        }
        for text in ["", "49320", "4932011", "49320a", "４９３２０１"] {
            assert!(Code::parse(text).is_none(), "{text:?}");
        }
    }
}
