//! Retries after a conflict with another writer.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};

use jeton_core::{
    Error,
    store::{Commit, CommitError, Contention, Reservation, Revocable, Write},
};
use rand_core::Rng as _;
use tokio::time::Instant;

use crate::{
    clock::entropy,
    limits::changes::{Changes, PriorityGuard, Turn, locked},
};

/// How long revocations are retried. The gateway times out after 29 seconds.
const LONGEST: Duration = Duration::from_secs(25);

/// The attempts without a wait.
const AT_ONCE: u32 = 4;

/// The longest wait between attempts of a revocation, in milliseconds: shorter than a competing write, in order to get between
/// two of them.
const LONGEST_MOMENT: u32 = 12;

/// After so many attempts that were lost to other changes of a token, a revocation reserves the token in the store. Changes of
/// this process wait for the revocation anyway, so the others are of other processes.
const BEFORE_RESERVATION: u32 = 8;

/// The most attempts of other changes.
const PATIENT_TRIES: u32 = 12;

/// The retry policy after a conflict with another writer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryPolicy {
    /// For revocations: short waits, for a long time.
    Immediate,
    /// For other changes: exponential backoff.
    Backoff,
}

/// The attempts of a change, counted per request.
#[derive(Debug)]
pub struct Attempts {
    urgent: AtomicBool,
    prioritized: Mutex<Vec<PriorityGuard>>,
    /// How many attempts were lost to other changes of each token.
    lost: Mutex<BTreeMap<Revocable, u32>>,
    /// The last reservation of each token that was made for it.
    reserved: Mutex<BTreeMap<Revocable, Reservation>>,
    counted: AtomicBool,
    made: AtomicU32,
    began: Instant,
}

impl Attempts {
    /// Without attempts yet.
    pub fn new(policy: RetryPolicy) -> Self {
        Self {
            urgent: AtomicBool::new(policy == RetryPolicy::Immediate),
            prioritized: Mutex::default(),
            lost: Mutex::default(),
            reserved: Mutex::default(),
            counted: AtomicBool::new(false),
            made: AtomicU32::new(0),
            began: Instant::now(),
        }
    }

    /// Sets the policy, once it is known what the change does.
    pub fn set_policy(&self, policy: RetryPolicy) {
        self.urgent.store(policy == RetryPolicy::Immediate, Ordering::Relaxed);
    }

    /// Makes the change urgent, with priority over other changes of this token: from now on in this process, and in others after
    /// some lost attempts.
    pub fn prioritize(&self, changes: &Arc<Changes>, token: Revocable) {
        self.set_policy(RetryPolicy::Immediate);
        let mut first = locked(&self.prioritized);
        if !first.iter().any(|first| first.is_of(token)) {
            first.push(changes.prioritize(token));
        }
    }

    /// Whether it has priority.
    pub fn is_prioritized(&self) -> bool {
        self.turn().is_some()
    }

    /// Its turn among the changes with priority; none without.
    pub fn turn(&self) -> Option<Turn> {
        locked(&self.prioritized).iter().map(PriorityGuard::turn).min()
    }

    /// Whether it is urgent.
    pub fn is_immediate(&self) -> bool {
        self.urgent.load(Ordering::Relaxed)
    }

    /// Whether to count the change against the rate limit: true the first time only.
    pub fn counts(&self) -> bool {
        !self.counted.swap(true, Ordering::Relaxed)
    }

    /// How the next attempt competes. An immediate change does not wait for a concurrent transaction, but reads again. A reservation
    /// of its caller counts: those of tokens that it changes do not hold it up anyway.
    pub fn contention(&self, commit: &Commit) -> Contention {
        let reserved = locked(&self.reserved);
        let checked = commit.writes.iter().filter(|write| write.requires_version());
        let reservation =
            checked.filter_map(Write::revocable).find_map(|token| reserved.get(&token).copied());
        Contention { waits: !self.is_immediate(), is_urgent: self.is_prioritized(), reservation }
    }

    /// Notes a reservation that was made for it.
    pub fn note_reserved(&self, reservation: Reservation) {
        locked(&self.reserved).insert(reservation.of, reservation);
    }

    /// Counts an attempt that was lost to another writer.
    pub fn count_lost(&self, commit: &Commit, error: &CommitError) {
        let lost: Vec<&Write> = match error {
            CommitError::Conflict(index) => commit.writes.get(*index).into_iter().collect(),
            // The store does not say at which record. It is rarely that of the caller, which is only checked.
            CommitError::Contended(_) => {
                commit.writes.iter().filter(|write| !write.requires_version()).collect()
            }
            CommitError::Unknown(_) | CommitError::Unavailable(_) => Vec::new(),
        };
        for token in lost.into_iter().filter_map(Write::revocable) {
            *locked(&self.lost).entry(token).or_default() += 1;
        }
    }

    /// The tokens to reserve before the next attempt, because others have changed them so often.
    pub fn contested(&self) -> Vec<Revocable> {
        if !self.is_prioritized() {
            return Vec::new();
        }
        let lost = locked(&self.lost);
        lost.iter().filter(|(_, lost)| **lost >= BEFORE_RESERVATION).map(|(token, _)| *token).collect()
    }

    /// Waits after a conflict, as the policy says.
    ///
    /// Errors: [`Error::Conflict`] after too many attempts, or too long.
    pub async fn after_conflict(&self) -> Result<(), Error> {
        let made = self.made.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        if self.is_immediate() {
            if self.began.elapsed() >= LONGEST {
                return Err(OTHERS_CAME_FIRST);
            }
            if made <= AT_ONCE {
                tokio::task::yield_now().await;
            } else {
                // Random, because writers with equal waits would conflict again.
                let moment = entropy().next_u32() % made.min(LONGEST_MOMENT);
                tokio::time::sleep(Duration::from_millis(u64::from(moment))).await;
            }
            return Ok(());
        }
        if made >= PATIENT_TRIES {
            return Err(OTHERS_CAME_FIRST);
        }
        tokio::time::sleep(Duration::from_millis(1 << made.min(8))).await;
        Ok(())
    }
}

const OTHERS_CAME_FIRST: Error = Error::Conflict("the token was changed concurrently; please try again");

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_takes_rights_away_goes_on_for_25_seconds_and_anything_else_a_dozen_times() {
        let urgent = Attempts::new(RetryPolicy::Immediate);
        while urgent.began.elapsed() < LONGEST {
            assert!(urgent.after_conflict().await.is_ok());
        }
        assert!(urgent.after_conflict().await.is_err());
        let patient = Attempts::new(RetryPolicy::Backoff);
        for _ in 1..PATIENT_TRIES {
            assert!(patient.after_conflict().await.is_ok());
        }
        assert!(patient.after_conflict().await.is_err());
        patient.set_policy(RetryPolicy::Immediate);
        assert!(patient.after_conflict().await.is_ok());
    }
}
