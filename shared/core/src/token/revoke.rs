//! The deletion of a single copy.

use serde_json::{Map, json};

use super::{Change, Token, Via};
use crate::{error::Error, event::names, event_context::EventContext, id::CopyId};

impl Token {
    /// Ends one live copy. The token and its other copies stay unchanged.
    ///
    /// A picked-up copy can end only itself.
    /// Errors: [`Error::NotFound`] if there is no such live copy; [`Error::Forbidden`]; [`Error::InvalidToken`] if the presented
    /// copy was ended after authentication.
    pub fn revoke(&self, copy: CopyId, event_context: &EventContext) -> Result<Change, Error> {
        let presented = self.presented_copy(event_context)?;
        if presented.is_some_and(|presented| presented.via == Via::Share && presented.id != copy) {
            return Err(Error::Forbidden("a picked-up copy revokes only itself"));
        }
        self.live_copy(copy, event_context.now).ok_or(Error::NotFound("copy"))?;
        let mut token = self.next_version(event_context.now);
        token.copies.retain(|held| held.id != copy);
        let params = Map::from_iter([("deletedCopy".to_owned(), json!(copy.to_string()))]);
        let message = format!("Deleted a copy of token {}", token.identity.description);
        let event = event_context.event_about(&token, names::TOKEN_DELETED, message, params);
        Ok(Change { token, event })
    }
}
