//! The kinds of expiry notices.

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// An expiry notice. The earliest comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Notice {
    /// Seven days before the expiry.
    Week,
    /// One day before the expiry.
    Day,
}

impl Notice {
    /// All notices.
    pub(super) const ALL: [Self; 2] = [Self::Week, Self::Day];

    /// When this notice of a token with this expiry is due.
    pub fn at(self, expires: Timestamp) -> Timestamp {
        const DAY: u64 = 86_400;
        expires.minus_seconds(match self {
            Self::Week => 7 * DAY,
            Self::Day => DAY,
        })
    }
}

/// The number of days, in words.
pub fn days(number: u64) -> String {
    if number == 1 { "1 day".to_owned() } else { format!("{number} days") }
}
