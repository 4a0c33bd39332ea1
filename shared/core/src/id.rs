//! Ids: decimal numbers, with a type for each kind.
//!
//! Ids are random, and drawn again if taken, so there is no contended counter. Ids of projects, members and manage tokens
//! are below 2^24, because a typed client reads them as 32-bit floats. Those of tokens begin with the second of their
//! creation ([`NewTokenIds`]).

mod new_token;

use std::{fmt, str::FromStr};

use rand_core::Rng;
use serde::{Deserialize, Serialize};

pub use new_token::NewTokenIds;

/// The text is not an id in canonical form: decimal digits, no sign, no leading zero, within range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a canonical decimal id")]
pub struct NotAnId;

macro_rules! decimal_id {
    ($(#[$doc:meta])* $name:ident($inner:ty), below 2^$bits:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name($inner);

        impl $name {
            /// The greatest id.
            pub const MAX: Self = Self((1 << $bits) - 1);

            /// The id with this number; `None` for zero and for numbers out of range.
            pub const fn new(number: $inner) -> Option<Self> {
                if number == 0 || number >= 1 << $bits { None } else { Some(Self(number)) }
            }

            /// The number itself.
            pub const fn number(self) -> $inner {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;

            fn from_str(text: &str) -> Result<Self, NotAnId> {
                canonical(text)?.parse().ok().and_then(Self::new).ok_or(NotAnId)
            }
        }
    };
}

macro_rules! random_id {
    ($name:ident) => {
        impl $name {
            /// Draws a random id. The caller draws again if it is taken.
            pub fn random(rng: &mut impl Rng) -> Self {
                loop {
                    let drawn = rng.next_u64() >> (64 - Self::MAX.0.count_ones());
                    if let Some(id) = u32::try_from(drawn).ok().and_then(Self::new) {
                        return id;
                    }
                }
            }
        }
    };
}

decimal_id!(
    /// The id of a project.
    ProjectId(u32), below 2^24
);
decimal_id!(
    /// The id of a member.
    MemberId(u32), below 2^24
);
decimal_id!(
    /// The id of a token. Greater ones are of later tokens ([`NewTokenIds`]), except those that earlier builds drew at
    /// random.
    TokenId(u64), below 2^48
);
decimal_id!(
    /// The id of a manage token.
    ManageTokenId(u32), below 2^24
);

random_id!(ProjectId);
random_id!(MemberId);
random_id!(ManageTokenId);

/// The number of a copy of a token, from 1 in the order of creation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CopyId(pub u32);

impl FromStr for CopyId {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        canonical(text)?.parse().map(Self).map_err(|_| NotAnId)
    }
}

impl fmt::Display for CopyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Digits without a sign or a zero in front: every id has one spelling.
fn canonical(text: &str) -> Result<&str, NotAnId> {
    let canonical = !text.starts_with('0') && text.bytes().all(|b| b.is_ascii_digit());
    if canonical { Ok(text) } else { Err(NotAnId) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_canonical_decimals_within_range_are_ids() {
        assert_eq!("5".parse(), Ok(TokenId(5)));
        assert_eq!("281474976710655".parse(), Ok(TokenId((1 << 48) - 1)));
        for text in ["", "0", "05", "+5", "-5", " 5", "5 ", "٥", "281474976710656", "99999999999999999999"] {
            assert_eq!(text.parse::<TokenId>(), Err(NotAnId), "{text:?}");
        }
        assert_eq!("16777216".parse::<ProjectId>(), Err(NotAnId));
        assert_eq!("2".parse(), Ok(CopyId(2)));
        for text in ["", "0", "02", "+2", "4294967296"] {
            assert_eq!(text.parse::<CopyId>(), Err(NotAnId), "{text:?}");
        }
    }
}
