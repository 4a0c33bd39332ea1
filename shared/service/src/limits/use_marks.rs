//! A pause between attempts to store the day of last use of a token.
//!
//! The day is stored beside a call, which is answered all the same if that fails. A write that is throttled, or conflicts with
//! another one, is not tried again by each of the next calls, which would keep the table throttled.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use foldhash::fast::RandomState;
use jeton_core::{
    id::{ManageTokenId, ProjectId, TokenId},
    time::Timestamp,
};

/// The pause, in seconds.
pub const PAUSE: u64 = 60;

/// The most tokens that are remembered. Beyond that, all are forgotten, to bound the memory.
const TOKENS: usize = 10_000;

/// A token whose day of last use is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Used {
    /// A storage token.
    Token(ProjectId, TokenId),
    /// A manage token.
    Manage(ManageTokenId),
}

/// When this process may store the day of a token again.
#[derive(Debug, Default)]
pub struct UseMarks(Mutex<HashMap<Used, Timestamp, RandomState>>);

impl UseMarks {
    /// Whether a call may store the day now. Then no other call may within the pause, also while this one waits for the store.
    pub fn begin(&self, used: Used, now: Timestamp) -> bool {
        let mut marks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if marks.get(&used).is_some_and(|again| now < *again) {
            return false;
        }
        if marks.len() >= TOKENS {
            marks.retain(|_, again| now < *again);
            if marks.len() >= TOKENS {
                marks.clear();
            }
        }
        marks.insert(used, now.plus_seconds(PAUSE));
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn used(number: u64) -> Used {
        Used::Token(ProjectId::new(5).unwrap(), TokenId::new(number).unwrap())
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1000)
    }

    #[test]
    fn of_many_calls_one_stores_the_day_and_the_next_one_a_pause_later() {
        let marks = UseMarks::default();
        let began: Vec<i64> = (0..180).filter(|second| marks.begin(used(1), at(*second))).collect();
        assert_eq!(began, [0, 60, 120]);
        assert!(marks.begin(used(2), at(0)), "another token");
    }

    #[test]
    fn no_number_of_tokens_fills_the_memory() {
        let marks = UseMarks::default();
        for number in 1..=TOKENS as u64 * 3 {
            assert!(marks.begin(used(number), at(0)));
        }
        assert!(marks.0.lock().unwrap().len() <= TOKENS);
    }
}
