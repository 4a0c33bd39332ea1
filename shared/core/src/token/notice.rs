//! The kinds of expiry notices.

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// A day, in seconds.
const DAY: u64 = 86_400;

/// The same in milliseconds.
const DAY_MILLIS: i64 = 86_400_000;

/// The time of day at which notices come due: noon in UTC, which is within working hours from California to India.
const NOON: i64 = DAY_MILLIS / 2;

/// An expiry notice. The earliest comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Notice {
    /// Seven days before the expiry, or up to a day earlier.
    Week,
    /// One day before the expiry, or up to a day earlier.
    Day,
}

impl Notice {
    /// All notices.
    pub(super) const ALL: [Self; 2] = [Self::Week, Self::Day];

    /// When this notice of a token with this expiry is due. All notices of a day are due at the same time, so that a person
    /// gets them in one mail.
    pub fn at(self, expires: Timestamp) -> Timestamp {
        digest_day(expires.minus_seconds(match self {
            Self::Week => 7 * DAY,
            Self::Day => DAY,
        }))
    }
}

/// The start of the day of a time, as notices have it: from noon to noon.
pub fn digest_day(at: Timestamp) -> Timestamp {
    let days = at.millis().saturating_sub(NOON).div_euclid(DAY_MILLIS);
    Timestamp::from_millis(days * DAY_MILLIS + NOON)
}

/// The start of the day after.
pub fn next_digest_day(at: Timestamp) -> Timestamp {
    digest_day(at).plus_seconds(DAY)
}

/// The number of days, in words.
pub fn days(number: u64) -> String {
    if number == 1 { "1 day".to_owned() } else { format!("{number} days") }
}
