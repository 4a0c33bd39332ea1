//! Removes the personal data of a former member from a token.

use serde_json::{Map, json};

use super::{Change, FormerAddress, Token};
use crate::{event::names, event_context::EventContext, id::MemberId};

/// The creator name of a token whose creator has left.
const FORMER_MEMBER: &str = "former member";

impl Token {
    /// Whether this member is or was behind the token. False for their own token.
    pub fn is_of_member(&self, member: MemberId) -> bool {
        let behind = self.identity.member.as_ref().map(|card| card.id).or(self.identity.former_member);
        !self.identity.is_own_of_member() && behind == Some(member)
    }

    /// Removes the name and address of a former member; `None` if the token has neither.
    pub fn member_left(&self, member: MemberId, event_context: &EventContext) -> Option<Change> {
        let card = self.identity.member.as_ref().filter(|card| card.id == member)?;
        if self.identity.is_own_of_member() {
            return None;
        }
        let mut token = self.next_version(event_context.now);
        token.identity.former_member = Some(member);
        token.identity.former_address = Some(FormerAddress::of(token.project, &card.email));
        // The description of a master token is the address of its member.
        if let Some(creator) = &mut token.identity.creator
            && creator.description == card.email.as_str()
        {
            FORMER_MEMBER.clone_into(&mut creator.description);
        }
        token.identity.member = None;
        let params = Map::from_iter([("member".to_owned(), json!(member))]);
        let message = format!("The member behind token {} has left", token.identity.description);
        let event = event_context.event_about(&token, names::TOKEN_MEMBER_LEFT, message, params);
        Some(Change { token, event })
    }
}
