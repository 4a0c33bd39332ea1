//! Tokens: the aggregate, and one file for each transition.
//!
//! A transition takes the old state and returns the new state with its event. The caller commits both in one step.

mod breadth;
mod copy;
mod create;
mod delete;
mod filter;
mod first_use;
mod former_address;
mod identity;
mod last_use;
mod leak;
mod member_left;
mod moving;
mod notice;
mod notify;
mod open_share;
mod pick_up;
mod placeholder;
mod refresh;
mod refreshed_by_others;
mod revoke;
mod role;
mod selection;
mod share;
mod sort;
mod update;
mod verify_item;
mod written_answer;

use std::sync::OnceLock;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use copy::{Copy, Via};
pub use create::{NewToken, Settings, default_description};
pub use delete::{Deletion, Tombstone};
pub use filter::{CreatedBy, Filter, Search};
pub use former_address::FormerAddress;
pub use identity::{Creator, DisabledBy, Identity, Kind, valid_configuration};
pub use last_use::is_use_to_be_stored;
pub use leak::Leaked;
pub use notice::{Notice, days, digest_day, next_digest_day};
pub use notify::Noticed;
pub use open_share::{Hold, OpenShare};
pub use pick_up::PickedUp;
pub use refresh::{MAX_GRACE_SECONDS, Overlap, Refreshed, Refresher};
pub use refreshed_by_others::RefreshedByOthers;
pub use selection::Selection;
pub use sort::{Place, Sort, SortBy};
pub use update::{Editable, Update};
pub use verify_item::{Key, StoredVerifyItem, VerifyItem};
pub use written_answer::{SharedTexts, WrittenAnswer};

use crate::{
    error::Error,
    event::Event,
    id::{CopyId, ProjectId, TokenId},
    permission::call::Target,
    secret::{Label, PlainSecret, SecretHash},
    text::{trimmed, turns_direction},
    time::{Day, Timestamp},
};

pub use crate::time::earliest;

/// The most live copies and pending shares of a token, in total.
pub const MAX_COPIES: usize = 16;

/// The longest description, in characters.
pub const MAX_DESCRIPTION: usize = 255;

/// A token: the full record. It has hashes of secrets, and no secret.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Token {
    /// Its project.
    pub project: ProjectId,
    /// Its id.
    pub id: TokenId,
    /// The version, for optimistic concurrency: incremented by every change, and compared by the commit.
    pub version: u64,
    /// Incremented by every refresh of the whole token.
    pub generation: u32,
    /// The version that the latest demotion of its member began; 0 for none. What was sent in an earlier one has ended.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub demoted: u64,
    /// The latest generations that began with a refresh by another token.
    #[serde(default, skip_serializing_if = "RefreshedByOthers::is_none")]
    pub refreshed_by_others: RefreshedByOthers,
    /// The part that verify answers.
    pub identity: Identity,
    /// Its live copies, oldest first. Expired ones are dropped at the next change.
    pub copies: Vec<Copy>,
    /// Its pending shares, oldest first. A share that is not listed here cannot be picked up.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shares: Vec<OpenShare>,
    /// The number of the latest copy.
    pub last_copy: u32,
    /// The last expiry notice that was processed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub noticed: Option<Notice>,
    /// No notice is due before this time: when one came due, the digest of the day had left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notices_from: Option<Timestamp>,
    /// The last day on which it was verified. Not part of the versioned state.
    #[serde(skip)]
    pub last_used: Option<Day>,
    /// Who disabled it; `None` while it is enabled, and for tokens disabled by earlier builds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled_by: Option<DisabledBy>,
    /// Whether it is disabled because its project is closed, and will be enabled when the project opens.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub moving: bool,
    /// When the previous version was due, if this change has moved that time.
    #[serde(skip)]
    pub was_due: Option<Timestamp>,
    /// The hashes of the latest superseded copies, which are not valid any more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub superseded: Vec<SecretHash>,
    /// Whether it is a placeholder from the verify item, because the record cannot be read.
    #[serde(skip)]
    pub is_placeholder: bool,
    /// Unknown fields, written by a newer Jeton, are kept.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

/// A new state of a token, with its event.
#[derive(Debug, Clone)]
pub struct Change {
    /// The state to store.
    pub token: Token,
    /// The event to store with it.
    pub event: Event,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants it so")]
const fn is_zero(version: &u64) -> bool {
    *version == 0
}

impl Token {
    /// The verify item of this token.
    pub fn verify_item(&self) -> VerifyItem {
        VerifyItem {
            project: self.project,
            id: self.id,
            version: self.version,
            identity: self.identity.clone(),
            keys: self.copies.iter().map(Key::from).collect(),
            superseded: self.superseded.clone(),
            answer: OnceLock::new(),
        }
    }

    /// This token as the target of a call.
    pub fn target(&self) -> Target<'_> {
        Target { id: self.id, rank: self.identity.rank(), permissions: &self.identity.permissions }
    }

    /// The copy with this id, if it is live.
    pub fn live_copy(&self, copy: CopyId, now: Timestamp) -> Option<&Copy> {
        self.copies.iter().find(|held| held.id == copy && held.is_live(now))
    }

    /// Errors: [`Error::Conflict`] if the token has expired.
    fn not_expired(&self, now: Timestamp) -> Result<(), Error> {
        if self.identity.is_expired(now) { Err(Error::Conflict("the token has expired")) } else { Ok(()) }
    }

    /// The copy of this secret, live or not.
    pub fn opened_by(&self, string: &PlainSecret) -> Option<&Copy> {
        let hash = SecretHash::of(Label::Token, &[string.expose()]);
        self.copies.iter().find(|copy| copy.hash.matches(&hash))
    }

    /// When a copy ends: with the token or earlier.
    pub fn end_of(&self, copy: &Copy) -> Option<Timestamp> {
        earliest([self.identity.expires, copy.expires])
    }

    /// The number of live copies and pending shares. A picked-up copy and the one that it replaced count as one, so that a single
    /// holder cannot use up the limit.
    pub fn copies_and_shares(&self, now: Timestamp) -> usize {
        let counts = |copy: &&Copy| {
            let successor = copy.replaced_by.and_then(|next| self.live_copy(next, now));
            copy.is_live(now) && successor.is_none()
        };
        let copies = self.copies.iter().filter(counts).count();
        copies + self.shares.iter().filter(|share| share.is_open(now)).count()
    }

    /// The starting state of the next change: the next version, without expired copies and shares.
    fn next_version(&self, now: Timestamp) -> Self {
        let mut next = self.clone();
        next.version += 1;
        next.was_due = None;
        next.copies.retain(|copy| copy.is_live(now));
        next.shares.retain(|share| share.is_open(now));
        next
    }
}

/// Whether a description is valid: at most [`MAX_DESCRIPTION`] characters, without NUL and characters that change the direction
/// of writing.
pub fn valid_description(description: &str) -> bool {
    checked_description(description).is_ok()
}

/// Validates and trims a description. One without visible characters becomes empty.
pub fn checked_description(description: &str) -> Result<String, Error> {
    let description = trimmed(description);
    if description.chars().count() > MAX_DESCRIPTION {
        return Err(Error::bad_field(
            "description",
            format!("description must have at most {MAX_DESCRIPTION} characters"),
        ));
    }
    if description.contains('\0') {
        return Err(Error::bad_field("description", "description must not contain NUL characters"));
    }
    if description.chars().any(turns_direction) {
        return Err(Error::bad_field(
            "description",
            "description must not contain characters that change the direction of writing",
        ));
    }
    Ok(description.to_owned())
}

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
