//! Manage tokens: keys for operations outside any one project.

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

/// Replaced secrets of one manage token that may work at the same time.
pub const MAX_REPLACED: usize = 15;

/// A key for making projects, adding or removing members, and managing other manage tokens.
///
/// It has one current secret. Secrets that a refresh replaced may work on until an end of their own.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ManageToken {
    /// Its id.
    pub id: ManageTokenId,
    /// The hash of its current secret.
    pub hash: SecretHash,
    /// What it is for.
    pub description: String,
    /// When it was made.
    pub created: Timestamp,
    /// When it ends, if it does. It is dead at this moment, not after it.
    pub expires: Option<Timestamp>,
    /// Raised by one with every change. A change is committed only onto the version it was made from.
    /// Records of the first Jeton have none, which counts as 0.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub version: u64,
    /// Raised by one whenever its current secret ends. An invitation ends with the generation that sent it.
    #[serde(default, skip_serializing_if = "is_zero_generation")]
    pub generation: u32,
    /// The generation that another manage token began last by a refresh; 0 when none did.
    #[serde(default, skip_serializing_if = "is_zero_generation")]
    pub refreshed_by_others: u32,
    /// When its current secret ends, if it does: with the manage token that made it by a refresh.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_ends: Option<Timestamp>,
    /// When its secret was last refreshed; none when it never was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refreshed: Option<Timestamp>,
    /// Whether it is switched off.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub disabled: bool,
    /// When its current secret was reported as leaked; until a refresh, that secret works no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leaked: Option<Timestamp>,
    /// Secrets that were replaced and still work. Those whose end has come are dropped at the next change.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replaced: Vec<Replaced>,
    /// The manage token that created it; none for those made by `jeton init`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub creator: Option<Creator>,
    /// The last day on which it made a call. The store keeps it beside the versioned state.
    #[serde(skip)]
    pub last_used: Option<Day>,
    /// Whether it stands in for a record that cannot be read. It opens nothing, and can only be deleted.
    #[serde(skip)]
    pub is_placeholder: bool,
    /// Fields written by a newer Jeton, kept as they are.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

/// A secret that was replaced by a refresh, within its grace period.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Replaced {
    /// The hash of the secret.
    pub hash: SecretHash,
    /// When it ends. It is dead at this moment, not after it.
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

/// Which secret of a manage token a caller presented.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presented {
    /// The current one.
    Current,
    /// One that a refresh replaced, in its grace period: it makes calls, but manages no manage tokens.
    Replaced,
}

impl ManageToken {
    /// Whether the presented string opens this manage token now, and by which of its secrets.
    ///
    /// Errors: [`Error::InvalidToken`]; [`Error::TokenExpired`] and [`Error::TokenDisabled`] only for a right string.
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

    /// Which secret this string is, if it is one that works.
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

    /// Whether the secret of this hash works now, apart from the manage token as a whole.
    pub fn has_secret(&self, hash: &SecretHash, now: Timestamp) -> bool {
        let replaced = |old: &Replaced| old.hash.matches(hash) && now < old.ends;
        !self.is_placeholder
            && (self.hash.matches(hash) && self.secret_works(now) || self.replaced.iter().any(replaced))
    }

    /// When the secret of this hash ends, if it does: with the manage token, or before.
    pub fn end_of_secret(&self, hash: &SecretHash) -> Option<Timestamp> {
        let replaced = self.replaced.iter().find(|old| old.hash.matches(hash));
        replaced.map_or(self.ends(), |old| earliest([self.expires, Some(old.ends)]))
    }

    /// Whether its current secret works, apart from the manage token as a whole.
    fn secret_works(&self, now: Timestamp) -> bool {
        self.leaked.is_none() && self.secret_ends.is_none_or(|end| now < end)
    }

    /// When it ends, or its current secret before it: no manage token and no secret of one that it makes lasts longer.
    pub fn ends(&self) -> Option<Timestamp> {
        earliest([self.expires, self.secret_ends])
    }

    /// Whether it has been refreshed since `before`, by another manage token. Of several refreshes at the same time,
    /// that one has won; one that keeps refreshing itself wins against nobody who refreshes it to stop that.
    pub fn was_refreshed_since(&self, before: &Self) -> bool {
        self.refreshed_by_others > before.generation
    }

    /// Whether its time is over. It is at `now == expires`.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires.is_some_and(|end| now >= end)
    }

    /// Whether somebody can manage manage tokens with it now.
    pub fn is_usable(&self, now: Timestamp) -> bool {
        !self.is_placeholder && !self.disabled && !self.is_expired(now) && self.secret_works(now)
    }

    /// The state that the next change starts from: one version on, without what has ended by now.
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
