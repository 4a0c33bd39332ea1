//! Retries after a conflict with another writer.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};

use jeton_core::{
    Error,
    id::{ProjectId, TokenId},
    store::Contention,
};
use rand_core::Rng as _;
use tokio::time::Instant;

use crate::{
    clock::entropy,
    limits::changes::{Changes, PriorityGuard, locked},
};

/// For how long what takes rights away is tried. The gateway gives a call up after 29 seconds.
const LONGEST: Duration = Duration::from_secs(25);

/// How often it is tried at once, before it steps back for a moment each time.
const AT_ONCE: u32 = 4;

/// The longest such moment, in milliseconds: shorter than one of the writes that it competes with, for it has to come
/// between two of them.
const LONGEST_MOMENT: u32 = 12;

/// How often anything else is tried.
const PATIENT_TRIES: u32 = 12;

/// How a change goes on when it loses against another writer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryPolicy {
    /// Deletes, refreshes and what else takes rights away: tries again after no more than a moment, and for long.
    Immediate,
    /// Everything else: steps back for a while that doubles each time, and leaves the way free.
    Backoff,
}

/// Counts the attempts of one change. A request has one count, however many loops its operation goes through.
#[derive(Debug)]
pub struct Attempts {
    urgent: AtomicBool,
    prioritized: Mutex<Vec<PriorityGuard>>,
    counted: AtomicBool,
    made: AtomicU32,
    began: Instant,
}

impl Attempts {
    /// None made yet.
    pub fn new(policy: RetryPolicy) -> Self {
        Self {
            urgent: AtomicBool::new(policy == RetryPolicy::Immediate),
            prioritized: Mutex::default(),
            counted: AtomicBool::new(false),
            made: AtomicU32::new(0),
            began: Instant::now(),
        }
    }

    /// Goes on with this policy, now that what the change does is known.
    pub fn set_policy(&self, policy: RetryPolicy) {
        self.urgent.store(policy == RetryPolicy::Immediate, Ordering::Relaxed);
    }

    /// Goes urgently, and before other changes of this token in this process, until this is dropped.
    pub fn prioritize(&self, changes: &Arc<Changes>, project: ProjectId, token: TokenId) {
        self.set_policy(RetryPolicy::Immediate);
        let mut first = locked(&self.prioritized);
        if !first.iter().any(|first| first.is_of(project, token)) {
            first.push(changes.prioritize(project, token));
        }
    }

    /// Whether it goes before others.
    pub fn is_prioritized(&self) -> bool {
        !locked(&self.prioritized).is_empty()
    }

    /// Whether it is urgent.
    pub fn is_immediate(&self) -> bool {
        self.urgent.load(Ordering::Relaxed)
    }

    /// Whether this change is to be counted among those of its caller: it is, the first time that this is asked.
    pub fn counts(&self) -> bool {
        !self.counted.swap(true, Ordering::Relaxed)
    }

    /// What the store does about a writer that is at it: an urgent change reads again what that one leaves.
    pub fn contention(&self) -> Contention {
        if self.is_immediate() { Contention::Fail } else { Contention::Wait }
    }

    /// Waits as the policy asks after a conflict.
    ///
    /// Errors: [`Error::Conflict`] when it has lost too often, or for too long.
    pub async fn after_conflict(&self) -> Result<(), Error> {
        let made = self.made.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        if self.is_immediate() {
            if self.began.elapsed() >= LONGEST {
                return Err(OTHERS_CAME_FIRST);
            }
            if made <= AT_ONCE {
                tokio::task::yield_now().await;
            } else {
                // Rivals that wait as long as each other meet again.
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

const OTHERS_CAME_FIRST: Error =
    Error::Conflict("other changes of the same token came first; please try again");

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
