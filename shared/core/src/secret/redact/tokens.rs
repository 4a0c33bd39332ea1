//! Tokens as they are, whole or broken.

use std::ops::Range;

use super::{
    broken,
    unbroken::{self, PIECE},
};

/// How long the shortest piece of a token is, `1-1-jt` and what follows.
pub(super) const SHORTEST: usize = "1-1-jt".len() + PIECE;

/// Where there are tokens as they are, whole or broken.
pub(super) fn tokens_in(text: &[u8]) -> Vec<Range<usize>> {
    let mut found = unbroken::tokens(text);
    found.extend(broken::tokens(text));
    found
}
