//! What a token keeps of the member behind it once they have left the project: their id.

use serde_json::{Map, json};

use super::{Change, Token};
use crate::{event::names, event_context::EventContext, id::MemberId};

/// How the creator of a token is called who has left.
const FORMER_MEMBER: &str = "former member";

impl Token {
    /// Whether a member is behind this token, or was until they left. Their own master token is not meant.
    pub fn is_of_member(&self, member: MemberId) -> bool {
        let behind = self.identity.member.as_ref().map(|card| card.id).or(self.identity.former_member);
        !self.identity.is_master() && behind == Some(member)
    }

    /// Forgets the name and the address of a member who has left. None when the token keeps none of theirs.
    pub fn member_left(&self, member: MemberId, event_context: &EventContext) -> Option<Change> {
        let card = self.identity.member.as_ref().filter(|card| card.id == member)?;
        if self.identity.is_master() {
            return None;
        }
        let mut token = self.next_version(event_context.now);
        token.identity.former_member = Some(member);
        // A master token is described by the address of its member.
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
