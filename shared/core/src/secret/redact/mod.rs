//! Redaction: replaces tokens in texts before they are stored.

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

/// The replacement of a token.
const REPLACEMENT: &str = "***";

/// The most levels of escaping that are decoded.
const LAYERS: usize = 4;

/// The most passes over a redacted text: removing a token can reveal another one around it.
const PASSES: usize = 4;

/// Replaces every token and manage token in a text by `***`.
///
/// People paste lines of logs and shells into descriptions and messages. These are replaced: a string with a right checksum;
/// the beginning of a cut or mistyped token with at least 12 characters of its secret; a token without its ids, from `jt` on,
/// with at least 32 characters; a token with escapes of URLs, JSON, HTML or mails, up to four levels deep; a token in Base64,
/// alone or with surrounding text; a token in hexadecimal digits, with or without spaces, colons or dashes.
///
/// Separators between the characters of a token are skipped if the checksum is right: line ends, spaces, invisible characters,
/// tags, terminal escapes and punctuation. A cut token is followed across separators that break text, while the letters and
/// digits look random.
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
    // Each kind of escape is also decoded alone: what looks like one kind may be part of a token that another kind encodes.
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

/// Whether [`redacted`] finds a token in a text.
pub fn holds_token(text: &str) -> bool {
    matches!(redacted(text), Cow::Owned(_))
}

/// A fast check that excludes most texts: they are shorter than any token, or have no part of one.
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

/// Records the positions of tokens in a text, as they are and, if wanted, in other encodings.
fn look_at(view: &View, in_other_digits: bool, found: &mut Vec<Range<usize>>) {
    let others = if in_other_digits { digits::encoded(view.bytes()) } else { Vec::new() };
    found.extend(tokens_in(view.bytes()).into_iter().chain(others).map(|range| view.origin(&range)));
}
