//! Closing an offer that was not redeemed, and its events.

use jeton_core::{
    Error,
    email::Email,
    event::{
        Event,
        names::{self, EventKind},
    },
    event_context::EventContext,
    id::ProjectId,
    share::{MailFailure, Offer, Share, State},
    store::{Commit, Revocable, Write},
    token::Token,
};
use serde_json::{Map, json};

use super::availability::is_pending;
use crate::{
    app::{App, Outcome},
    idempotency::key_is_taken,
    retry::{Attempts, RetryPolicy},
};

/// Why an offer ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Close {
    /// Its mail failed.
    NotMailed(MailFailure),
    /// Its mail came back after it had left.
    Bounced,
    /// Too many codes were wrong.
    Locked,
}

/// An offer that was closed.
#[derive(Debug)]
pub struct Closed {
    /// The token of a share, as stored without the share.
    pub token: Option<Token>,
}

/// Closes an open offer. None if it has ended already.
pub async fn close(
    app: &App,
    share: &Share,
    why: Close,
    event_context: &EventContext,
) -> Result<Option<Closed>, Error> {
    close_with(app, share, (why, None), event_context).await
}

/// The same with a claim on its mail. None also if another call has the claim.
pub async fn close_with(
    app: &App,
    share: &Share,
    (why, claim): (Close, Option<&Write>),
    event_context: &EventContext,
) -> Result<Option<Closed>, Error> {
    let attempts = Attempts::new(RetryPolicy::Immediate);
    if let Offer::Copy(token) = share.offer {
        attempts.prioritize(&app.throttle.changes, Revocable::Token(share.project, token));
    }
    loop {
        let event_context = app.with_new_event_id(event_context);
        let Some((mut commit, token)) = closing(app, share, why, &event_context).await? else {
            return Ok(None);
        };
        commit.writes.extend(claim.cloned());
        match app.commit_by(&attempts, &commit).await {
            Ok(Outcome::Stored) => return Ok(Some(Closed { token })),
            Ok(Outcome::Conflict(Some(Write::EndShare(_)))) => return Ok(None),
            Ok(Outcome::Conflict(_)) => attempts.after_conflict().await?,
            Err(error) if key_is_taken(&error) => return Ok(None),
            Err(error) => return Err(error),
        }
    }
}

/// The commit that closes an offer in its current state; none if its token is gone, which ended it.
async fn closing(
    app: &App,
    share: &Share,
    why: Close,
    event_context: &EventContext,
) -> Result<Option<(Commit, Option<Token>)>, Error> {
    let (happened, reason, ended) = match why {
        Close::NotMailed(why) => (Happened::Failed, why.reason(), share.not_mailed(why)),
        Close::Bounced => {
            let ended = share.ended(State::Withdrawn(event_context.now));
            (Happened::Failed, "the mail came back", ended)
        }
        Close::Locked => {
            let ended = share.ended(State::Locked(event_context.now));
            (Happened::Locked, "locked after too many wrong codes", ended)
        }
    };
    let mut writes = vec![Write::EndShare(ended)];
    let Offer::Copy(token) = share.offer else {
        if matches!(why, Close::NotMailed(_) | Close::Bounced) && is_pending(app, share).await? {
            writes.push(Write::RemoveInvitation(share.project, share.recipient.clone(), share.id.clone()));
        }
        let events = vec![offer_event(share, happened, reason, event_context)];
        return Ok(Some((Commit { writes, events }, None)));
    };
    let Some(token) = app.store.token(share.project, token).await? else { return Ok(None) };
    let kind = happened.kind(&share.offer);
    let change = token.close_share(share, kind, reason, event_context);
    writes.insert(0, Write::ReplaceToken(change.token.clone()));
    Ok(Some((Commit { writes, events: vec![change.event] }, Some(change.token))))
}

/// What happened to an offer, besides its redemption.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Happened {
    /// A code was wrong, or the mail failed.
    Failed,
    /// Too many codes were wrong.
    Locked,
}

impl Happened {
    /// The kind of its event.
    pub fn kind(self, offer: &Offer) -> EventKind {
        match (offer, self) {
            (Offer::Copy(_), Self::Failed) => names::TOKEN_SHARE_REFUSED,
            (Offer::Copy(_), Self::Locked) => names::TOKEN_SHARE_LOCKED,
            (Offer::Membership(_), Self::Failed) => names::INVITATION_REFUSED,
            (Offer::Membership(_), Self::Locked) => names::INVITATION_LOCKED,
            (Offer::SignIn, Self::Failed) => names::SIGN_IN_REFUSED,
            (Offer::SignIn, Self::Locked) => names::SIGN_IN_LOCKED,
        }
    }
}

/// The event of an invitation or a sign-in, in the feed of its project.
pub fn offer_event(share: &Share, happened: Happened, reason: &str, event_context: &EventContext) -> Event {
    let kind = happened.kind(&share.offer);
    match share.offer {
        Offer::SignIn => sign_in_event(event_context, share.project, &share.recipient, kind, reason),
        Offer::Membership(_) | Offer::Copy(_) => {
            let params = Map::from_iter([("recipientEmail".to_owned(), json!(share.recipient))]);
            let message = format!("Invitation of {}: {reason}", share.recipient);
            event_context.event_in(share.project, kind, message, params)
        }
    }
}

/// The event of a person's sign-in, in the feed of a project.
pub fn sign_in_event(
    event_context: &EventContext,
    project: ProjectId,
    of: &Email,
    kind: EventKind,
    what: &str,
) -> Event {
    let params = Map::from_iter([("recipientEmail".to_owned(), json!(of))]);
    event_context.event_in(project, kind, format!("Sign-in of {of}: {what}"), params)
}
