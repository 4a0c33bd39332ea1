//! The placeholder of a token whose record is damaged or lost, built from its verify item.
//!
//! The verify item authenticates a token. So a token whose record cannot be read must stay revocable: it can be listed, disabled,
//! restricted, refreshed and deleted, and its copies can be ended.

use std::sync::OnceLock;

use serde_json::Map;

use super::{Copy, Identity, Key, RefreshedByOthers, Token, VerifyItem};
use crate::{
    error::Error,
    id::{CopyId, ProjectId, TokenId},
    project::Owner,
};

/// A generation that no refresh reaches, so that shares of the unknown generation have ended.
const UNKNOWN_GENERATION: u32 = 1 << 30;

impl Token {
    /// The placeholder of a token, built from its verify item. Pending shares, and the recipients of copies, are lost.
    pub fn placeholder(item: &VerifyItem) -> Self {
        let copy = |key: &Key| Copy {
            id: key.id,
            hash: key.hash,
            created: item.identity.refreshed,
            via: key.via,
            recipient: None,
            expires: key.expires,
            replaced_by: None,
            keeps_rights: key.keeps_rights,
            ends_with_maker: key.ends_with_maker,
            from_picked_up: false,
            supersedes: superseded(item, key),
        };
        Self {
            project: item.project,
            id: item.id,
            version: item.version,
            generation: UNKNOWN_GENERATION,
            // A demotion is unknown, and none is later.
            demoted: item.version,
            refreshed_by_others: RefreshedByOthers::default(),
            identity: item.identity.clone(),
            copies: item.keys.iter().map(copy).collect(),
            shares: Vec::new(),
            last_copy: item.keys.iter().map(|key| key.id.0).max().unwrap_or_default(),
            noticed: None,
            notices_from: None,
            last_used: None,
            moving: false,
            superseded: item.superseded.clone(),
            was_due: None,
            disabled_by: None,
            is_placeholder: true,
            unknown: Map::new(),
        }
    }

    /// The placeholder in a list for a token with an unreadable record and verify item.
    pub fn unreadable(project: ProjectId, id: TokenId, owner: Owner) -> Self {
        let item = VerifyItem {
            project,
            id,
            version: 0,
            identity: Identity::unreadable(owner),
            keys: Vec::new(),
            superseded: Vec::new(),
            answer: OnceLock::new(),
        };
        Self::placeholder(&item)
    }

    /// Rejects changes that only add to a token whose record cannot be read.
    ///
    /// Errors: [`Error::Unavailable`].
    pub fn requires_record(&self) -> Result<(), Error> {
        if self.is_placeholder {
            let (project, id) = (self.project, self.id);
            return Err(Error::Unavailable(format!("the record of token {project}-{id} cannot be read")));
        }
        Ok(())
    }
}

/// The older copies that end when this one is first used: those with an end.
fn superseded(item: &VerifyItem, key: &Key) -> Vec<CopyId> {
    let older = |other: &&Key| key.supersedes && other.id < key.id && other.expires.is_some();
    item.keys.iter().filter(older).map(|other| other.id).collect()
}
