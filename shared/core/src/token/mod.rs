//! Tokens: the aggregate, and one file for each transition it can make.
//!
//! A transition takes the old state by reference or value and gives the new state together with the
//! event that tells of it. Nothing is stored here; the caller commits both in one step.

mod copy;
mod create;
mod delete;
mod first_use;
mod identity;
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
mod share;
mod update;
mod verify_item;

use std::sync::OnceLock;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use copy::{Copy, Via};
pub use create::{NewToken, Settings, default_description};
pub use delete::{Deletion, Tombstone};
pub use identity::{Creator, DisabledBy, Identity, Kind, valid_configuration};
pub use leak::Leaked;
pub use notice::{Notice, days};
pub use notify::Noticed;
pub use open_share::{Hold, OpenShare};
pub use pick_up::PickedUp;
pub use refresh::{MAX_GRACE_SECONDS, Overlap, Refreshed, Refresher};
pub use refreshed_by_others::RefreshedByOthers;
pub use update::{Editable, Update};
pub use verify_item::{Key, StoredVerifyItem, VerifyItem};

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

/// Live copies plus open shares that a token may have.
pub const MAX_COPIES: usize = 16;

/// The longest description, in characters.
pub const MAX_DESCRIPTION: usize = 255;

/// A token with everything the store keeps of it. Secrets are not among it, only their hashes.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Token {
    /// The project it belongs to.
    pub project: ProjectId,
    /// Its id.
    pub id: TokenId,
    /// Raised by one with every change. A change is committed only onto the version it was made from.
    pub version: u64,
    /// Raised by one with every refresh of the whole token.
    pub generation: u32,
    /// Which of its generations others than the token itself began last.
    #[serde(default, skip_serializing_if = "RefreshedByOthers::is_none")]
    pub refreshed_by_others: RefreshedByOthers,
    /// What verify tells of it.
    pub identity: Identity,
    /// Its live copies, oldest first. Those whose end has come are dropped at the next change.
    pub copies: Vec<Copy>,
    /// Its open shares, oldest first. A share that is not listed here cannot be picked up.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shares: Vec<OpenShare>,
    /// The number of the copy made last.
    pub last_copy: u32,
    /// The notice of its end that was dealt with last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub noticed: Option<Notice>,
    /// The last day on which it was verified. The store keeps it beside the versioned state.
    #[serde(skip)]
    pub last_used: Option<Day>,
    /// Who switched it off; none while it is on, and for one that was switched off before this was remembered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled_by: Option<DisabledBy>,
    /// Whether it is switched off because its project moves, and is to be switched on again after that.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub moving: bool,
    /// When the version before this was due, where this change has moved that: a notice was dealt with, or the end of
    /// the token was moved.
    #[serde(skip)]
    pub was_due: Option<Timestamp>,
    /// The strings of the copies that ended last because their successor was used. They open nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub superseded: Vec<SecretHash>,
    /// Whether its record cannot be read, so that its verify item stands in for it.
    #[serde(skip)]
    pub is_placeholder: bool,
    /// Fields written by a newer Jeton, kept as they are.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

/// A new state of a token, and the event that tells how it came about.
#[derive(Debug, Clone)]
pub struct Change {
    /// The state to store.
    pub token: Token,
    /// The event to store with it.
    pub event: Event,
}

impl Token {
    /// What verify needs of this token, as the store keeps it under the token's address.
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

    /// The copy of this id, when it is live.
    pub fn live_copy(&self, copy: CopyId, now: Timestamp) -> Option<&Copy> {
        self.copies.iter().find(|held| held.id == copy && held.is_live(now))
    }

    /// Errors: [`Error::Conflict`] when the token's time is over: nothing that is made of it opens anything.
    fn not_expired(&self, now: Timestamp) -> Result<(), Error> {
        if self.identity.is_expired(now) { Err(Error::Conflict("the token has expired")) } else { Ok(()) }
    }

    /// The copy that this string is of, live or not.
    pub fn opened_by(&self, string: &PlainSecret) -> Option<&Copy> {
        let hash = SecretHash::of(Label::Token, &[string.expose()]);
        self.copies.iter().find(|copy| copy.hash.matches(&hash))
    }

    /// When this copy of the token ends, if it does: with the token, or before.
    pub fn end_of(&self, copy: &Copy) -> Option<Timestamp> {
        earliest([self.identity.expires, copy.expires])
    }

    /// Live copies and open shares, together. A picked-up copy and the one that its holder replaced by it count as
    /// one, or a single holder could use up what others need.
    pub fn copies_and_shares(&self, now: Timestamp) -> usize {
        let counts = |copy: &&Copy| {
            let successor = copy.replaced_by.and_then(|next| self.live_copy(next, now));
            copy.is_live(now) && successor.is_none()
        };
        let copies = self.copies.iter().filter(counts).count();
        copies + self.shares.iter().filter(|share| share.is_open(now)).count()
    }

    /// The state that the next change starts from: one version on, without what has ended by now.
    fn next_version(&self, now: Timestamp) -> Self {
        let mut next = self.clone();
        next.version += 1;
        next.was_due = None;
        next.copies.retain(|copy| copy.is_live(now));
        next.shares.retain(|share| share.is_open(now));
        next
    }
}

/// Whether a token may have this description: at most [`MAX_DESCRIPTION`] characters, none of them NUL or one that turns
/// the direction of writing.
pub fn valid_description(description: &str) -> bool {
    checked_description(description).is_ok()
}

/// Checks a description that a client gave, and trims it; one that nobody sees is empty.
fn checked_description(description: &str) -> Result<String, Error> {
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
            "description must not contain characters that turn the direction of writing",
        ));
    }
    Ok(description.to_owned())
}

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
