//! Sharing a token: what the token itself remembers of its open shares.

use serde_json::{Map, Value, json};

use super::{
    Change, MAX_COPIES, Token,
    open_share::{Hold, OpenShare},
};
use crate::{
    error::Error,
    event::names::{self, EventKind},
    event_context::EventContext,
    id::TokenId,
    permission::Call,
    share::{Credential, Share, ShareId},
    time::{Timestamp, earliest},
};

/// How many places of a token its open shares and copies take at most that picked-up copies have sent: half of
/// [`MAX_COPIES`], so that who was given a copy leaves places to others.
const MAX_FROM_PICKED_UP: usize = MAX_COPIES / 2;

impl OpenShare {
    /// When a copy picked up from this share of that token ends, if it does: with the token, with what sent the share,
    /// or when a refresh has it end.
    pub fn copy_end(&self, token: &Token) -> Option<Timestamp> {
        earliest([token.identity.expires, self.copy_ends, self.sharer_ends()])
    }

    /// When it can no longer be picked up: at its own end, or with what it gives.
    pub fn end(&self, token: &Token) -> Timestamp {
        self.copy_end(token).map_or(self.expires, |end| end.min(self.expires))
    }
}

impl Token {
    /// Opens a share. Errors: [`Error::TooManyCopies`], and [`Error::Conflict`] for a token that is switched
    /// off or has expired, whose copies would open nothing.
    pub fn share(
        &self,
        share: &Share,
        sharer: TokenId,
        event_context: &EventContext,
    ) -> Result<Change, Error> {
        self.open(self.next_version(event_context.now), share, sharer, event_context, Map::new())
    }

    /// Opens a share in place of another open one, which is closed. Errors: as [`Token::share`], and
    /// [`Error::ShareNotFound`] when that one is not open.
    pub fn share_again(
        &self,
        replaced: &ShareId,
        share: &Share,
        sharer: TokenId,
        event_context: &EventContext,
    ) -> Result<Change, Error> {
        let (_, token) = self.without_share(replaced, event_context)?;
        let params = Map::from_iter([("replacedShare".to_owned(), json!(replaced))]);
        self.open(token, share, sharer, event_context, params)
    }

    /// Takes an open share back. Errors: [`Error::ShareNotFound`] when it is not open.
    pub fn withdraw_share(&self, share: &ShareId, event_context: &EventContext) -> Result<Change, Error> {
        let (withdrawn, token) = self.without_share(share, event_context)?;
        let params = Map::from_iter([
            ("recipientEmail".to_owned(), json!(withdrawn.recipient)),
            ("share".to_owned(), json!(withdrawn.id)),
        ]);
        let (description, recipient) = (&token.identity.description, &withdrawn.recipient);
        let message = format!("Withdrew the share of token {description} with {recipient}");
        let event = event_context.event_about(&token, names::TOKEN_SHARE_WITHDRAWN, message, params);
        Ok(Change { token, event })
    }

    /// The open share of this id, and the next version of the token without it.
    fn without_share(
        &self,
        share: &ShareId,
        event_context: &EventContext,
    ) -> Result<(OpenShare, Self), Error> {
        let mut token = self.next_version(event_context.now);
        let at = token.shares.iter().position(|open| open.id == *share).ok_or(Error::ShareNotFound)?;
        Ok((token.shares.remove(at), token))
    }

    fn open(
        &self,
        mut token: Self,
        share: &Share,
        sharer: TokenId,
        event_context: &EventContext,
        mut params: Map<String, Value>,
    ) -> Result<Change, Error> {
        if self.identity.disabled {
            return Err(Error::Conflict("the token is disabled"));
        }
        self.not_expired(event_context.now)?;
        let from_picked_up = share.sender.credential.is_some_and(|credential| credential.picked_up);
        let full = token.copies_and_shares(event_context.now) >= MAX_COPIES;
        if full || (from_picked_up && token.sent_by_picked_up() >= MAX_FROM_PICKED_UP) {
            return Err(Error::TooManyCopies);
        }
        token.shares.push(OpenShare {
            id: share.id.clone(),
            recipient: share.recipient.clone(),
            sharer,
            credential: share.sender.credential,
            created: share.created,
            expires: share.expires,
            copy_ends: None,
            from_picked_up,
            on_hold: None,
        });
        params.insert("recipientEmail".to_owned(), json!(share.recipient));
        params.insert("share".to_owned(), json!(share.id));
        params.insert("expires".to_owned(), json!(share.expires.to_string()));
        let message = format!("Shared token {} with {}", token.identity.description, share.recipient);
        let event = event_context.event_about(&token, names::TOKEN_SHARED, message, params);
        Ok(Change { token, event })
    }

    /// How many of its copies and open shares picked-up copies have sent.
    fn sent_by_picked_up(&self) -> usize {
        let copies = self.copies.iter().filter(|copy| copy.from_picked_up).count();
        copies + self.shares.iter().filter(|share| share.from_picked_up).count()
    }

    /// Whether what this token sent at that moment, with that credential, still stands: the copy that sent it is
    /// there and has not been replaced, and the token has not been refreshed as a whole.
    pub fn stands_by(&self, credential: Option<Credential>, sent: Timestamp, now: Timestamp) -> bool {
        let Some(Credential { generation, copy, .. }) = credential else {
            return self.identity.refreshed <= sent;
        };
        let is_whole = |copy| self.live_copy(copy, now).is_some_and(|copy| copy.expires.is_none());
        generation == self.generation && copy.is_none_or(is_whole)
    }

    /// Why nobody can pick up at the moment what this token shared of that one, as both are now. A share is given by the
    /// rights that its sender has when it is picked up, not by those of when it was sent.
    pub fn holds_back(&self, token: &Self) -> Option<Hold> {
        if self.identity.disabled {
            return Some(Hold::SenderDisabled);
        }
        let may_share = self.identity.caller(self.project, self.id).may(Call::Share, token.target());
        may_share.is_err().then_some(Hold::SenderRights)
    }

    /// Closes a share without a copy having been picked up, and tells why in an event of this kind.
    pub fn close_share(
        &self,
        share: &Share,
        kind: EventKind,
        reason: &str,
        event_context: &EventContext,
    ) -> Change {
        let mut token = self.next_version(event_context.now);
        token.shares.retain(|open| open.id != share.id);
        let event = token.share_event(share, kind, reason, event_context);
        Change { token, event }
    }

    /// The event that tells what happened to a share of this token, when nothing else changes.
    pub fn share_event(
        &self,
        share: &Share,
        kind: EventKind,
        reason: &str,
        event_context: &EventContext,
    ) -> crate::event::Event {
        let mut params = Map::new();
        params.insert("recipientEmail".to_owned(), json!(share.recipient));
        params.insert("share".to_owned(), json!(share.id));
        params.insert("reason".to_owned(), json!(reason));
        let message =
            format!("Share of token {} with {}: {reason}", self.identity.description, share.recipient);
        event_context.event_about(self, kind, message, params)
    }
}
