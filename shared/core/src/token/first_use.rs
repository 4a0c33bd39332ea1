//! The first use of a copy, which ends the older copies that were kept until then.

use serde_json::{Map, json};

use super::{Change, Copy, Token};
use crate::{event::names, event_context::EventContext, id::CopyId};

/// The most superseded copies whose hashes are kept after their end.
const MAX_SUPERSEDED: usize = 16;

impl Token {
    /// Ends the copies that were kept until this one is used; `None` if another call with the same copy has done it.
    pub fn first_use(&self, copy: CopyId, event_context: &EventContext) -> Option<Change> {
        let mut token = self.next_version(event_context.now);
        let used = token.copies.iter_mut().find(|held| held.id == copy)?;
        let superseded = std::mem::take(&mut used.supersedes);
        if superseded.is_empty() {
            return None;
        }
        let (ended_now, kept): (Vec<Copy>, _) =
            token.copies.into_iter().partition(|held| superseded.contains(&held.id));
        token.copies = kept;
        token.superseded.extend(ended_now.into_iter().map(|copy| copy.hash));
        let oldest = token.superseded.len().saturating_sub(MAX_SUPERSEDED);
        token.superseded.drain(..oldest);
        let ended: Vec<String> = superseded.iter().map(ToString::to_string).collect();
        let params = Map::from_iter([
            ("usedCopy".to_owned(), json!(copy.to_string())),
            ("endedCopies".to_owned(), json!(ended)),
        ]);
        let message = format!("Older copies of token {} ended", token.identity.description);
        let event = event_context.event_about(&token, names::TOKEN_OLD_COPIES_ENDED, message, params);
        Some(Change { token, event })
    }
}
