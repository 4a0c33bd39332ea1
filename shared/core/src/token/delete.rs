//! Deleting a token, or one picked-up copy of it.

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

/// What deleting comes to.
#[derive(Debug, Clone)]
pub enum Deletion {
    /// The whole token goes.
    Token(Box<Event>),
    /// Only the picked-up copy that asked for it goes.
    Copy(Box<Change>),
}

/// What is left of a deleted token until its events are gone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Tombstone {
    /// The project it belonged to.
    pub project: ProjectId,
    /// The token.
    pub id: TokenId,
    /// Its last description.
    pub description: String,
    /// When it was deleted.
    pub deleted: Timestamp,
}

impl Token {
    /// Deletes the token; presented with a picked-up copy of the token itself, only that copy.
    ///
    /// Errors: [`Error::BelongsToConfiguration`] for the token of a configuration, and
    /// [`Error::InvalidToken`] when the presented copy has gone meanwhile.
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

    /// The event of deleting the whole token, together with what it belonged to.
    pub fn deleted_event(&self, event_context: &EventContext) -> Event {
        let message = format!("Deleted token {}", self.identity.description);
        event_context.event_about(self, names::TOKEN_DELETED, message, Map::new())
    }

    /// The event of removing the token because its time was over; none while it is not.
    pub fn expire(&self, event_context: &EventContext) -> Option<Event> {
        let expires = self.identity.expires.filter(|end| event_context.now >= *end)?;
        let mut params = Map::new();
        params.insert("expires".to_owned(), json!(expires.to_string()));
        let message = format!("Token {} expired and was removed", self.identity.description);
        Some(event_context.event_about(self, names::TOKEN_EXPIRED, message, params))
    }

    /// What is left of the token once it is deleted.
    pub fn tombstone(&self, deleted: Timestamp) -> Tombstone {
        Tombstone {
            project: self.project,
            id: self.id,
            description: self.identity.description.clone(),
            deleted,
        }
    }
}
