//! Redaction of unbroken tokens.

use std::ops::Range;

use super::super::format::{self, SECRET_AND_CHECK, SECRET_DIGITS};

/// The maximum digits of a project id, which is below 2^24.
const PROJECT_DIGITS: usize = 8;

/// The maximum digits of a token id, which is below 2^48.
const TOKEN_DIGITS: usize = 15;

/// The minimum length of the random part that is replaced: who has most of it may guess the rest, and can compute the
/// checksum.
pub(super) const PIECE: usize = 12;

/// The minimum length of the random part that is replaced without ids before it: a word may start with `jt`, and an id may be
/// long. A shorter part leaves more than 65 bits to guess.
pub(super) const MOST: usize = 32;

/// Finds unbroken tokens.
pub(super) fn tokens(text: &[u8]) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    // Skips the letters and digits, so that none is counted twice.
    let (mut at, mut end) = (0, 0);
    while at + 1 < text.len() {
        if text[at] == b'j' && text[at + 1] == b't' {
            end = end.max(at + 2);
            while text.get(end).is_some_and(u8::is_ascii_alphanumeric) {
                end += 1;
            }
            let range = manage_token(text, at)
                .or_else(|| token(text, at))
                .or_else(|| piece(text, at))
                .or_else(|| bare(text, at, end, found.last().is_some_and(|last| last.end == at)));
            if let Some(range) = range {
                match found.last_mut().filter(|last| range.start < last.end) {
                    // What looks like a token may overlap the beginning of another one.
                    Some(last) => last.end = last.end.max(range.end),
                    None => found.push(range),
                }
            }
        }
        at += 1;
    }
    found
}

/// The range of the token with its `jt` here. Digits before its project id are not part of it.
pub(super) fn token(text: &[u8], mark: usize) -> Option<Range<usize>> {
    let end = mark + "jt".len() + SECRET_AND_CHECK;
    let dash = mark.checked_sub(1).filter(|at| text[*at] == b'-')?;
    let id = dash - digits_before(text, dash, TOKEN_DIGITS);
    let between = id.checked_sub(1).filter(|at| text[*at] == b'-')?;
    let first = between - digits_before(text, between, PROJECT_DIGITS);
    let part = |start: usize| std::str::from_utf8(text.get(start..end)?).ok();
    (first..between)
        .find(|start| part(*start).is_some_and(|part| format::token_address(part).is_some()))
        .map(|start| start..end)
}

/// The manage token that starts here.
pub(super) fn manage_token(text: &[u8], start: usize) -> Option<Range<usize>> {
    if text.get(start + "jt".len()) != Some(&b'm') {
        return None;
    }
    let id = start + "jtm-".len();
    let digits =
        text.get(id..)?.iter().take(PROJECT_DIGITS + 1).take_while(|byte| byte.is_ascii_digit()).count();
    let end = id + digits + 1 + SECRET_AND_CHECK;
    let part = std::str::from_utf8(text.get(start..end)?).ok()?;
    format::manage_token_id(part).map(|_| start..end)
}

/// The range of a piece of a token or manage token with its `jt` here.
fn piece(text: &[u8], mark: usize) -> Option<Range<usize>> {
    let (start, secret) = prefix(text, mark)?;
    let length =
        text.get(secret..)?.iter().take(SECRET_AND_CHECK).take_while(|byte| byte.is_ascii_alphanumeric());
    let length = length.count();
    (length >= PIECE).then_some(start..secret + length)
}

/// The start of the token or manage token with its `jt` here, and the start of its secret.
pub(super) fn prefix(text: &[u8], mark: usize) -> Option<(usize, usize)> {
    let after = text.get(mark + "jt".len()..)?;
    if after.first() == Some(&b'm') {
        let digits = after
            .get(2..)
            .unwrap_or_default()
            .iter()
            .take(PROJECT_DIGITS + 1)
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        let dashes = after.get(1) == Some(&b'-') && after.get(2 + digits) == Some(&b'-');
        if (1..=PROJECT_DIGITS).contains(&digits) && dashes {
            return Some((mark, mark + 5 + digits));
        }
    }
    let dash = mark.checked_sub(1).filter(|at| text[*at] == b'-')?;
    let id = dash - digits_before(text, dash, TOKEN_DIGITS);
    let between = id.checked_sub(1).filter(|at| text[*at] == b'-' && id < dash)?;
    let start = between - digits_before(text, between, PROJECT_DIGITS);
    (start < between).then_some((start, mark + 2))
}

/// The range of a token without ids, or of most of one, with its `jt` here.
///
/// A word or a long id can contain `jt`, too. Within them it counts as a token if the length is that of a token, with or
/// without part of its checksum, or if the end can be a checksum.
fn bare(text: &[u8], mark: usize, end: usize, is_after_token: bool) -> Option<Range<usize>> {
    let secret = mark + "jt".len();
    let length = end - secret;
    let begins_word = is_after_token || mark == 0 || !text[mark - 1].is_ascii_alphanumeric();
    let is_token = match length {
        0..MOST => false,
        MOST..SECRET_DIGITS => begins_word,
        SECRET_DIGITS..=SECRET_AND_CHECK => true,
        _ => begins_word || format::may_be_check(&text[secret + SECRET_DIGITS..secret + SECRET_AND_CHECK]),
    };
    is_token.then(|| mark..end.min(secret + SECRET_AND_CHECK))
}

/// The number of digits before a position, up to a maximum.
fn digits_before(text: &[u8], end: usize, most: usize) -> usize {
    text[..end].iter().rev().take(most).take_while(|byte| byte.is_ascii_digit()).count()
}
