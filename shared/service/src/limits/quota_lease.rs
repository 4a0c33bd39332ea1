//! Leases of the event quota.
//!
//! Quotas are in the store, so that they hold across processes. Charging each event there would cost an extra write. So
//! a process leases pieces, each no larger than what the token has used in the process within the hour: pieces grow
//! with use, and at most as much is lost with the process or the hour as was used. The first bytes of Jeton's own
//! events, such as questions, need no lease.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use jeton_core::{
    id::{ManageTokenId, ProjectId, TokenId},
    time::Timestamp,
};

/// The maximum size of a lease, in bytes, except for a larger event.
const LARGEST_PIECE: u32 = 1 << 20;

/// The bytes per token, hour and process that need no lease. Not for posted events.
pub const FREE: u32 = 16 << 10;

/// The most tokens with leases. Beyond that, all leases are dropped, to bound the memory.
const TOKENS: usize = 10_000;

/// An hour, in milliseconds.
const HOUR: i64 = 3_600_000;

/// The leases of this process.
#[derive(Debug, Default)]
pub struct QuotaLeases(Mutex<Leases>);

#[derive(Debug, Default)]
struct Leases {
    hour: i64,
    /// Whether there were more tokens within this hour than can be kept. Then no bytes are free.
    crowded: bool,
    of: HashMap<(Quota, Who), Lease>,
}

/// The owner of a lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Who {
    Token(ProjectId, TokenId),
    Manage(ManageTokenId),
}

/// The quotas that are charged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Quota {
    /// That of the token only, so that no token can block the questions of another.
    Token,
    /// Those of the token and of its project.
    Posted,
}

#[derive(Debug, Clone, Copy, Default)]
struct Lease {
    left: u32,
    used: u32,
    /// The size that was denied, which need not be tried again within the hour.
    refused: Option<u32>,
}

/// The answer of a lease to a charge.
pub(super) enum Leased {
    Taken,
    Refused,
    /// A new lease of this size is needed, or at least for the bytes.
    Ask(u32),
}

impl QuotaLeases {
    /// Charges the lease, if it is enough.
    pub(super) fn take(&self, of: (Quota, Who), bytes: u32, now: Timestamp) -> Leased {
        let mut leases = self.of_hour(now);
        let free = if of.0 == Quota::Token && !leases.crowded { FREE } else { 0 };
        let lease = leases.of.entry(of).or_default();
        if lease.left >= bytes {
            lease.left -= bytes;
        } else if lease.used.saturating_add(bytes) > free {
            return match lease.refused {
                Some(refused) if bytes >= refused => Leased::Refused,
                _ => Leased::Ask(lease.used.min(LARGEST_PIECE).max(bytes)),
            };
        }
        lease.used = lease.used.saturating_add(bytes);
        Leased::Taken
    }

    /// Adds the rest of a new lease.
    pub(super) fn keep(&self, of: (Quota, Who), piece: u32, bytes: u32, now: Timestamp) {
        let mut leases = self.of_hour(now);
        let lease = leases.of.entry(of).or_default();
        lease.left = lease.left.saturating_add(piece.saturating_sub(bytes));
        lease.used = lease.used.saturating_add(bytes);
    }

    /// Empties the lease.
    pub(super) fn use_up(&self, of: (Quota, Who), now: Timestamp) {
        let mut leases = self.of_hour(now);
        let lease = leases.of.entry(of).or_default();
        *lease = Lease { left: 0, used: lease.used.max(FREE), refused: Some(1) };
    }

    pub(super) fn refuse(&self, of: (Quota, Who), bytes: u32, now: Timestamp) {
        let mut leases = self.of_hour(now);
        let lease = leases.of.entry(of).or_default();
        lease.refused = Some(lease.refused.map_or(bytes, |before| before.min(bytes)));
    }

    fn of_hour(&self, now: Timestamp) -> MutexGuard<'_, Leases> {
        let mut leases = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let hour = now.millis().div_euclid(HOUR);
        if leases.hour != hour {
            *leases = Leases { hour, ..Leases::default() };
        } else if leases.of.len() >= TOKENS {
            *leases = Leases { hour, crowded: true, of: HashMap::new() };
        }
        leases
    }
}

/// The seconds until the hour ends.
pub(super) fn seconds_left(now: Timestamp) -> u64 {
    u64::try_from(HOUR - now.millis().rem_euclid(HOUR)).unwrap_or_default().div_ceil(1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn posted(token: u64) -> (Quota, Who) {
        (Quota::Posted, Who::Token(ProjectId::new(5).unwrap(), TokenId::new(token).unwrap()))
    }

    fn asked(token: u64) -> (Quota, Who) {
        (Quota::Token, Who::Token(ProjectId::new(5).unwrap(), TokenId::new(token).unwrap()))
    }

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn piece(leases: &QuotaLeases, of: (Quota, Who), bytes: u32) -> Option<u32> {
        match leases.take(of, bytes, at(0)) {
            Leased::Ask(piece) => {
                leases.keep(of, piece, bytes, at(0));
                Some(piece)
            }
            Leased::Taken => None,
            Leased::Refused => panic!("nothing was refused"),
        }
    }

    #[test]
    fn what_is_leased_suffices_for_as_much_and_only_for_its_token_within_its_hour() {
        let leases = QuotaLeases::default();
        let taken = |of, bytes, now| matches!(leases.take(of, bytes, at(now)), Leased::Taken);
        leases.keep(posted(1), 100, 0, at(HOUR));
        assert!(!taken(posted(2), 1, HOUR));
        assert!(taken(posted(1), 60, 2 * HOUR - 1));
        assert!(!taken(posted(1), 41, HOUR));
        assert!(taken(posted(1), 40, HOUR));
        leases.keep(posted(1), 100, 0, at(HOUR));
        assert!(!taken(posted(1), 1, 2 * HOUR));
    }

    #[test]
    fn pieces_grow_with_use_so_that_no_more_is_leased_than_twice_what_is_used() {
        let leases = QuotaLeases::default();
        let (mut used, mut taken, mut asked) = (0, 0, 0);
        for _ in 0..10_000 {
            used += 500;
            if let Some(piece) = piece(&leases, posted(1), 500) {
                (taken, asked) = (taken + piece, asked + 1);
            }
            assert!(taken <= 2 * used, "{taken} leased, {used} used");
        }
        assert!(asked < 30, "asked {asked} times");
    }

    #[test]
    fn the_first_bytes_of_what_a_token_asks_are_free_and_those_of_what_it_posts_are_not() {
        let leases = QuotaLeases::default();
        assert_eq!(piece(&leases, asked(1), FREE), None);
        assert_eq!(piece(&leases, asked(1), 1), Some(FREE));
        assert_eq!(piece(&leases, posted(1), 1), Some(1));
    }

    #[test]
    fn what_was_refused_is_not_asked_for_again_within_the_hour_and_less_is() {
        let leases = QuotaLeases::default();
        leases.refuse(posted(1), 100, at(0));
        assert!(matches!(leases.take(posted(1), 100, at(0)), Leased::Refused));
        assert!(matches!(leases.take(posted(1), 99, at(0)), Leased::Ask(99)));
        assert!(matches!(leases.take(posted(1), 100, at(HOUR)), Leased::Ask(100)));
    }

    #[test]
    fn no_number_of_tokens_fills_the_memory_or_gets_more_for_nothing() {
        let leases = QuotaLeases::default();
        for number in 1..=TOKENS as u64 * 2 {
            leases.take(asked(number), 1, at(0));
        }
        assert!(leases.0.lock().unwrap().of.len() <= TOKENS);
        assert!(matches!(leases.take(asked(1), 1, at(0)), Leased::Ask(1)));
    }
}
