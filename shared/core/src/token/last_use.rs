//! When the day of last use of a token is stored: spread over the first hour of the day.

use crate::{
    id::{ProjectId, TokenId},
    time::{Day, Timestamp},
};

/// The time after midnight UTC over which the writes are spread, in milliseconds.
const SPREAD: u64 = 3_600_000;

/// Whether a use at this time has to store its day.
///
/// Tokens that are in constant use are all used right after midnight. Those that were used the day before wait until a moment of the
/// first hour that depends on their ids, so that they are not all written at once. A use before it may not count.
pub fn is_use_to_be_stored(
    project: ProjectId,
    token: TokenId,
    last_used: Option<Day>,
    now: Timestamp,
) -> bool {
    let today = now.day();
    match last_used {
        Some(day) if day >= today => false,
        Some(day) if day.next() == today => {
            let since_midnight = now.millis().saturating_sub(today.start().millis());
            u64::try_from(since_midnight).is_ok_and(|since| since >= moment(project, token))
        }
        _ => true,
    }
}

/// The moment of a token within the spread, in milliseconds after midnight. Ids are numbered one after the other, so their bits are
/// mixed as by `SplitMix64`.
fn moment(project: ProjectId, token: TokenId) -> u64 {
    let mut bits =
        token.number().wrapping_add(u64::from(project.number()).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    (bits ^ (bits >> 31)) % SPREAD
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000;

    fn project() -> ProjectId {
        ProjectId::new(5).unwrap()
    }

    fn token(number: u64) -> TokenId {
        TokenId::new(number).unwrap()
    }

    /// A time of January 2026.
    fn at(day: i64, hour: i64) -> Timestamp {
        Timestamp::from_millis(1_767_225_600_000 + ((day - 1) * 24 + hour) * 60 * MINUTE)
    }

    #[test]
    fn tokens_used_the_day_before_are_stored_at_moments_that_fill_the_first_hour() {
        let midnight = at(15, 0).millis();
        let yesterday = Some(at(14, 12).day());
        // Neighbours by id, as a project makes them.
        let due = |minute: i64| {
            let now = Timestamp::from_millis(midnight + minute * MINUTE);
            (1..=6_000).filter(|n| is_use_to_be_stored(project(), token(*n), yesterday, now)).count()
        };
        let each: Vec<usize> = (0..60).map(|minute| due(minute + 1) - due(minute)).collect();
        assert_eq!((due(0), due(60)), (0, 6_000));
        assert!(each.iter().all(|due| (50..=150).contains(due)), "a hundred a minute: {each:?}");
    }

    #[test]
    fn a_use_is_stored_once_a_day_and_at_once_if_the_day_before_had_none() {
        let stored = |last: Option<i64>, now| {
            is_use_to_be_stored(project(), token(1), last.map(|day| at(day, 12).day()), now)
        };
        assert!(stored(None, at(15, 0)));
        assert!(stored(Some(13), at(15, 0)));
        assert!(!stored(Some(14), at(15, 0)));
        assert!(stored(Some(14), at(15, 1)));
        assert!(!stored(Some(15), at(15, 23)));
        assert!(!stored(Some(16), at(15, 12)), "a clock that is behind");
    }
}
