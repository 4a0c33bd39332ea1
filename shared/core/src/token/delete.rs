//! The deletion of a token, or of one picked-up copy.

use serde::{Deserialize, Serialize};
use serde_json::{Map, json};

use super::{Change, Kind, Token, Via};
use crate::{
    error::Error,
    event::{Event, names},
    event_context::EventContext,
    id::{ProjectId, TokenId},
    time::Timestamp,
};

/// The result of a deletion.
#[derive(Debug, Clone)]
pub enum Deletion {
    /// The whole token is deleted.
    Token(Box<Event>),
    /// Only the calling picked-up copy is deleted.
    Copy(Box<Change>),
}

/// The tombstone of a deleted token, kept until its events are removed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Tombstone {
    /// The project of the token.
    pub project: ProjectId,
    /// The id of the token.
    pub id: TokenId,
    /// Its last description.
    pub description: String,
    /// When it was deleted.
    pub deleted: Timestamp,
    /// When it had expired, if it was deleted for that or afterwards. Deletions by earlier versions say nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expired: Option<Timestamp>,
}

impl Token {
    /// Deletes the token, or only the copy if the caller presents a picked-up copy of this token.
    ///
    /// Errors: [`Error::BelongsToConfiguration`] for the token of a configuration; [`Error::InvalidToken`] if the presented copy
    /// was ended after authentication.
    pub fn delete(&self, event_context: &EventContext) -> Result<Deletion, Error> {
        if let Some(presented) = self.presented_copy(event_context)?
            && presented.via == Via::Share
        {
            return Ok(Deletion::Copy(Box::new(self.revoke(presented.id, event_context)?)));
        }
        if let Kind::Configuration { component, configuration } = &self.identity.kind {
            return Err(Error::BelongsToConfiguration {
                component: component.clone(),
                configuration: configuration.clone(),
            });
        }
        Ok(Deletion::Token(Box::new(self.deleted_event(event_context))))
    }

    /// The event of deleting the whole token, with its configuration or member.
    pub fn deleted_event(&self, event_context: &EventContext) -> Event {
        let message = format!("Deleted token {}", self.identity.description);
        event_context.event_about(self, names::TOKEN_DELETED, message, Map::new())
    }

    /// The event of removing the expired token; `None` if it has not expired.
    pub fn expire(&self, event_context: &EventContext) -> Option<Event> {
        let expires = self.identity.expires.filter(|end| event_context.now >= *end)?;
        let mut params = Map::new();
        params.insert("expires".to_owned(), json!(expires.to_string()));
        let message = format!("Token {} expired and was removed", self.identity.description);
        Some(event_context.event_about(self, names::TOKEN_EXPIRED, message, params))
    }

    /// The tombstone of the token.
    pub fn tombstone(&self, deleted: Timestamp) -> Tombstone {
        Tombstone {
            project: self.project,
            id: self.id,
            description: self.identity.description.clone(),
            deleted,
            expired: self.identity.expires.filter(|end| *end <= deleted),
        }
    }
}
