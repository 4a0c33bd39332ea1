//! Separators between the parts of a broken token.

use crate::text::is_unseen;

/// A kind of separator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Separator {
    /// A space, an invisible character, a tag or a terminal escape.
    Unseen,
    /// A line end.
    LineEnd,
    /// A quotation mark of a string literal.
    Quote,
    /// A concatenation operator, which also prefixes quoted lines.
    Joiner,
    /// A prefix of quoted, listed or commented lines.
    Mark,
    /// Other punctuation.
    Other,
}

/// The kind of gap between two characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gap {
    /// No gap.
    None,
    /// A gap that breaks text: line ends with a prefix of the next line, invisible characters, and the concatenation of two
    /// string literals.
    Break,
    /// Any other gap.
    Signs,
}

/// The maximum bytes of a tag and of a terminal escape sequence.
const LONGEST: usize = 64;

/// The maximum letters and digits of a word in a tag.
const LONGEST_WORD: usize = 20;

/// The maximum bytes of a string in a terminal escape, such as an address.
const LONGEST_TEXT: usize = 256;

/// The separator at the start of a text, and its length. The text does not start with a letter, a digit or a dash.
pub(super) fn separator(text: &[u8]) -> (Separator, usize) {
    use Separator::{Joiner, LineEnd, Mark, Other, Quote, Unseen};
    match text {
        [b'\n' | b'\r', ..] => (LineEnd, 1),
        [b'\\', b'n' | b'r', ..] => (LineEnd, 2),
        [b'\\', b't' | b'v' | b'f', ..] => (Unseen, 2),
        [b'^', b'[', rest @ ..] | [b'\\', b'e', rest @ ..] if rest.first() == Some(&b'[') => {
            (Unseen, 2 + sequence(rest))
        }
        [0x1b, rest @ ..] => (Unseen, 1 + sequence(rest)),
        [0xc2, 0x9b, rest @ ..] => (Unseen, 2 + controls(rest)),
        [b'[', rest @ ..] => colour(rest).map_or((Other, 1), |length| (Unseen, 1 + length)),
        [b'=', b'\r' | b'\n', ..] | [b'\\' | 0..=0x20 | 0x7f, ..] => (Unseen, 1),
        [b'<', b'a'..=b'z' | b'A'..=b'Z' | b'/' | b'!', ..] => {
            tag(text).map_or((Other, 1), |length| (Unseen, length))
        }
        [b'&', b'a'..=b'z' | b'A'..=b'Z', ..] => name(text).map_or((Joiner, 1), |length| (Unseen, length)),
        [b'"' | b'\'' | b'`', ..] => (Quote, 1),
        [b'+' | b'.' | b'&' | b'|' | b'~' | b'^' | b'_', ..] => (Joiner, 1),
        [b'>' | b'#' | b'*' | b'/' | b';' | b':' | b'!', ..] => (Mark, 1),
        [0x80..=0xff, ..] => character(text),
        _ => (Other, 1),
    }
}

/// A character beyond ASCII, or the placeholder byte of an escape that encodes one.
fn character(text: &[u8]) -> (Separator, usize) {
    let length = match text[0] {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => 1,
    };
    let known = text.get(..length).and_then(|bytes| std::str::from_utf8(bytes).ok());
    match known.and_then(|text| text.chars().next()) {
        None => (Separator::Unseen, 1),
        Some('\u{85}' | '\u{2028}' | '\u{2029}') => (Separator::LineEnd, length),
        Some(c) if is_unseen(c) => (Separator::Unseen, length),
        Some('\u{2018}'..='\u{201f}' | '«' | '»') => (Separator::Quote, length),
        Some(_) => (Separator::Other, length),
    }
}

/// The length of the rest of a terminal escape sequence.
fn sequence(rest: &[u8]) -> usize {
    match rest {
        [b'[', rest @ ..] => 1 + controls(rest),
        [b']', rest @ ..] => {
            let some = &rest[..rest.len().min(LONGEST_TEXT)];
            let end = some.iter().position(|byte| matches!(byte, 0x07 | 0x1b | b'\n'));
            end.map_or(1, |end| 1 + end + usize::from(some[end] == 0x07))
        }
        [0x20..=0x2f, 0x30..=0x7e, ..] => 2,
        _ => 0,
    }
}

/// The length of the parameters and the final letter of such a sequence.
fn controls(rest: &[u8]) -> usize {
    let numbers = rest.iter().take(LONGEST).take_while(|byte| matches!(byte, 0x20..=0x3f)).count();
    numbers + usize::from(matches!(rest.get(numbers), Some(0x40..=0x7e)))
}

/// The length of a colour sequence without its escape character, such as `[0m`.
fn colour(rest: &[u8]) -> Option<usize> {
    let numbers = rest.iter().take(LONGEST).take_while(|byte| matches!(byte, b'0'..=b'9' | b';')).count();
    matches!(rest.get(numbers), Some(b'm' | b'K')).then_some(numbers + 1)
}

/// The length of a tag, such as `<wbr>`. A token in angle brackets is not a tag.
fn tag(text: &[u8]) -> Option<usize> {
    let end = text.iter().skip(1).take(LONGEST).position(|byte| matches!(byte, b'<' | b'>'))? + 1;
    let is_secret = |word: &[u8]| word.len() > LONGEST_WORD || word.starts_with(b"jt");
    let holds_secret = text[1..end].split(|byte| !byte.is_ascii_alphanumeric()).any(is_secret);
    (text[end] == b'>' && !holds_secret).then_some(end + 1)
}

/// The length of a named reference, such as `&shy;`.
fn name(text: &[u8]) -> Option<usize> {
    let end = 1 + text.iter().skip(1).take(LONGEST).take_while(|byte| byte.is_ascii_alphabetic()).count();
    (text.get(end) == Some(&b';')).then_some(end + 1)
}

/// A state machine over the separators between two characters.
#[derive(Debug, Default)]
pub(super) struct Seam {
    any: bool,
    at_line_start: bool,
    signs: Signs,
}

/// Visible punctuation, except prefixes of lines.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Signs {
    #[default]
    None,
    /// A string literal ended.
    Ended,
    /// A concatenation operator followed.
    Joined,
    /// Another string literal started.
    Begun,
    Others,
}

impl Seam {
    /// Adds the next separator.
    pub(super) fn take(&mut self, separator: Separator) {
        self.any = true;
        self.signs = match (separator, self.signs) {
            (Separator::Unseen, _) => return,
            (Separator::LineEnd, _) => {
                self.at_line_start = true;
                return;
            }
            (Separator::Joiner | Separator::Mark, _) if self.at_line_start => return,
            (Separator::Quote, Signs::None) => Signs::Ended,
            (Separator::Quote, Signs::Ended | Signs::Joined | Signs::Begun) => Signs::Begun,
            (Separator::Joiner, Signs::Ended | Signs::Joined | Signs::Begun) => Signs::Joined,
            _ => Signs::Others,
        };
        self.at_line_start = false;
    }

    /// The resulting kind of gap.
    pub(super) fn gap(&self) -> Gap {
        match (self.any, self.signs) {
            (false, _) => Gap::None,
            (true, Signs::None | Signs::Begun) => Gap::Break,
            (true, _) => Gap::Signs,
        }
    }
}
