//! The rate limit of token changes, and the priority of revocations, within this process.
//!
//! They prevent a token that changes itself on many connections from delaying its revocation. The conditions of the
//! store decide in the end, also between processes.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use jeton_core::{
    id::{ProjectId, TokenId},
    store::Revocable,
};
use tokio::{
    sync::Notify,
    time::{Instant, timeout},
};

/// The changes per second and token.
pub const A_SECOND: u32 = 100;

/// The burst: additional changes after a pause.
pub const AT_ONCE: u32 = 200;

/// The most tokens that are counted. Beyond that, all counts are reset, to bound the memory.
const TOKENS: usize = 10_000;

/// How long other changes wait for a revocation, which mostly takes milliseconds. Bounded, so that repeated revocations
/// do not block other changes.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// The running revocations and change rates of this process.
#[derive(Debug, Default)]
pub struct Changes {
    /// The time at which the changes of a token would be done at [`A_SECOND`].
    made: Mutex<HashMap<(ProjectId, TokenId), Instant>>,
    /// The turns of the running revocations of each token.
    first: Mutex<HashMap<Revocable, Vec<Turn>>>,
    /// How many revocations began.
    began: AtomicU64,
    done: Notify,
}

/// When a revocation began, among the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Turn(u64);

/// A running revocation, until it is dropped.
#[derive(Debug)]
pub struct PriorityGuard {
    changes: Arc<Changes>,
    token: Revocable,
    turn: Turn,
}

impl Changes {
    /// Gives a change of this token priority until the guard is dropped.
    pub fn prioritize(self: &Arc<Self>, token: Revocable) -> PriorityGuard {
        let turn = Turn(self.began.fetch_add(1, Ordering::Relaxed));
        locked(&self.first).entry(token).or_default().push(turn);
        PriorityGuard { changes: Arc::clone(self), token, turn }
    }

    /// Waits for running revocations of these tokens, up to the limit.
    ///
    /// A revocation, which has a turn itself, waits only for those that began before. So no two wait for each other, such as those of
    /// two tokens that revoke each other, and none waits for ever new ones.
    pub async fn wait_for_prioritized(&self, tokens: &[Revocable], own: Option<Turn>) {
        let is_before = |turn: &Turn| own.is_none_or(|own| *turn < own);
        let free = async {
            loop {
                let done = self.done.notified();
                let running =
                    |token| locked(&self.first).get(token).is_some_and(|of| of.iter().any(is_before));
                if !tokens.iter().any(running) {
                    return;
                }
                done.await;
            }
        };
        drop(timeout(LONGEST_WAIT, free).await);
    }

    /// Counts a change of a token. Returns the seconds to wait if it is over the limit.
    pub fn count(&self, project: ProjectId, token: TokenId) -> Option<u64> {
        let (now, each) = (Instant::now(), Duration::from_secs(1) / A_SECOND);
        let mut made = locked(&self.made);
        if made.len() >= TOKENS {
            made.retain(|_, until| *until > now);
        }
        if made.len() >= TOKENS {
            made.clear();
        }
        let until = made.entry((project, token)).or_insert(now);
        let next = now.max(*until) + each;
        let over = next.duration_since(now).saturating_sub(each * AT_ONCE);
        if over.is_zero() {
            *until = next;
            return None;
        }
        Some(over.as_secs().saturating_add(1))
    }
}

impl PriorityGuard {
    /// When this revocation began.
    pub const fn turn(&self) -> Turn {
        self.turn
    }

    /// Whether this revocation is of that token.
    pub fn is_of(&self, token: Revocable) -> bool {
        self.token == token
    }
}

impl Drop for PriorityGuard {
    fn drop(&mut self) {
        let mut first = locked(&self.changes.first);
        if let Some(turns) = first.get_mut(&self.token) {
            turns.retain(|turn| *turn != self.turn);
            if turns.is_empty() {
                first.remove(&self.token);
            }
        }
        drop(first);
        self.changes.done.notify_waiters();
    }
}

pub(crate) fn locked<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(token: u64) -> (ProjectId, TokenId) {
        (ProjectId::new(1).unwrap(), TokenId::new(token).unwrap())
    }

    fn named(token: u64) -> Revocable {
        let (project, token) = ids(token);
        Revocable::Token(project, token)
    }

    #[tokio::test(start_paused = true)]
    async fn a_token_makes_so_many_changes_a_second_and_another_one_is_not_counted_with_it() {
        let changes = Changes::default();
        let ((project, one), (_, other)) = (ids(1), ids(2));
        let count = |token| (0..1000).take_while(|_| changes.count(project, token).is_none()).count();
        assert_eq!(count(one), AT_ONCE as usize);
        assert_eq!(changes.count(project, one), Some(1));
        assert_eq!(count(other), AT_ONCE as usize);
        for _ in 0..3 {
            tokio::time::advance(Duration::from_secs(1)).await;
            assert_eq!(count(one), A_SECOND as usize);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn other_changes_of_a_token_wait_for_what_goes_first_but_not_for_long() {
        let changes = Arc::new(Changes::default());
        let began = Instant::now();
        changes.wait_for_prioritized(&[named(1)], None).await;
        let first = changes.prioritize(named(1));
        changes.wait_for_prioritized(&[named(2)], None).await;
        assert_eq!(began.elapsed(), Duration::ZERO);
        let both = [named(2), named(1)];
        let waiting = changes.wait_for_prioritized(&both, None);
        let revocation = async {
            tokio::time::sleep(Duration::from_millis(20)).await;
            drop(first);
        };
        tokio::join!(waiting, revocation);
        assert_eq!(began.elapsed(), Duration::from_millis(20));
        let _stays = changes.prioritize(named(1));
        changes.wait_for_prioritized(&[named(1)], None).await;
        assert_eq!(began.elapsed(), Duration::from_millis(20) + LONGEST_WAIT);
    }

    #[tokio::test(start_paused = true)]
    async fn a_revocation_by_a_token_waits_for_one_of_it_that_began_before_and_for_no_later_one() {
        let changes = Arc::new(Changes::default());
        let began = Instant::now();
        let earlier = changes.prioritize(named(1));
        let revocation = changes.prioritize(named(2));
        let _later = changes.prioritize(named(1));
        let ends = async {
            tokio::time::sleep(Duration::from_millis(20)).await;
            drop(earlier);
        };
        let both = [named(2), named(1)];
        tokio::join!(changes.wait_for_prioritized(&both, Some(revocation.turn())), ends);
        assert_eq!(began.elapsed(), Duration::from_millis(20));
    }

    #[tokio::test(start_paused = true)]
    async fn no_number_of_tokens_fills_the_memory() {
        let changes = Changes::default();
        for token in 1..=2 * TOKENS as u64 {
            let (project, token) = ids(token);
            assert_eq!(changes.count(project, token), None);
        }
        assert!(locked(&changes.made).len() <= TOKENS);
    }
}
