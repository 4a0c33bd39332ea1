//! What stands between the parts of a word that a text has broken.

use crate::text::is_unseen;

/// A kind of separator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Separator {
    /// A blank, a character that nobody sees, a mark of a page or a terminal.
    Unseen,
    /// The end of a line.
    LineEnd,
    /// What texts of programs stand in.
    Quote,
    /// What programs put such texts together with, and what stands in front of lines that are quoted.
    Joiner,
    /// What stands in front of lines that are quoted, listed or commented.
    Mark,
    /// Any other sign.
    Other,
}

/// What a gap between two characters consists of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gap {
    /// Nothing.
    None,
    /// What texts are broken with: ends of lines with what stands in front of the next, what nobody sees, and the seam
    /// between two texts of a program.
    Break,
    /// Anything else.
    Signs,
}

/// The most bytes of a tag, and of what a terminal is told in one sequence.
const LONGEST: usize = 64;

/// The most letters and digits of a word in a tag.
const LONGEST_WORD: usize = 20;

/// The most bytes of what a terminal is told as a text, such as an address.
const LONGEST_TEXT: usize = 256;

/// The separator that a text starts with, and how long it is. The text starts with neither a letter, a digit nor a dash.
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

/// A character beyond ASCII, or a byte of none, which an escape stands for whose character is not known.
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

/// How long the rest of what a terminal is told is, behind the escape.
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

/// How long the numbers and the letter of such a sequence are.
fn controls(rest: &[u8]) -> usize {
    let numbers = rest.iter().take(LONGEST).take_while(|byte| matches!(byte, 0x20..=0x3f)).count();
    numbers + usize::from(matches!(rest.get(numbers), Some(0x40..=0x7e)))
}

/// How long what is left of a colour is that has lost its escape, as in `[0m`.
fn colour(rest: &[u8]) -> Option<usize> {
    let numbers = rest.iter().take(LONGEST).take_while(|byte| matches!(byte, b'0'..=b'9' | b';')).count();
    matches!(rest.get(numbers), Some(b'm' | b'K')).then_some(numbers + 1)
}

/// How long a tag is, such as `<wbr>`. A token in such brackets is none.
fn tag(text: &[u8]) -> Option<usize> {
    let end = text.iter().skip(1).take(LONGEST).position(|byte| matches!(byte, b'<' | b'>'))? + 1;
    let is_secret = |word: &[u8]| word.len() > LONGEST_WORD || word.starts_with(b"jt");
    let holds_secret = text[1..end].split(|byte| !byte.is_ascii_alphanumeric()).any(is_secret);
    (text[end] == b'>' && !holds_secret).then_some(end + 1)
}

/// How long a reference by name is, such as `&shy;`.
fn name(text: &[u8]) -> Option<usize> {
    let end = 1 + text.iter().skip(1).take(LONGEST).take_while(|byte| byte.is_ascii_alphabetic()).count();
    (text.get(end) == Some(&b';')).then_some(end + 1)
}

/// The separators between two characters, as far as they were read.
#[derive(Debug, Default)]
pub(super) struct Seam {
    any: bool,
    at_line_start: bool,
    signs: Signs,
}

/// The signs among them that are seen, but for those in front of a line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Signs {
    #[default]
    None,
    /// A text of a program ends.
    Ended,
    /// It is put together with another one.
    Joined,
    /// Which begins.
    Begun,
    Others,
}

impl Seam {
    /// Takes the next one.
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

    /// What they are together.
    pub(super) fn gap(&self) -> Gap {
        match (self.any, self.signs) {
            (false, _) => Gap::None,
            (true, Signs::None | Signs::Begun) => Gap::Break,
            (true, _) => Gap::Signs,
        }
    }
}
