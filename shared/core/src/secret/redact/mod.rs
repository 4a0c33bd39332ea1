//! Keeping tokens out of texts that are stored.

mod broken;
mod digits;
mod separator;
#[cfg(test)]
mod tests;
mod tokens;
mod unbroken;

use std::{borrow::Cow, ops::Range};

use digits::{BASE64, HEX, NONE};
use tokens::{SHORTEST, tokens_in};

use super::view::{Escape, View};

/// What a token in a text is replaced by.
const REPLACEMENT: &str = "***";

/// How often a text may be escaped once more.
const LAYERS: usize = 4;

/// How often what has been cleaned is looked at once more: a token that stood within another hid that.
const PASSES: usize = 4;

/// The text with every token and manage token in it replaced by `***`.
///
/// People paste lines of logs and of shells into descriptions and messages. A string whose checksum fits is replaced, and
/// so is the beginning of one that was cut or mistyped, with 12 characters or more of its secret, or without its ids from `jt` on
/// with 32 or more. A token that is written with escapes, those of URLs, JSON, HTML or mails, is one too, whichever of its
/// characters they are and up to four times over; so is one in Base64, alone or with what stands around it, and one in
/// hexadecimal digits, which may have blanks, colons or dashes between them.
///
/// What stands between the characters of a token is passed over while its checksum fits: ends of lines, blanks, characters that
/// nobody sees, marks of pages and terminals, all signs. The beginning of one that was cut is followed over what texts are
/// broken with, as long as letters and digits go on that look drawn.
pub fn redacted(text: &str) -> Cow<'_, str> {
    let mut clean = redacted_once(text);
    for _ in 1..PASSES {
        let Cow::Owned(before) = &clean else { break };
        let Cow::Owned(after) = redacted_once(before) else { break };
        clean = Cow::Owned(after);
    }
    clean
}

fn redacted_once(text: &str) -> Cow<'_, str> {
    if !may_hold_token(text.as_bytes()) {
        return Cow::Borrowed(text);
    }
    let mut found = Vec::new();
    let plain = View::of(text.as_bytes());
    look_at(&plain, true, &mut found);
    // Of each kind for itself too: what looks like an escape of one kind may be a part of a token behind another.
    let kinds: Vec<Escape> =
        Escape::ALL.into_iter().filter(|kind| plain.decoded(&[*kind]).is_some()).collect();
    let each = kinds.iter().map(std::slice::from_ref).filter(|_| kinds.len() > 1);
    for some in each.chain([kinds.as_slice()]) {
        let mut view = plain.decoded(some);
        for _ in 0..LAYERS {
            let Some(decoded) = view else { break };
            look_at(&decoded, some.len() == kinds.len(), &mut found);
            view = decoded.decoded(some);
        }
    }
    replaced(text, found)
}

/// Whether there is a token in a text, as [`redacted`] finds it.
pub fn holds_token(text: &str) -> bool {
    matches!(redacted(text), Cow::Owned(_))
}

/// Whether a closer look is worth its while: most texts are shorter than any token, or have nothing that tokens have.
fn may_hold_token(text: &[u8]) -> bool {
    if text.len() < SHORTEST {
        return false;
    }
    let (mut at, mut run, mut in_pairs) = (0, 0, 0);
    while at < text.len() {
        let byte = text[at];
        if Escape::of(byte).is_some() || (byte == b'j' && broken::is_mark(text, at)) {
            return true;
        }
        run = if BASE64[usize::from(byte)] == NONE { 0 } else { run + 1 };
        in_pairs = if HEX[usize::from(byte)] == NONE { 0 } else { in_pairs + 1 };
        if run >= SHORTEST || in_pairs >= SHORTEST * 3 - 1 {
            return true;
        }
        at += 1;
    }
    false
}

fn replaced(text: &str, mut found: Vec<Range<usize>>) -> Cow<'_, str> {
    if found.is_empty() {
        return Cow::Borrowed(text);
    }
    found.sort_unstable_by_key(|range| (range.start, range.end));
    let (mut clean, mut seen) = (String::new(), 0);
    for range in found {
        if range.start >= seen {
            clean.push_str(&text[seen..range.start]);
            clean.push_str(REPLACEMENT);
        }
        seen = seen.max(range.end);
    }
    clean.push_str(&text[seen..]);
    Cow::Owned(clean)
}

/// Notes where the text has a token, as it is and, where that is wanted, in other digits.
fn look_at(view: &View, in_other_digits: bool, found: &mut Vec<Range<usize>>) {
    let others = if in_other_digits { digits::encoded(view.bytes()) } else { Vec::new() };
    found.extend(tokens_in(view.bytes()).into_iter().chain(others).map(|range| view.origin(&range)));
}
