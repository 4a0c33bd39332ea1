//! Tokens with something between their characters: broken into lines, wrapped in a mail, put together by a program.
//!
//! One pass leaves out whatever stands between letters, digits and dashes. So a gap may be as long as it likes, and the work
//! stays linear in the text.

use std::ops::Range;

use super::{
    super::format::SECRET_AND_CHECK,
    separator::{Gap, Seam, separator},
    unbroken::{self, MOST, PIECE},
};

/// So many parts of one or two characters one after the other are no words.
const SHORT_PARTS: usize = 6;

/// Where there are tokens that have something between their characters.
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

/// Whether this `j` is that of a `jt`, which may have something between.
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

/// Whether a byte may be that of a token.
fn is_kept(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-'
}

/// The letters, digits and dashes of a text.
struct Joined {
    bytes: Vec<u8>,
    /// Where each stood.
    places: Vec<usize>,
    /// What stood in front of each.
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

    /// The beginning of a token that was cut or mistyped, whose `jt` is here.
    fn beginning(&self, mark: usize) -> Option<Range<usize>> {
        let (first, secret) = unbroken::prefix(&self.bytes, mark)?;
        // A number in front of it is not a part of it.
        let dash = (first..mark).find(|at| self.bytes[*at] == b'-').unwrap_or(mark);
        let apart = (first + 1..dash).rev().find(|at| self.gaps[*at] != Gap::None);
        let start = apart.unwrap_or(first);
        if self.gaps[start + 1..secret].contains(&Gap::Signs) {
            return None;
        }
        let length = self.drawn(secret);
        (length >= PIECE).then_some(start..secret + length)
    }

    /// Most of a token without its ids, whose `jt` is here, at the beginning of a word.
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

    /// How many letters and digits from here on look drawn, over what texts are broken with. Of their parts those are words
    /// or numbers that have letters of one size, perhaps with a capital in front, or digits alone: so may drawn ones be,
    /// so that half of all characters decide.
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

/// Whether letters and digits may be a word or a number.
fn is_word(part: &[u8]) -> bool {
    let rest = part.get(1..).unwrap_or_default();
    part.iter().all(u8::is_ascii_digit)
        || (part[0].is_ascii_alphabetic() && rest.iter().all(u8::is_ascii_lowercase))
        || part.iter().all(u8::is_ascii_uppercase)
}
