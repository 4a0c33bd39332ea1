//! Picking up a share: one more copy of the same token.

use rand_core::CryptoRng;
use serde_json::{Map, json};

use super::{Change, Copy, Token, Via};
use crate::{
    error::Error,
    event::names,
    id::CopyId,
    occasion::Occasion,
    secret::{self, Label, PlainSecret, SecretHash},
    share::{Closed, Share},
};

/// A token with its new copy, and that copy's string.
#[derive(Debug, Clone)]
pub struct PickedUp {
    /// The new state and its event.
    pub change: Change,
    /// The new copy's string, to be shown once.
    pub secret: PlainSecret,
}

impl Token {
    /// Turns an open share into a copy for its recipient.
    ///
    /// Errors: [`Error::ShareClosed`] when the token no longer lists the share or has expired.
    pub fn pick_up(
        &self,
        share: &Share,
        occasion: &Occasion,
        rng: &mut impl CryptoRng,
    ) -> Result<PickedUp, Error> {
        let now = occasion.now;
        let mut token = self.next_version(now);
        let open = token.shares.iter().position(|open| open.id == share.id);
        let Some(position) = open.filter(|_| !self.identity.is_expired(now) && !self.identity.disabled)
        else {
            return Err(Error::ShareClosed(Closed::Ended));
        };
        let open = token.shares.remove(position);
        let secret = secret::mint_token(token.project, token.id, rng);
        token.last_copy += 1;
        let copy = Copy {
            id: CopyId(token.last_copy),
            hash: SecretHash::of(Label::Token, &[secret.expose()]),
            created: now,
            via: Via::Share,
            supersedes: Vec::new(),
            recipient: Some(share.recipient.clone()),
            expires: open.copy_ends,
        };
        let mut params = Map::new();
        params.insert("recipientEmail".to_owned(), json!(share.recipient));
        params.insert("share".to_owned(), json!(share.id));
        params.insert("newCopy".to_owned(), json!(copy.id.to_string()));
        token.copies.push(copy);
        let message = format!("{} picked up a copy of token {}", share.recipient, token.identity.description);
        let event = occasion.event_about(&token, names::TOKEN_SHARE_PICKED_UP, message, params);
        Ok(PickedUp { change: Change { token, event }, secret })
    }
}
