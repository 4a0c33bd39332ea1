//! A decoded view of an escaped text, with the source position of each byte.

use std::ops::Range;

/// A kind of escape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Escape {
    /// `%2D`, as in URLs and forms.
    Percent,
    /// `\u002d`, `\x2d`, `\055` and `\-`, as in JSON, in source code and in shells.
    Backslash,
    /// `&#45;` and `&#x2d;`, as in HTML and XML, or without the semicolon.
    Entity,
    /// `=2D`, as in mails.
    Quoted,
}

impl Escape {
    /// Every kind.
    pub(super) const ALL: [Self; 4] = [Self::Percent, Self::Backslash, Self::Entity, Self::Quoted];

    /// The kind of escape that starts with this byte.
    pub(super) const fn of(byte: u8) -> Option<Self> {
        match byte {
            b'%' => Some(Self::Percent),
            b'\\' => Some(Self::Backslash),
            b'&' => Some(Self::Entity),
            b'=' => Some(Self::Quoted),
            _ => None,
        }
    }
}

/// The bytes of a text, each with its range in the source.
#[derive(Debug, Clone)]
pub(super) struct View {
    bytes: Vec<u8>,
    /// The start of each byte in the source, and the end of the last one.
    starts: Vec<usize>,
}

impl View {
    /// The view of a text without decoding.
    pub(super) fn of(text: &[u8]) -> Self {
        Self { bytes: text.to_vec(), starts: (0..=text.len()).collect() }
    }

    /// The bytes.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The source range of some of the bytes.
    pub(super) fn origin(&self, bytes: &Range<usize>) -> Range<usize> {
        self.starts[bytes.start]..self.starts[bytes.end]
    }

    /// Decodes one level of escapes of these kinds; `None` if there are none.
    pub(super) fn decoded(&self, kinds: &[Escape]) -> Option<Self> {
        let length = self.bytes.len();
        let (mut bytes, mut starts) = (Vec::with_capacity(length), Vec::with_capacity(length + 1));
        let mut at = 0;
        while at < length {
            let byte = self.bytes[at];
            let escape = match Escape::of(byte) {
                Some(kind) if kinds.contains(&kind) => escaped(kind, &self.bytes[at..]),
                _ => None,
            };
            let (decoded, length) = escape.unwrap_or((Some(byte), 1));
            if let Some(decoded) = decoded {
                starts.push(self.starts[at]);
                bytes.push(decoded);
            }
            at += length;
        }
        if bytes.len() == self.bytes.len() {
            return None;
        }
        starts.push(self.starts[self.bytes.len()]);
        Some(Self { bytes, starts })
    }
}

/// The maximum digits of an escape with an end mark.
const LONGEST: usize = 9;

/// The placeholder for a character beyond ASCII. Tokens have none, so its value does not matter.
const OTHER: u8 = 0x80;

/// Decodes an escape at the start of a text: its byte, if any, and its length.
fn escaped(kind: Escape, text: &[u8]) -> Option<(Option<u8>, usize)> {
    let byte =
        |digits: &[u8], radix| number(digits, radix).map(|code| Some(u8::try_from(code).unwrap_or(OTHER)));
    match (kind, text) {
        (Escape::Quoted, [_, b'\r', b'\n', ..]) => Some((None, 3)),
        (Escape::Quoted, [_, b'\n', ..]) => Some((None, 2)),
        (Escape::Percent | Escape::Quoted, [_, a, b, ..]) => Some((byte(&[*a, *b], 16)?, 3)),
        (Escape::Backslash, [_, b'u', b'{', rest @ ..]) => {
            let digits = until(rest, b'}')?;
            Some((byte(digits, 16)?, digits.len() + 4))
        }
        (Escape::Backslash, [_, letter @ (b'u' | b'U' | b'x'), rest @ ..]) => {
            let length = match letter {
                b'u' => 4,
                b'U' => 8,
                _ => 2,
            };
            Some((byte(rest.get(..length)?, 16)?, length + 2))
        }
        (Escape::Backslash, [_, digits @ ..]) if digits.first().is_some_and(u8::is_ascii_digit) => {
            Some((byte(digits.get(..3)?, 8)?, 4))
        }
        (Escape::Backslash, [_, sign, ..]) if sign.is_ascii_punctuation() => Some((Some(*sign), 2)),
        (Escape::Entity, [_, b'#', b'x' | b'X', rest @ ..]) => {
            let (digits, length) = reference(rest, u8::is_ascii_hexdigit);
            Some((byte(digits, 16)?, length + 3))
        }
        (Escape::Entity, [_, b'#', rest @ ..]) => {
            let (digits, length) = reference(rest, u8::is_ascii_digit);
            Some((byte(digits, 10)?, length + 2))
        }
        _ => None,
    }
}

/// The digits of a numeric reference, and their length with the optional semicolon.
fn reference(text: &[u8], is_digit: impl Fn(&u8) -> bool) -> (&[u8], usize) {
    let length = text.iter().take(LONGEST).take_while(|byte| is_digit(byte)).count();
    (&text[..length], length + usize::from(text.get(length) == Some(&b';')))
}

/// The text before an end byte, which must come within the maximum.
fn until(text: &[u8], end: u8) -> Option<&[u8]> {
    let at = text.iter().take(LONGEST).position(|byte| *byte == end)?;
    Some(&text[..at])
}

/// The value of a few digits.
fn number(digits: &[u8], radix: u32) -> Option<u32> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0_u32, |number, digit| {
        number.checked_mul(radix)?.checked_add(char::from(*digit).to_digit(radix)?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(text: &str) -> String {
        let view = View::of(text.as_bytes()).decoded(&Escape::ALL);
        String::from_utf8_lossy(view.map_or(text.as_bytes().to_vec(), |view| view.bytes).as_slice())
            .into_owned()
    }

    #[test]
    fn every_kind_of_escape_is_read() {
        for text in [
            "%2D",
            "%2d",
            "\\u002d",
            "\\u{2d}",
            "\\U0000002d",
            "\\x2D",
            "\\055",
            "\\-",
            "&#45;",
            "&#x2d;",
            "&#X02D;",
            "&#45",
            "&#0045",
            "=2D",
        ] {
            assert_eq!(decoded(&format!("a{text}b")), "a-b", "{text}");
        }
        assert_eq!(decoded("a=\r\nb=\nc"), "abc");
    }

    #[test]
    fn what_is_no_escape_stays() {
        for text in [
            "", "%", "%2", "%zz", "\\", "\\u00", "\\u{", "\\n", "\\09", "&#", "&#;", "&#x", "&#a", "&amp;",
            "=", "=x",
        ] {
            assert_eq!(decoded(text), text);
        }
    }

    #[test]
    fn each_byte_knows_where_it_came_from() {
        let text = "a%252Db";
        let once = View::of(text.as_bytes()).decoded(&Escape::ALL).unwrap();
        let twice = once.decoded(&Escape::ALL).unwrap();
        assert_eq!(twice.bytes(), b"a-b");
        assert_eq!(twice.origin(&(1..2)), 1..6);
        assert_eq!(twice.origin(&(1..3)), 1..7);
        assert!(twice.decoded(&Escape::ALL).is_none());
    }
}
