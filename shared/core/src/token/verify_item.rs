//! The verify item: the one record that verify reads.

use std::{
    ops::Deref,
    sync::{Arc, OnceLock},
};

use serde::{Deserialize, Serialize};

use super::{
    copy::{Copy, Via},
    identity::{Identity, Kind},
    written_answer::WrittenAnswer,
};
use crate::{
    error::Error,
    id::{CopyId, MemberId, ProjectId, TokenId},
    permission::{Caller, call::CopyKind},
    secret::{Label, SecretHash},
    time::{Day, Timestamp},
};

/// The verify item of a token: its identity, its rights and the hashes of its copies.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VerifyItem {
    /// Its project.
    pub project: ProjectId,
    /// The id of the token.
    pub id: TokenId,
    /// The version of the token that this is a projection of.
    pub version: u64,
    /// The identity of the token.
    pub identity: Identity,
    /// Its copies.
    pub keys: Vec<Key>,
    /// The superseded copies, whose bearers get an error of their own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub superseded: Vec<SecretHash>,
    /// The cached answer of verify, which depends on this item only. A store that returns the same item returns the answer
    /// with it.
    #[serde(skip)]
    pub answer: OnceLock<WrittenAnswer>,
}

/// The stored verify item, with the fields outside the versioned state.
#[derive(Debug, Clone)]
pub struct StoredVerifyItem {
    /// The verify item.
    pub item: Arc<VerifyItem>,
    /// The number of shards of the token's events: a power of two, initially 1.
    pub shards: u32,
    /// The last day on which the token was verified.
    pub last_used: Option<Day>,
}

impl Deref for StoredVerifyItem {
    type Target = VerifyItem;

    fn deref(&self) -> &VerifyItem {
        &self.item
    }
}

/// A copy, as verify needs it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Key {
    /// The id of the copy.
    pub id: CopyId,
    /// The hash of its secret.
    pub hash: SecretHash,
    /// How it was created.
    pub via: Via,
    /// When it ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Timestamp>,
    /// Whether its first use ends older copies, and it was not used yet.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub supersedes: bool,
    /// Whether it keeps the rights of its token until its end.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub keeps_rights: bool,
    /// Whether it ends with the token that shared or refreshed it, and was not replaced.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ends_with_maker: bool,
}

impl VerifyItem {
    /// Authenticates a presented string as a copy of this token.
    ///
    /// A wrong string and an ended copy get the same error. Only the bearer of a live copy learns that the token is expired or
    /// disabled, and only the bearer of a superseded copy that its successor is in use.
    /// Errors: [`Error::InvalidToken`], [`Error::TokenExpired`], [`Error::TokenDisabled`], [`Error::CopySuperseded`].
    pub fn authenticate(&self, presented: &str, now: Timestamp) -> Result<Caller, Error> {
        let hash = SecretHash::of(Label::Token, &[presented]);
        let live = |key: &&Key| key.hash.matches(&hash) && key.expires.is_none_or(|end| now < end);
        let Some(key) = self.keys.iter().find(live) else {
            let superseded = self.superseded.iter().any(|old| old.matches(&hash));
            return Err(if superseded { Error::CopySuperseded { live: false } } else { Error::InvalidToken });
        };
        if self.identity.is_expired(now) {
            return Err(Error::TokenExpired);
        }
        if self.identity.disabled {
            return Err(Error::TokenDisabled);
        }
        Ok(Caller {
            copy: Some(key.id),
            copy_kind: key.via.copy_kind(key.expires, key.keeps_rights, key.ends_with_maker),
            copy_ends: key.expires,
            ends_older_copies: key.supersedes,
            ..self.itself()
        })
    }

    /// The caller for a member in the console, who presents no copy; `None` unless it is the own token of that member.
    pub fn of_member(&self, member: MemberId) -> Option<Caller> {
        let own = [Kind::Master(member), Kind::Reader(member)];
        own.contains(&self.identity.kind).then(|| self.itself())
    }

    fn itself(&self) -> Caller {
        self.identity.caller(self.project, self.id)
    }
}

impl Identity {
    /// The caller for this identity, with any copy.
    pub(super) fn caller(&self, project: ProjectId, id: TokenId) -> Caller {
        Caller {
            project,
            id,
            rank: self.rank(),
            permissions: Arc::clone(&self.permissions),
            copy: None,
            copy_kind: CopyKind::Full,
            copy_ends: None,
            ends_older_copies: false,
        }
    }
}

impl From<&Copy> for Key {
    fn from(copy: &Copy) -> Self {
        Self {
            id: copy.id,
            hash: copy.hash,
            via: copy.via,
            expires: copy.expires,
            supersedes: !copy.supersedes.is_empty(),
            keeps_rights: copy.keeps_rights,
            ends_with_maker: copy.ends_with_maker,
        }
    }
}
