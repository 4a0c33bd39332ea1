//! The one small item that a verify reads.

use std::{
    ops::Deref,
    sync::{Arc, OnceLock},
};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{
    copy::{Copy, Via},
    identity::{Identity, Kind},
};
use crate::{
    error::Error,
    id::{CopyId, MemberId, ProjectId, TokenId},
    permission::{Caller, call::CopyKind},
    secret::{Label, SecretHash},
    time::{Day, Timestamp},
};

/// What verify needs of a token: who it is, what it may do, and the hashes that open it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VerifyItem {
    /// The project it belongs to.
    pub project: ProjectId,
    /// The token.
    pub id: TokenId,
    /// The version of the token that this is a part of.
    pub version: u64,
    /// Who it is and what it may do.
    pub identity: Identity,
    /// Its copies.
    pub keys: Vec<Key>,
    /// Those that ended when their successor was used, so that their bearers are told so.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub superseded: Vec<SecretHash>,
    /// What a verify answers, once somebody has written it: it follows from this item alone. A store that
    /// gives the same item again gives the answer with it.
    #[serde(skip)]
    pub answer: OnceLock<Box<RawValue>>,
}

/// How a token stands: its verify item as it is in the store now, and what the store keeps beside it.
#[derive(Debug, Clone)]
pub struct StoredVerifyItem {
    /// The item.
    pub item: Arc<VerifyItem>,
    /// Over how many shards the events of this token are spread: a power of two, 1 at first.
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

/// What verify needs of a copy.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Key {
    /// The copy.
    pub id: CopyId,
    /// The hash of its string.
    pub hash: SecretHash,
    /// How it was made.
    pub via: Via,
    /// When it ends, if it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Timestamp>,
    /// Whether older copies end when this one is first used, and it was not used yet.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub supersedes: bool,
    /// Whether it keeps the rights of its token to its end.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub keeps_rights: bool,
    /// Whether it ends because what shared it or made it does, and was not replaced.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ends_with_maker: bool,
}

impl VerifyItem {
    /// Finds out whether a presented string opens this token now, and as what.
    ///
    /// A wrong string and a dead copy look alike; that the token is expired or disabled is said only
    /// to a bearer of a live copy; that the successor of a copy is used, to the bearer of that copy.
    /// Errors: [`Error::InvalidToken`], [`Error::TokenExpired`], [`Error::TokenDisabled`],
    /// [`Error::CopySuperseded`].
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

    /// The token as its member calls with it, who is signed in and needs no copy. None unless it is the
    /// master token of that member.
    pub fn of_member(&self, member: MemberId) -> Option<Caller> {
        (self.identity.kind == Kind::Master(member)).then(|| self.itself())
    }

    fn itself(&self) -> Caller {
        self.identity.caller(self.project, self.id)
    }
}

impl Identity {
    /// The token of this identity as a caller, whichever of its copies it calls with.
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
