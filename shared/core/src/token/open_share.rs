//! Pending shares, as listed in the record of their token.

use serde::{Deserialize, Serialize};

use crate::{
    email::Email,
    id::TokenId,
    share::{Credential, ShareId},
    time::{Timestamp, earliest},
};

/// A pending share in the record of its token. A share that is not listed there is closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OpenShare {
    /// The id of the share.
    pub id: ShareId,
    /// The recipient.
    pub recipient: Email,
    /// The token that sent it.
    pub sharer: TokenId,
    /// The state of that token when it sent the share; `None` for shares of earlier builds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<Credential>,
    /// When it was sent.
    pub created: Timestamp,
    /// When it expires. It is closed from this moment on.
    pub expires: Timestamp,
    /// When copies picked up from it end: set by a refresh with a grace period.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copy_ends: Option<Timestamp>,
    /// Whether it was sent by a picked-up copy.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub from_picked_up: bool,
    /// Why it is on hold because of its sender. Not stored.
    #[serde(skip)]
    pub on_hold: Option<Hold>,
}

/// Why a share is on hold: it can be picked up when that has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hold {
    /// The token that sent it is disabled.
    SenderDisabled,
    /// The token that sent it has fewer rights than the shared token now.
    SenderRights,
}

impl OpenShare {
    /// Whether it has not expired.
    pub fn is_open(&self, now: Timestamp) -> bool {
        now < self.expires
    }

    /// Updates the expiry of its sender, which may have changed since.
    pub fn sent_by_one_that_ends(&mut self, end: Option<Timestamp>) {
        if let Some(credential) = &mut self.credential {
            credential.ends = earliest([credential.ends, end]);
        }
        self.expires = end.map_or(self.expires, |end| end.min(self.expires));
    }

    /// When its sender ends. Copies picked up from it end no later.
    pub(super) fn sharer_ends(&self) -> Option<Timestamp> {
        self.credential.and_then(|credential| credential.ends)
    }

    /// Moves the end of the share, and of copies picked up from it, to an earlier time.
    pub(super) fn end_by(&mut self, end: Timestamp) {
        self.expires = self.expires.min(end);
        self.copy_ends = Some(self.copy_ends.map_or(end, |earlier| earlier.min(end)));
    }
}
