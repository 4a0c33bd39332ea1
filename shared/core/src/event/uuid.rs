//! Event ids: UUIDs of version 7, monotonic within a process.

use std::sync::atomic::{AtomicU64, Ordering};

use rand_core::Rng;
use uuid::{Builder, Uuid};

use crate::time::{Day, Timestamp};

/// Bits of the counter within a millisecond, which is the 12-bit `rand_a` field of version 7.
const COUNTER_BITS: u32 = 12;

/// A generator of uuids. Each is greater than the one before, even if the clock is set back.
#[derive(Debug, Default)]
pub struct UuidSequence {
    /// The milliseconds and the counter of the last uuid, as one number.
    last: AtomicU64,
}

impl UuidSequence {
    /// The next uuid.
    pub fn next(&self, now: Timestamp, rng: &mut impl Rng) -> Uuid {
        let tick = self.tick(now);
        let mut random = [0; 10];
        rng.fill_bytes(&mut random);
        // The first two of the ten random bytes carry the counter; the builder overwrites the four
        // bits above it with the version.
        let [.., high, low] = (tick & 0xFFF).to_be_bytes();
        random[0] = high;
        random[1] = low;
        Builder::from_unix_timestamp_millis(tick >> COUNTER_BITS, &random).into_uuid()
    }

    /// A number greater than all before, and at least `now` in 4096ths of a millisecond. More than 4096 in one millisecond
    /// borrow from the next one.
    pub fn tick(&self, now: Timestamp) -> u64 {
        let floor = now.millis().unsigned_abs() << COUNTER_BITS;
        let next = |last: u64| floor.max(last + 1);
        // The closure always returns `Some`, so both arms hold the previous number.
        let (Ok(last) | Err(last)) =
            self.last.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| Some(next(last)));
        next(last)
    }
}

/// The moment of an event, to the millisecond.
pub fn moment_of(uuid: Uuid) -> Timestamp {
    // The first 48 bits of version 7.
    Timestamp::from_millis(i64::try_from(uuid.as_u128() >> 80).unwrap_or(i64::MAX))
}

/// The smallest uuid of this moment: events before it compare less, later ones greater.
pub fn first_uuid_at(moment: Timestamp) -> Uuid {
    Builder::from_unix_timestamp_millis(moment.millis().unsigned_abs(), &[0; 10]).into_uuid()
}

/// The uuid before [`first_uuid_at`]: events at or after this moment are after it.
pub fn last_uuid_before(moment: Timestamp) -> Uuid {
    Uuid::from_u128(first_uuid_at(moment).as_u128() - 1)
}

/// The UTC day of a uuid and its event.
pub fn day_of(uuid: Uuid) -> Day {
    let millis = i64::try_from(uuid.as_u128() >> 80).unwrap_or(i64::MAX);
    Timestamp::from_millis(millis).day()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event_context::testing::Counting;

    #[test]
    fn uuids_rise_within_a_millisecond_across_its_end_and_when_the_clock_steps_back() {
        let (sequence, mut rng) = (UuidSequence::default(), Counting(0));
        let now = Timestamp::from_millis(1_700_000_000_000);
        let mut last = sequence.next(now, &mut rng);
        assert!(last > first_uuid_at(now));
        assert_eq!(last.get_version_num(), 7);
        for step in 0..10_000 {
            let now = Timestamp::from_millis(now.millis() - step % 3);
            let next = sequence.next(now, &mut rng);
            assert!(next > last);
            last = next;
        }
        assert!(last < first_uuid_at(now.plus_seconds(1)));
    }
}
