//! The pick-up of a share: a new copy of the token.

use rand_core::CryptoRng;
use serde_json::{Map, json};

use super::{Change, Copy, OpenShare, Token, Via, earliest};
use crate::{
    error::Error,
    event::names,
    event_context::EventContext,
    id::CopyId,
    secret::{self, PlainSecret},
    share::{Closed, Share, ShareId},
    time::Timestamp,
};

/// A token with its new copy, and the secret of the copy.
#[derive(Debug, Clone)]
pub struct PickedUp {
    /// The new state and its event.
    pub change: Change,
    /// The secret of the new copy, which is shown once.
    pub secret: PlainSecret,
}

impl Token {
    /// Replaces a pending share by a copy for its recipient.
    ///
    /// Errors: [`Error::ShareClosed`] if the token does not list the share or has expired; [`Error::ShareDisabled`] and
    /// [`Error::ProjectClosed`] while the token is disabled.
    pub fn pick_up(
        &self,
        share: &Share,
        event_context: &EventContext,
        rng: &mut impl CryptoRng,
    ) -> Result<PickedUp, Error> {
        let now = event_context.now;
        self.open_share(&share.id, now)?;
        let mut token = self.next_version(now);
        let listed = token.shares.iter().position(|open| open.id == share.id);
        let open = token.shares.remove(listed.ok_or(Error::ShareClosed(Closed::Ended))?);
        let secret = secret::mint_token(token.project, token.id, rng);
        token.last_copy += 1;
        let ends_with_sharer = open.copy_ends.is_none() && open.sharer_ends().is_some();
        let copy = Copy {
            from_picked_up: open.from_picked_up,
            // A copy that ends with its sender was not replaced.
            keeps_rights: ends_with_sharer,
            ends_with_maker: ends_with_sharer,
            recipient: Some(share.recipient.clone()),
            expires: earliest([open.copy_ends, open.sharer_ends()]),
            ..Copy::new(CopyId(token.last_copy), &secret, Via::Share, now)
        };
        let mut params = Map::new();
        params.insert("recipientEmail".to_owned(), json!(share.recipient));
        params.insert("share".to_owned(), json!(share.id));
        params.insert("newCopy".to_owned(), json!(copy.id.to_string()));
        token.copies.push(copy);
        let message = format!("{} picked up a copy of token {}", share.recipient, token.identity.description);
        let event = event_context.event_about(&token, names::TOKEN_SHARE_PICKED_UP, message, params);
        Ok(PickedUp { change: Change { token, event }, secret })
    }

    /// The pending share with this id, if it can be picked up.
    ///
    /// Errors: as [`Token::pick_up`].
    pub fn open_share(&self, share: &ShareId, now: Timestamp) -> Result<&OpenShare, Error> {
        let listed = self.shares.iter().find(|open| open.id == *share);
        let open = listed.ok_or(Error::ShareClosed(Closed::Ended))?;
        if now >= open.end(self) {
            return Err(Error::ShareClosed(Closed::Expired));
        }
        match (self.moving, self.identity.disabled) {
            (true, _) => Err(Error::ProjectClosed),
            (false, true) => Err(Error::ShareDisabled),
            (false, false) => Ok(open),
        }
    }
}
