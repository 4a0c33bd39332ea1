//! Ids of new tokens: the second of their creation, and random bits.

use rand_core::Rng;

use super::TokenId;
use crate::time::Timestamp;

/// The start of the year 2026 in UTC, where the seconds of ids begin, in milliseconds since 1970.
const FIRST: i64 = 1_767_225_600_000;

/// The random bits of an id, below its second.
const RANDOM_BITS: u32 = 16;

/// The bits of the second. They last until 7 February 2162.
const SECOND_BITS: u32 = 48 - RANDOM_BITS;

/// How many ids are drawn within the second itself.
const WITHIN_SECOND: u32 = 4;

/// Draws ids for one new token, so that ids are in the order of creation: `seconds since 2026 × 65,536 + random`.
///
/// The first ids are of the second of the creation. If those are taken, ids are drawn from ever longer times from that
/// second on: 2 seconds, then 4, 8, and at last all. So a second with more than 65,536 tokens overflows into the next
/// ones. A time before 2026 counts as its first second, and one after the last second as that. Processes need not agree
/// on the time, and a clock may be set back: the store refuses an id that is taken, or was.
#[derive(Debug, Clone)]
pub struct NewTokenIds {
    second: u64,
    drawn: u32,
}

impl NewTokenIds {
    /// For a token that is created now.
    pub fn new(now: Timestamp) -> Self {
        let second = now.millis().saturating_sub(FIRST) / 1000;
        Self { second: u64::try_from(second).unwrap_or(0).min((1 << SECOND_BITS) - 1), drawn: 0 }
    }

    /// The next id to try. Call it again if that one is taken.
    pub fn draw(&mut self, rng: &mut impl Rng) -> TokenId {
        let wider = (self.drawn.saturating_add(1)).saturating_sub(WITHIN_SECOND).min(SECOND_BITS);
        self.drawn = self.drawn.saturating_add(1);
        // The time ends with the last second, so from there on it is longer into the past.
        let first = self.second.min((1 << SECOND_BITS) - (1 << wider));
        loop {
            let random = rng.next_u64() >> (64 - RANDOM_BITS - wider);
            // Zero alone is no id.
            if let Some(id) = TokenId::new((first << RANDOM_BITS) + random) {
                return id;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;
    use crate::event_context::testing::Counting;

    /// The second of an id.
    fn second_of(id: TokenId) -> u64 {
        id.number() >> RANDOM_BITS
    }

    /// The time of this second of ids.
    fn at(second: u64) -> Timestamp {
        Timestamp::from_millis(FIRST + i64::try_from(second).unwrap() * 1000)
    }

    const LAST_SECOND: u64 = (1 << SECOND_BITS) - 1;

    proptest! {
        #[test]
        fn an_id_begins_with_its_second(second in 0..=LAST_SECOND, millis in 0..1000_i64, seed: u32) {
            let now = Timestamp::from_millis(at(second).millis() + millis);
            let id = NewTokenIds::new(now).draw(&mut Counting(u64::from(seed)));
            prop_assert_eq!(second_of(id), second);
            prop_assert_eq!(TokenId::new(id.number()), Some(id));
        }

        #[test]
        fn an_id_of_a_later_second_is_greater(second in 0..LAST_SECOND, ahead in 1..100_000_u64, seeds: (u32, u32)) {
            let later = second.saturating_add(ahead).min(LAST_SECOND);
            let first = NewTokenIds::new(at(second)).draw(&mut Counting(u64::from(seeds.0)));
            prop_assert!(NewTokenIds::new(at(later)).draw(&mut Counting(u64::from(seeds.1))) > first);
        }

        #[test]
        fn every_time_has_ids_and_any_number_of_draws(millis: i64, draws in 1..200_usize, seed: u32) {
            let (mut ids, mut rng) = (NewTokenIds::new(Timestamp::from_millis(millis)), Counting(u64::from(seed)));
            for _ in 0..draws {
                let id = ids.draw(&mut rng);
                prop_assert!(id <= TokenId::MAX && id.number() < 1 << 53);
            }
        }

        #[test]
        fn a_taken_id_is_followed_by_others_of_its_second_and_then_by_later_ones(second in 0..LAST_SECOND >> 1, seed: u32) {
            let (mut ids, mut rng) = (NewTokenIds::new(at(second)), Counting(u64::from(seed)));
            for drawn in 0..12_u32 {
                let ahead = second_of(ids.draw(&mut rng)) - second;
                prop_assert!(ahead < 1 << (drawn + 1).saturating_sub(WITHIN_SECOND), "{} after {}", ahead, drawn);
            }
        }

        #[test]
        fn a_clock_that_goes_to_and_fro_gives_every_token_an_id_of_its_own(
            seconds in proptest::collection::vec(0..3_u64, 1..2000), seed: u32,
        ) {
            let (mut taken, mut rng) = (HashSet::new(), Counting(u64::from(seed)));
            for second in &seconds {
                let mut ids = NewTokenIds::new(at(*second));
                while !taken.insert(ids.draw(&mut rng)) {}
            }
            prop_assert_eq!(taken.len(), seconds.len());
        }
    }

    #[test]
    fn a_second_with_more_tokens_than_it_has_ids_overflows_into_the_next_ones() {
        const TOKENS: usize = 3 << RANDOM_BITS;
        let (mut taken, mut rng, mut most) = (HashSet::new(), Counting(0), 0);
        for _ in 0..TOKENS {
            let (mut ids, mut draws) = (NewTokenIds::new(at(1000)), 1);
            while !taken.insert(ids.draw(&mut rng)) {
                draws += 1;
            }
            most = draws.max(most);
        }
        let seconds = taken.iter().map(|id| second_of(*id));
        assert_eq!(seconds.clone().min(), Some(1000));
        assert!(seconds.clone().max() < Some(1100), "{:?}", seconds.max());
        assert!(most <= 12, "an operation tries twelve times, and {most} were needed");
    }

    #[test]
    fn times_out_of_range_count_as_the_first_and_the_last_second() {
        let second = |now| second_of(NewTokenIds::new(now).draw(&mut Counting(1)));
        assert_eq!(second(Timestamp::from_millis(0)), 0);
        assert_eq!(second(Timestamp::from_millis(FIRST - 1)), 0);
        assert_eq!(second(Timestamp::MAX), LAST_SECOND);
        assert_eq!(at(LAST_SECOND).to_string(), "2162-02-07T06:28:15+0000");
        assert_eq!(at(0).to_string(), "2026-01-01T00:00:00+0000");
        // A full last second takes ids of those before it.
        let (mut ids, mut rng) = (NewTokenIds::new(Timestamp::MAX), Counting(1));
        assert!((0..100).any(|_| second_of(ids.draw(&mut rng)) < LAST_SECOND));
    }

    #[test]
    fn zero_is_never_drawn() {
        for seed in 0..200_000_u32 {
            assert_ne!(
                NewTokenIds::new(Timestamp::from_millis(0)).draw(&mut Counting(u64::from(seed))).number(),
                0
            );
        }
    }
}
