//! The notices before the end of a token.

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// A notice before the end of a token, the earliest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Notice {
    /// Seven days before.
    Week,
    /// One day before.
    Day,
}

impl Notice {
    /// All of them.
    pub(super) const ALL: [Self; 2] = [Self::Week, Self::Day];

    /// When a token that ends then is due for this notice.
    pub fn at(self, expires: Timestamp) -> Timestamp {
        const DAY: u64 = 86_400;
        expires.minus_seconds(match self {
            Self::Week => 7 * DAY,
            Self::Day => DAY,
        })
    }
}

/// A number of days as people read it.
pub fn days(number: u64) -> String {
    if number == 1 { "1 day".to_owned() } else { format!("{number} days") }
}
