//! Redaction of tokens without an encoding, unbroken or broken.

use std::ops::Range;

use super::{
    broken,
    unbroken::{self, PIECE},
};

/// The length of the shortest piece of a token that is replaced.
pub(super) const SHORTEST: usize = "1-1-jt".len() + PIECE;

/// Finds tokens, unbroken or broken.
pub(super) fn tokens_in(text: &[u8]) -> Vec<Range<usize>> {
    let mut found = unbroken::tokens(text);
    found.extend(broken::tokens(text));
    found
}
