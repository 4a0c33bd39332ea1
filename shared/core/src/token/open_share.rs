//! An open share, as its token remembers it.

use serde::{Deserialize, Serialize};

use crate::{
    email::Email,
    id::TokenId,
    share::{Credential, ShareId},
    time::{Timestamp, earliest},
};

/// An open share of a token. Once it is no longer listed with its token, it is closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OpenShare {
    /// The share.
    pub id: ShareId,
    /// Who may pick it up.
    pub recipient: Email,
    /// The token that shared it.
    pub sharer: TokenId,
    /// What that token was when it shared it; none for shares from before this was remembered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<Credential>,
    /// When it was shared.
    pub created: Timestamp,
    /// When it closes by itself. It is closed at this moment, not after it.
    pub expires: Timestamp,
    /// When a copy picked up from it ends: set by a refresh with a grace period.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copy_ends: Option<Timestamp>,
    /// Whether a picked-up copy sent it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub from_picked_up: bool,
    /// Why it cannot be picked up at the moment, as far as its sender is known. It is not stored.
    #[serde(skip)]
    pub on_hold: Option<Hold>,
}

/// Why a share cannot be picked up at the moment, and can be once that has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hold {
    /// The token that sent it is disabled.
    SenderDisabled,
    /// The token that sent it may not share this token any more: it has fewer rights than this one has now.
    SenderRights,
}

impl OpenShare {
    /// Whether its time is not over.
    pub fn is_open(&self, now: Timestamp) -> bool {
        now < self.expires
    }

    /// Takes note of when the token ends now that sent it: its end may have been moved since.
    pub fn sent_by_one_that_ends(&mut self, end: Option<Timestamp>) {
        if let Some(credential) = &mut self.credential {
            credential.ends = earliest([credential.ends, end]);
        }
        self.expires = end.map_or(self.expires, |end| end.min(self.expires));
    }

    /// When the token that shared it ends, if it does: a copy picked up from it ends then at the latest.
    pub(super) fn sharer_ends(&self) -> Option<Timestamp> {
        self.credential.and_then(|credential| credential.ends)
    }

    /// Has this share, and what is picked up from it, end by then.
    pub(super) fn end_by(&mut self, end: Timestamp) {
        self.expires = self.expires.min(end);
        self.copy_ends = Some(self.copy_ends.map_or(end, |earlier| earlier.min(end)));
    }
}
