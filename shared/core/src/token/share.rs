//! Shares of a token: opening, replacing, withdrawing and closing them.

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

/// The most pending shares and copies that come from picked-up copies: half of [`MAX_COPIES`], so that holders of copies cannot
/// use up the limit.
const MAX_FROM_PICKED_UP: usize = MAX_COPIES / 2;

impl OpenShare {
    /// When a copy picked up from this share ends: with the token, with the sender, or at the end of a grace period.
    pub fn copy_end(&self, token: &Token) -> Option<Timestamp> {
        earliest([token.identity.expires, self.copy_ends, self.sharer_ends()])
    }

    /// When the share closes: at its own expiry or when its copy would end.
    pub fn end(&self, token: &Token) -> Timestamp {
        self.copy_end(token).map_or(self.expires, |end| end.min(self.expires))
    }
}

impl Token {
    /// Opens a share. Errors: [`Error::TooManyCopies`]; [`Error::Conflict`] for a disabled or expired token.
    pub fn share(
        &self,
        share: &Share,
        sharer: TokenId,
        event_context: &EventContext,
    ) -> Result<Change, Error> {
        self.open(self.next_version(event_context.now), share, sharer, event_context, Map::new())
    }

    /// Replaces a pending share by a new one. Errors: as [`Token::share`], and [`Error::ShareNotFound`] if the old one is not open.
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

    /// Withdraws a pending share. Errors: [`Error::ShareNotFound`] if it is not open.
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

    /// The pending share with this id, and the next version of the token without it.
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

    /// The number of copies and pending shares that come from picked-up copies.
    fn sent_by_picked_up(&self) -> usize {
        let copies = self.copies.iter().filter(|copy| copy.from_picked_up).count();
        copies + self.shares.iter().filter(|share| share.from_picked_up).count()
    }

    /// Whether shares that this token sent in this state are still valid: the sending copy exists and was not replaced, and the
    /// token was not refreshed as a whole.
    pub fn stands_by(&self, credential: Option<Credential>, sent: Timestamp, now: Timestamp) -> bool {
        let Some(Credential { generation, copy, .. }) = credential else {
            return self.identity.refreshed <= sent;
        };
        let is_whole = |copy| self.live_copy(copy, now).is_some_and(|copy| copy.expires.is_none());
        generation == self.generation && copy.is_none_or(is_whole)
    }

    /// Whether an invitation that this token sent in this version is still valid: its member is an admin, and has been one since.
    /// Earlier builds noted no version.
    pub fn stands_by_invitation(&self, version: Option<u64>) -> bool {
        self.identity.is_master() && version.unwrap_or_default() >= self.demoted
    }

    /// Why shares of that token by this one are on hold. The rights of the sender at the time of the pick-up count, not those at
    /// the time of sending.
    pub fn holds_back(&self, token: &Self) -> Option<Hold> {
        if self.identity.disabled {
            return Some(Hold::SenderDisabled);
        }
        let may_share = self.identity.caller(self.project, self.id).may(Call::Share, token.target());
        may_share.is_err().then_some(Hold::SenderRights)
    }

    /// Closes a share without a pick-up, with an event of this kind that has the reason.
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

    /// The event about a share of this token without another change.
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
