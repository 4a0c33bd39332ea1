//! Manage tokens: credentials for operations above projects.

mod change;
mod placeholder;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use change::{Created, ManageChange, Refreshed, Update};

use crate::{
    error::Error,
    id::ManageTokenId,
    secret::{Label, SecretHash},
    time::{Day, Timestamp},
    token::earliest,
};

/// The most replaced secrets of a manage token that work at the same time.
pub const MAX_REPLACED: usize = 15;

/// A credential that creates projects, adds and removes members, and manages other manage tokens.
///
/// It has one current secret. Replaced secrets may keep working during the grace period of a refresh.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ManageToken {
    /// Its id.
    pub id: ManageTokenId,
    /// The hash of its current secret.
    pub hash: SecretHash,
    /// The description.
    pub description: String,
    /// When it was made.
    pub created: Timestamp,
    /// When it expires. It is invalid from this moment on.
    pub expires: Option<Timestamp>,
    /// The version, for optimistic concurrency: incremented by every change, and compared by the commit. Records of the first
    /// Jeton have none, which counts as 0.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub version: u64,
    /// Incremented whenever the current secret ends. An invitation ends with the generation that sent it.
    #[serde(default, skip_serializing_if = "is_zero_generation")]
    pub generation: u32,
    /// The latest generation that began with a refresh by another manage token; 0 if there was none.
    #[serde(default, skip_serializing_if = "is_zero_generation")]
    pub refreshed_by_others: u32,
    /// When its current secret ends: with the manage token that refreshed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_ends: Option<Timestamp>,
    /// When its secret was last refreshed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refreshed: Option<Timestamp>,
    /// Whether it is disabled.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub disabled: bool,
    /// When its current secret was reported as leaked. It is invalid until a refresh.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leaked: Option<Timestamp>,
    /// Replaced secrets that still work. Expired ones are dropped at the next change.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replaced: Vec<Replaced>,
    /// The manage token that created it; `None` for those created by `jeton init`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub creator: Option<Creator>,
    /// The last day on which it made a call. Not part of the versioned state.
    #[serde(skip)]
    pub last_used: Option<Day>,
    /// Whether it is the placeholder of a record that cannot be read. It has no valid secret, and can only be deleted.
    #[serde(skip)]
    pub is_placeholder: bool,
    /// Unknown fields, written by a newer Jeton, are kept.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

/// A replaced secret in its grace period.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Replaced {
    /// The hash of the secret.
    pub hash: SecretHash,
    /// When it ends. It is invalid from this moment on.
    pub ends: Timestamp,
}

/// The manage token that created another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Creator {
    /// Its id.
    pub id: ManageTokenId,
    /// Its description at that time.
    pub description: String,
}

/// The kind of secret that a caller presented.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presented {
    /// The current secret.
    Current,
    /// A replaced secret in its grace period: it makes calls, but cannot manage manage tokens.
    Replaced,
}

impl ManageToken {
    /// Authenticates a string. Returns which of the secrets it is.
    ///
    /// Errors: [`Error::InvalidToken`]; [`Error::TokenExpired`] and [`Error::TokenDisabled`] only for a genuine secret.
    pub fn authenticate(&self, presented: &str, now: Timestamp) -> Result<Presented, Error> {
        let presented = self.opened_by(presented, now).ok_or(Error::InvalidToken)?;
        if self.is_expired(now) {
            return Err(Error::TokenExpired);
        }
        if self.disabled {
            return Err(Error::TokenDisabled);
        }
        Ok(presented)
    }

    /// The kind of secret that this string is, if it is a valid one.
    fn opened_by(&self, string: &str, now: Timestamp) -> Option<Presented> {
        if self.is_placeholder {
            return None;
        }
        let hash = SecretHash::of(Label::ManageToken, &[string]);
        if self.hash.matches(&hash) {
            return self.secret_works(now).then_some(Presented::Current);
        }
        let replaced = self.replaced.iter().any(|old| old.hash.matches(&hash) && now < old.ends);
        replaced.then_some(Presented::Replaced)
    }

    /// Whether the secret with this hash is valid, regardless of the state of the manage token.
    pub fn has_secret(&self, hash: &SecretHash, now: Timestamp) -> bool {
        let replaced = |old: &Replaced| old.hash.matches(hash) && now < old.ends;
        !self.is_placeholder
            && (self.hash.matches(hash) && self.secret_works(now) || self.replaced.iter().any(replaced))
    }

    /// When the secret with this hash ends: with the manage token or earlier.
    pub fn end_of_secret(&self, hash: &SecretHash) -> Option<Timestamp> {
        let replaced = self.replaced.iter().find(|old| old.hash.matches(hash));
        replaced.map_or(self.ends(), |old| earliest([self.expires, Some(old.ends)]))
    }

    /// Whether the current secret is valid, regardless of the state of the manage token.
    fn secret_works(&self, now: Timestamp) -> bool {
        self.leaked.is_none() && self.secret_ends.is_none_or(|end| now < end)
    }

    /// When it or its current secret ends. Manage tokens and secrets that it creates end no later.
    pub fn ends(&self) -> Option<Timestamp> {
        earliest([self.expires, self.secret_ends])
    }

    /// Whether another manage token has refreshed it since `before`. Of several concurrent refreshes, that one succeeded. A
    /// refresh by itself does not count, so it cannot prevent others from refreshing it.
    pub fn was_refreshed_since(&self, before: &Self) -> bool {
        self.refreshed_by_others > before.generation
    }

    /// Whether it has expired: from `now == expires` on.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires.is_some_and(|end| now >= end)
    }

    /// Whether it can manage manage tokens now.
    pub fn is_usable(&self, now: Timestamp) -> bool {
        !self.is_placeholder && !self.disabled && !self.is_expired(now) && self.secret_works(now)
    }

    /// The starting state of the next change: the next version, without expired secrets.
    fn next_version(&self, now: Timestamp) -> Self {
        let mut next = self.clone();
        next.version += 1;
        next.replaced.retain(|old| now < old.ends);
        next
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants it so")]
fn is_zero(version: &u64) -> bool {
    *version == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants it so")]
fn is_zero_generation(generation: &u32) -> bool {
    *generation == 0
}

#[cfg(test)]
mod tests;
