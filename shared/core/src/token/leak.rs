//! Leak reports: ends a copy whose secret was found in public.

use serde_json::{Map, json};

use super::{Change, Copy, Token};
use crate::{
    event::names,
    event_context::EventContext,
    secret::{Label, SecretHash},
};

/// A token without its leaked copy.
#[derive(Debug, Clone)]
pub struct Leaked {
    /// The new state and its event.
    pub change: Change,
    /// The copy.
    pub copy: Copy,
}

impl Token {
    /// Ends the leaked copy; `None` if the secret is not valid any more. Other copies stay valid. `found` is where it was found,
    /// if the report says so.
    pub fn leaked(&self, string: &str, found: Option<&str>, event_context: &EventContext) -> Option<Leaked> {
        let hash = SecretHash::of(Label::Token, &[string]);
        let live = |copy: &&Copy| copy.hash.matches(&hash) && copy.is_live(event_context.now);
        let copy = self.copies.iter().find(live)?.clone();
        let mut token = self.next_version(event_context.now);
        token.copies.retain(|held| held.id != copy.id);
        let mut params = Map::from_iter([("leakedCopy".to_owned(), json!(copy.id.to_string()))]);
        params.extend(found.map(|found| ("found".to_owned(), json!(found))));
        let message = format!("A copy of token {} was found in public and ended", token.identity.description);
        let event = event_context.event_about(&token, names::TOKEN_LEAKED, message, params);
        Some(Leaked { change: Change { token, event }, copy })
    }
}
