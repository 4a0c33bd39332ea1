//! Redaction of broken tokens: split over lines, wrapped in a mail, or concatenated in source code.
//!
//! One pass drops everything between letters, digits and dashes. So gaps can have any length, and the work is linear in the
//! length of the text.

use std::ops::Range;

use super::{
    super::format::SECRET_AND_CHECK,
    separator::{Gap, Seam, separator},
    unbroken::{self, MOST, PIECE},
};

/// The number of consecutive parts of one or two characters that cannot be words.
const SHORT_PARTS: usize = 6;

/// Finds broken tokens.
pub(super) fn tokens(text: &[u8]) -> Vec<Range<usize>> {
    if !text.contains(&b'j') || !(0..text.len()).any(|at| text[at] == b'j' && is_mark(text, at)) {
        return Vec::new();
    }
    let joined = Joined::of(text);
    let (mut found, mut last_end): (Vec<Range<usize>>, _) = (Vec::new(), None);
    for mark in 0..joined.bytes.len().saturating_sub(1) {
        if joined.bytes[mark] != b'j' || joined.bytes[mark + 1] != b't' {
            continue;
        }
        let range = unbroken::manage_token(&joined.bytes, mark)
            .or_else(|| unbroken::token(&joined.bytes, mark))
            .or_else(|| joined.beginning(mark))
            .or_else(|| joined.bare(mark, last_end == Some(mark)));
        let Some(range) = range else { continue };
        last_end = last_end.max(Some(range.end));
        if joined.is_broken(&range) {
            found.push(joined.places[range.start]..joined.places[range.end - 1] + 1);
        }
    }
    found
}

/// Whether this `j` starts a `jt`, possibly broken.
pub(super) fn is_mark(text: &[u8], j: usize) -> bool {
    let mut at = j + 1;
    while let Some(byte) = text.get(at) {
        if is_kept(*byte) {
            return *byte == b't';
        }
        at += separator(&text[at..]).1;
    }
    false
}

/// Whether a byte can be part of a token.
fn is_kept(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-'
}

/// The letters, digits and dashes of a text.
struct Joined {
    bytes: Vec<u8>,
    /// The position of each.
    places: Vec<usize>,
    /// The separator before each.
    gaps: Vec<Gap>,
}

impl Joined {
    fn of(text: &[u8]) -> Self {
        let mut joined = Self { bytes: Vec::new(), places: Vec::new(), gaps: Vec::new() };
        let (mut at, mut seam) = (0, Seam::default());
        while at < text.len() {
            if is_kept(text[at]) {
                joined.bytes.push(text[at]);
                joined.places.push(at);
                joined.gaps.push(std::mem::take(&mut seam).gap());
                at += 1;
            } else {
                let (separator, length) = separator(&text[at..]);
                seam.take(separator);
                at += length;
            }
        }
        joined
    }

    fn is_broken(&self, range: &Range<usize>) -> bool {
        self.gaps[range.start + 1..range.end].iter().any(|gap| *gap != Gap::None)
    }

    /// The beginning of a cut or mistyped token with its `jt` here.
    fn beginning(&self, mark: usize) -> Option<Range<usize>> {
        let (first, secret) = unbroken::prefix(&self.bytes, mark)?;
        // A number before it is not part of it.
        let dash = (first..mark).find(|at| self.bytes[*at] == b'-').unwrap_or(mark);
        let apart = (first + 1..dash).rev().find(|at| self.gaps[*at] != Gap::None);
        let start = apart.unwrap_or(first);
        if self.gaps[start + 1..secret].contains(&Gap::Signs) {
            return None;
        }
        let length = self.drawn(secret);
        (length >= PIECE).then_some(start..secret + length)
    }

    /// Most of a token without its ids, with its `jt` here, at the beginning of a word.
    fn bare(&self, mark: usize, is_after_token: bool) -> Option<Range<usize>> {
        let begins_word = is_after_token
            || self.gaps[mark] != Gap::None
            || mark.checked_sub(1).is_none_or(|before| !self.bytes[before].is_ascii_alphanumeric());
        let secret = mark + "jt".len();
        if !begins_word || self.gaps[mark + 1] == Gap::Signs {
            return None;
        }
        let length = self.drawn(secret);
        (length >= MOST).then_some(mark..secret + length)
    }

    /// The number of letters and digits from here on that look random, across separators that break text. Parts with letters of
    /// one case, perhaps capitalized, or with digits only look like words or numbers. Random parts can look the same, so the
    /// majority of characters decides.
    fn drawn(&self, secret: usize) -> usize {
        let (mut at, mut drawn, mut length) = (secret, 0, 0);
        let (mut short_parts, mut undecided) = (0, 0);
        let most = self.bytes.len().min(secret + SECRET_AND_CHECK);
        while at < most && self.gaps[at] != Gap::Signs {
            let is_end = |end: &usize| {
                !self.bytes[*end].is_ascii_alphanumeric() || (*end > at && self.gaps[*end] != Gap::None)
            };
            let end = (at..most).find(is_end).unwrap_or(most);
            let part = &self.bytes[at..end];
            if part.is_empty() {
                break;
            }
            let begins = at == secret && self.gaps[at] == Gap::None && part.len() >= PIECE;
            let mut is_drawn = begins || !is_word(part);
            *(if is_drawn { &mut drawn } else { &mut undecided }) += part.len();
            if part.len() > 2 {
                (short_parts, undecided) = (0, 0);
            } else {
                short_parts += 1;
            }
            if short_parts >= SHORT_PARTS {
                drawn += std::mem::take(&mut undecided);
                is_drawn = true;
            }
            at = end;
            if is_drawn && drawn * 2 >= at - secret {
                length = at - secret;
            }
        }
        length
    }
}

/// Whether letters and digits can be a word or a number.
fn is_word(part: &[u8]) -> bool {
    let rest = part.get(1..).unwrap_or_default();
    part.iter().all(u8::is_ascii_digit)
        || (part[0].is_ascii_alphabetic() && rest.iter().all(u8::is_ascii_lowercase))
        || part.iter().all(u8::is_ascii_uppercase)
}
