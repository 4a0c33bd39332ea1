//! Disables tokens while their project is closed, and enables them when it opens.

use serde_json::{Map, json};

use super::{Change, Token};
use crate::{event::names, event_context::EventContext};

impl Token {
    /// Disables the token with its project; `None` if that is done already. A token that was disabled before stays disabled when
    /// the project opens.
    pub fn close(&self, event_context: &EventContext) -> Option<Change> {
        if self.moving || self.identity.disabled {
            return None;
        }
        let mut token = self.next_version(event_context.now);
        (token.moving, token.identity.disabled) = (true, true);
        let message = format!("Disabled token {}: its project is closed", token.identity.description);
        let event = event_context.event_about(&token, names::TOKEN_DISABLED, message, reason());
        Some(Change { token, event })
    }

    /// Enables the token; `None` unless it was disabled with its project.
    pub fn reopen(&self, event_context: &EventContext) -> Option<Change> {
        if !self.moving {
            return None;
        }
        let mut token = self.next_version(event_context.now);
        (token.moving, token.identity.disabled) = (false, false);
        let message = format!("Enabled token {}: its project is open again", token.identity.description);
        let event = event_context.event_about(&token, names::TOKEN_ENABLED, message, reason());
        Some(Change { token, event })
    }
}

fn reason() -> Map<String, serde_json::Value> {
    Map::from_iter([("reason".to_owned(), json!("projectClosed"))])
}

#[cfg(test)]
mod tests {
    use crate::{
        event_context::{Actor, testing::Counting},
        token::testing::{event_context, token},
    };

    #[test]
    fn a_token_that_moves_is_invalid_and_then_as_it_was() {
        let (before, _) = token(None, &mut Counting(1));
        let closed = before.close(&event_context(1, Actor::Jeton)).unwrap().token;
        assert!(closed.identity.disabled && closed.close(&event_context(2, Actor::Jeton)).is_none());
        let after = closed.reopen(&event_context(3, Actor::Jeton)).unwrap().token;
        assert_eq!((after.identity, after.version), (before.identity.clone(), before.version + 2));
        assert!(before.reopen(&event_context(4, Actor::Jeton)).is_none());
    }

    #[test]
    fn a_token_that_was_off_stays_off() {
        let (mut off, _) = token(None, &mut Counting(1));
        off.identity.disabled = true;
        assert!(off.close(&event_context(1, Actor::Jeton)).is_none());
        assert!(off.reopen(&event_context(1, Actor::Jeton)).is_none());
    }
}
