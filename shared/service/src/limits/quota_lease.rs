//! Leases of the event quota.
//!
//! Quotas are in the store, so that they hold across processes. Charging each event there would cost an extra write. So
//! a process leases pieces, each no larger than a quarter of what the token has used in the process within the hour: pieces
//! grow with use, and at most a quarter of what was used is lost with the process or the hour. So a token whose calls are spread
//! over a thousand processes has four fifths of its quota at least. The first bytes of Jeton's own
//! events, such as questions, need no lease.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use foldhash::fast::RandomState;
use jeton_core::{
    id::{ManageTokenId, ProjectId, TokenId},
    time::Timestamp,
};

/// The maximum size of a lease, in bytes, except for a larger event.
const LARGEST_PIECE: u32 = 1 << 20;

/// The part of what was used that a lease may have, where many processes share a store. The only one may lease as much as it has used.
const PART: u32 = 4;

/// The bytes per token, hour and process that need no lease, where many processes share a store. Not for posted events.
pub const FREE: u32 = 16 << 10;

/// The same for the one server of a SQLite file. A lease writes pages that no other token shares, which took a quarter of
/// the log when 10,000 tokens got theirs at about the same time.
pub const FREE_ALONE: u32 = 1 << 20;

/// The most tokens with leases, in some 3 MB. Beyond that, half of the leases are dropped.
const TOKENS: usize = 50_000;

/// An hour, in milliseconds.
const HOUR: i64 = 3_600_000;

/// The leases of this process.
#[derive(Debug)]
pub struct QuotaLeases {
    free: u32,
    part: u32,
    leases: Mutex<Leases>,
}

/// Those of one of many processes.
impl Default for QuotaLeases {
    fn default() -> Self {
        Self { free: FREE, part: PART, leases: Mutex::default() }
    }
}

#[derive(Debug, Default)]
struct Leases {
    hour: i64,
    /// Whether there were more tokens within this hour than can be kept. Then no bytes are free.
    crowded: bool,
    of: HashMap<(Quota, Who), Lease, RandomState>,
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
    exceeding: Option<u32>,
}

/// The answer of a lease to a charge.
pub(super) enum Leased {
    Taken,
    Exceeded,
    /// A new lease of this size is needed, or at least for the bytes.
    Ask(u32),
}

impl QuotaLeases {
    /// Those of the only process that serves a store.
    pub fn alone() -> Self {
        Self { free: FREE_ALONE, part: 1, leases: Mutex::default() }
    }

    /// Charges the lease, if it is enough. A late call of the former hour has none.
    pub(super) fn take(&self, of: (Quota, Who), bytes: u32, now: Timestamp) -> Leased {
        let Some(mut leases) = self.of_hour(now) else { return Leased::Ask(bytes) };
        let free = if of.0 == Quota::Token && !leases.crowded { self.free } else { 0 };
        let lease = leases.of.entry(of).or_default();
        if lease.left >= bytes {
            lease.left -= bytes;
        } else if lease.used.saturating_add(bytes) > free {
            return match lease.exceeding {
                Some(exceeding) if bytes >= exceeding => Leased::Exceeded,
                _ => Leased::Ask((lease.used / self.part).min(LARGEST_PIECE).max(bytes)),
            };
        }
        lease.used = lease.used.saturating_add(bytes);
        Leased::Taken
    }

    /// Adds the rest of a new lease.
    pub(super) fn keep(&self, of: (Quota, Who), piece: u32, bytes: u32, now: Timestamp) {
        let Some(mut leases) = self.of_hour(now) else { return };
        let lease = leases.of.entry(of).or_default();
        lease.left = lease.left.saturating_add(piece.saturating_sub(bytes));
        lease.used = lease.used.saturating_add(bytes);
    }

    /// Empties the lease.
    pub(super) fn use_up(&self, of: (Quota, Who), now: Timestamp) {
        let Some(mut leases) = self.of_hour(now) else { return };
        let lease = leases.of.entry(of).or_default();
        *lease = Lease { left: 0, used: lease.used.max(self.free), exceeding: Some(1) };
    }

    pub(super) fn note_exceeded(&self, of: (Quota, Who), bytes: u32, now: Timestamp) {
        let Some(mut leases) = self.of_hour(now) else { return };
        let lease = leases.of.entry(of).or_default();
        lease.exceeding = Some(lease.exceeding.map_or(bytes, |before| before.min(bytes)));
    }

    /// The leases of this hour. None for a call that began in the hour before the present one: it must neither end the leases of the
    /// present hour, nor add to them what it has charged to the former one. A clock that was ahead by more is not followed.
    fn of_hour(&self, now: Timestamp) -> Option<MutexGuard<'_, Leases>> {
        let mut leases = self.leases.lock().unwrap_or_else(PoisonError::into_inner);
        let hour = now.millis().div_euclid(HOUR);
        if hour == leases.hour - 1 {
            return None;
        }
        if leases.hour != hour {
            *leases = Leases { hour, ..Leases::default() };
        } else if leases.of.len() > TOKENS {
            leases.drop_half();
        }
        Some(leases)
    }
}

impl Leases {
    /// Drops the leases of the tokens that used the least: the least is lost with them, and they grow again soonest.
    fn drop_half(&mut self) {
        self.crowded = true;
        let mut used: Vec<u32> = self.of.values().map(|lease| lease.used).collect();
        let middle = used.len() / 2;
        let (_, median, _) = used.select_nth_unstable(middle);
        let median = *median;
        self.of.retain(|_, lease| lease.used > median);
    }
}

/// The seconds until the hour ends.
pub(super) fn seconds_left(now: Timestamp) -> u64 {
    u64::try_from(HOUR - now.millis().rem_euclid(HOUR)).unwrap_or_default().div_ceil(1000)
}

#[cfg(test)]
mod tests {
    use jeton_core::budget::EVENT_BYTES_OF_TOKEN;

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
            Leased::Exceeded => panic!("nothing was refused"),
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
    fn a_late_call_of_the_former_hour_leaves_the_leases_of_this_one_as_they_are() {
        let leases = QuotaLeases::default();
        let taken = |of, bytes, now| matches!(leases.take(of, bytes, at(now)), Leased::Taken);
        leases.keep(posted(1), 100, 0, at(2 * HOUR));
        assert!(taken(asked(1), FREE, 2 * HOUR));
        leases.note_exceeded(posted(2), 1, at(2 * HOUR));
        let late = at(2 * HOUR - 1);
        assert!(matches!(leases.take(posted(1), 60, late), Leased::Ask(60)));
        leases.keep(posted(1), 1000, 60, late);
        leases.note_exceeded(posted(1), 1, late);
        leases.use_up(asked(3), late);
        assert!(taken(posted(1), 100, 2 * HOUR) && !taken(posted(1), 1, 2 * HOUR), "its lease");
        assert!(!taken(asked(1), 1, 2 * HOUR), "the free bytes are used");
        assert!(matches!(leases.take(posted(2), 1, at(2 * HOUR)), Leased::Exceeded));
        assert!(taken(asked(3), FREE, 2 * HOUR), "that was in the former hour");
    }

    #[test]
    fn a_clock_that_was_far_ahead_and_is_set_back_begins_anew() {
        let leases = QuotaLeases::default();
        leases.note_exceeded(posted(1), 1, at(48 * HOUR));
        assert!(matches!(leases.take(posted(1), 1, at(24 * HOUR)), Leased::Ask(1)));
    }

    #[test]
    fn pieces_grow_with_use_so_that_no_more_is_leased_than_a_quarter_beyond_what_is_used() {
        let leases = QuotaLeases::default();
        let (mut used, mut taken, mut asked) = (0, 0, 0);
        for _ in 0..10_000 {
            used += 500;
            if let Some(piece) = piece(&leases, posted(1), 500) {
                (taken, asked) = (taken + piece, asked + 1);
            }
            assert!(taken <= used + used / 4, "{taken} leased, {used} used");
        }
        assert!(asked < 60, "asked {asked} times");
    }

    #[test]
    fn a_thousand_processes_that_stop_asking_leave_the_rest_of_the_hour_to_others() {
        const EVENT: u32 = 900;
        // What each of them has used, from nothing to as much as all of them may use together.
        for used in [EVENT, FREE, FREE + EVENT, 24 << 10, (32 << 10) + EVENT, 50 << 10] {
            let mut total = 0;
            for process in 0..1000 {
                // No two have events of the same size.
                let (leases, event) = (QuotaLeases::default(), EVENT + process % 100);
                for _ in 0..used.div_ceil(event) {
                    total += piece(&leases, asked(1), event).unwrap_or_default();
                }
            }
            let most = (used.saturating_sub(FREE) + used / 4 + 2 * (EVENT + 100)) * 1000;
            assert!(total <= most.min(EVENT_BYTES_OF_TOKEN), "{total} leased after {used} each");
        }
    }

    #[test]
    fn the_first_bytes_of_what_a_token_asks_are_free_and_those_of_what_it_posts_are_not() {
        let leases = QuotaLeases::default();
        assert_eq!(piece(&leases, asked(1), FREE), None);
        assert_eq!(piece(&leases, asked(1), 1), Some(FREE / PART));
        assert_eq!(piece(&leases, posted(1), 1), Some(1));
        let alone = QuotaLeases::alone();
        assert_eq!(piece(&alone, asked(1), FREE_ALONE), None);
        assert_eq!(piece(&alone, asked(1), 1), Some(FREE_ALONE));
        assert_eq!(piece(&alone, posted(1), 1), Some(1));
    }

    #[test]
    fn what_was_rejected_is_not_asked_for_again_within_the_hour_and_less_is() {
        let leases = QuotaLeases::default();
        leases.note_exceeded(posted(1), 100, at(0));
        assert!(matches!(leases.take(posted(1), 100, at(0)), Leased::Exceeded));
        assert!(matches!(leases.take(posted(1), 99, at(0)), Leased::Ask(99)));
        assert!(matches!(leases.take(posted(1), 100, at(HOUR)), Leased::Ask(100)));
    }

    #[test]
    fn no_number_of_tokens_fills_the_memory_or_gets_more_for_nothing() {
        let leases = QuotaLeases::default();
        for number in 1..=TOKENS as u64 * 2 {
            leases.take(asked(number), 1, at(0));
        }
        assert!(leases.leases.lock().unwrap().of.len() <= TOKENS + 1);
        assert!(matches!(leases.take(asked(1), 1, at(0)), Leased::Ask(1)));
    }

    #[test]
    fn busy_tokens_keep_their_leases_when_there_are_too_many_tokens() {
        let leases = QuotaLeases::default();
        for busy in 1..=1000 {
            leases.keep(asked(busy), 3 * FREE, 2 * FREE, at(0));
        }
        for idle in 1001..=TOKENS as u64 * 2 {
            leases.take(asked(idle), 1, at(0));
        }
        for busy in 1..=1000 {
            assert_eq!(piece(&leases, asked(busy), FREE), None, "{busy}");
        }
    }

    #[test]
    fn ten_thousand_tokens_share_a_process_without_a_lease_for_each_event() {
        let leases = QuotaLeases::default();
        let (mut asked_for, bytes) = (0, 500);
        for _ in 0..100 {
            for token in 1..=10_000 {
                asked_for += u32::from(piece(&leases, asked(token), bytes).is_some());
            }
        }
        assert!(asked_for < 10 * 10_000, "{asked_for} leases for a million events");
    }
}
