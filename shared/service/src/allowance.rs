//! What a process has reserved of the budgets of event bytes, and not used yet.
//!
//! Budgets lie in the store, so that they hold on however many machines. To ask it before each event would cost every
//! one of them a write more. So a piece is reserved at a time, and a small event costs none mostly. What is reserved and
//! not used when the hour or the process ends is gone.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use jeton_core::{
    Error,
    budget::event_bytes,
    id::{ProjectId, TokenId},
    time::Timestamp,
};

use crate::app::App;

/// How much is reserved at a time, in bytes; more for an event that is larger.
const PIECE: u32 = 64 << 10;

/// For how many tokens something is remembered. Beyond that all of it is forgotten, so that nobody fills the memory.
const TOKENS: usize = 10_000;

/// An hour, in milliseconds.
const HOUR: i64 = 3_600_000;

/// The bytes that are left, by token.
#[derive(Debug, Default)]
pub struct Allowance(Mutex<Left>);

#[derive(Debug, Default)]
struct Left {
    hour: i64,
    tokens: HashMap<(ProjectId, TokenId), u32>,
}

/// Takes so many bytes for an event that a token posts.
///
/// Errors: [`Error::TooManyEvents`] when the token or its project has had its bytes of this hour,
/// [`Error::Unavailable`].
pub async fn take(
    app: &App,
    project: ProjectId,
    token: TokenId,
    bytes: usize,
    now: Timestamp,
) -> Result<(), Error> {
    let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
    if app.allowance.has(project, token, bytes, now) {
        return Ok(());
    }
    let piece = bytes.div_ceil(PIECE).saturating_mul(PIECE);
    app.spend(&event_bytes(project, token, piece, now), now, Error::TooManyEvents).await?;
    app.allowance.keep(project, token, piece.saturating_sub(bytes), now);
    Ok(())
}

impl Allowance {
    /// Takes bytes out of what is left, if it suffices.
    fn has(&self, project: ProjectId, token: TokenId, bytes: u32, now: Timestamp) -> bool {
        let mut left = self.of_hour(now);
        let Some(left) = left.tokens.get_mut(&(project, token)).filter(|left| **left >= bytes) else {
            return false;
        };
        *left -= bytes;
        true
    }

    fn keep(&self, project: ProjectId, token: TokenId, bytes: u32, now: Timestamp) {
        let mut left = self.of_hour(now);
        let left = left.tokens.entry((project, token)).or_default();
        *left = left.saturating_add(bytes);
    }

    fn of_hour(&self, now: Timestamp) -> std::sync::MutexGuard<'_, Left> {
        let mut left = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let hour = now.millis().div_euclid(HOUR);
        if left.hour != hour || left.tokens.len() >= TOKENS {
            *left = Left { hour, tokens: HashMap::new() };
        }
        left
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(number: u64) -> TokenId {
        TokenId::new(number).unwrap()
    }

    #[test]
    fn what_is_kept_suffices_for_as_much_and_only_its_token_within_its_hour() {
        let (allowance, project) = (Allowance::default(), ProjectId::new(5).unwrap());
        let at = Timestamp::from_millis;
        allowance.keep(project, token(1), 100, at(HOUR));
        assert!(!allowance.has(project, token(2), 1, at(HOUR)));
        assert!(allowance.has(project, token(1), 60, at(2 * HOUR - 1)));
        assert!(!allowance.has(project, token(1), 41, at(HOUR)));
        assert!(allowance.has(project, token(1), 40, at(HOUR)));
        allowance.keep(project, token(1), 100, at(HOUR));
        assert!(!allowance.has(project, token(1), 1, at(2 * HOUR)));
    }

    #[test]
    fn no_number_of_tokens_fills_the_memory() {
        let (allowance, project) = (Allowance::default(), ProjectId::new(5).unwrap());
        for number in 1..=TOKENS as u64 * 2 {
            allowance.keep(project, token(number), 1, Timestamp::from_millis(0));
        }
        assert!(allowance.0.lock().unwrap().tokens.len() <= TOKENS);
    }
}
