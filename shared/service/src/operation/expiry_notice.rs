//! Telling the member behind a token, before it expires, that it will.
//!
//! A notice is dealt with once it is stored as such, together with its event. Only then does the mail
//! leave, sent by whoever stored it: of any number of sweeps that is one. So no notice is mailed
//! twice, and one whose mail is refused, or whose sweep dies in between, is not mailed at all. See
//! docs/decisions.

use jeton_core::{
    Error,
    email::Email,
    occasion::Actor,
    store::{Commit, Write},
    time::Timestamp,
    token::{Noticed, Token},
};

use crate::{
    app::{App, Outcome},
    mail::{self, ExpiryMail, Mail},
    retry::{Attempts, Priority},
};

/// What came of a token that was due for a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Given {
    /// Its member's mail left.
    Mailed,
    /// There was nobody to mail, which is dealt with as well.
    Unaddressed,
    /// The mail was refused, and is not sent again.
    Refused,
    /// No notice is due any more: a rival was quicker.
    NotDue,
    /// The way out for mail has failed during this sweep, so that this token is left to the next one.
    Postponed,
}

/// The notices of one sweep.
#[derive(Debug, Default)]
pub struct Notices {
    /// Whether the way out for mail has failed. Whatever were tried after that would be lost.
    stopped: bool,
}

impl Notices {
    /// Gives the notice that is due for a token, if there is one.
    pub async fn give(&mut self, app: &App, token: &Token, now: Timestamp) -> Result<Given, Error> {
        let mut token = token.clone();
        let mut attempts = Attempts::new(Priority::Patient);
        loop {
            // Someone who has left the project is not told of what goes on in it.
            let member = match &token.identity.member {
                Some(card) => app.store.member(token.project, card.id).await?,
                None => None,
            };
            let occasion = app.occasion(now, Actor::Jeton);
            let Some(noticed) = token.notice(member.as_ref(), &occasion) else { return Ok(Given::NotDue) };
            let Noticed { change, recipient, .. } = noticed;
            if self.stopped && recipient.is_some() {
                return Ok(Given::Postponed);
            }
            let commit = Commit {
                writes: vec![Write::ReplaceToken(change.token.clone())],
                events: vec![change.event],
            };
            match app.commit(&commit).await? {
                Outcome::Stored => return Ok(self.tell(app, &change.token, recipient, now).await),
                Outcome::Lost(_) => attempts.lost().await?,
            }
            let Some(again) = app.store.token(token.project, token.id).await? else {
                return Ok(Given::NotDue);
            };
            token = again;
        }
    }

    async fn tell(&mut self, app: &App, token: &Token, recipient: Option<Email>, now: Timestamp) -> Given {
        let (Some(recipient), Some(expires)) = (recipient, token.identity.expires) else {
            return Given::Unaddressed;
        };
        let Err(error) = app.mail(&written(token, &recipient, expires, now)).await else {
            return Given::Mailed;
        };
        let (project, id) = (token.project, token.id);
        tracing::warn!(%error, %project, token = %id, "the notice that a token expires was not mailed");
        self.stopped = error.stops_all();
        let event = token.notice_refused(&recipient, &app.occasion(now, Actor::Jeton));
        if let Err(error) = app.store.append(&event, 1).await {
            tracing::error!(%error, %project, token = %id, "nor is that in the history of the token");
        }
        Given::Refused
    }
}

fn written(token: &Token, recipient: &Email, expires: Timestamp, now: Timestamp) -> Mail {
    let identity = &token.identity;
    let creator = identity.creator.as_ref().map(|creator| creator.description.clone());
    mail::expiry_mail(&ExpiryMail {
        to: recipient.to_string(),
        project: identity.owner.name.clone(),
        token: token.id.to_string(),
        description: identity.description.clone(),
        expires: expires.for_people(),
        days: now.days_until(expires),
        created: identity.created.for_people(),
        creator: creator.unwrap_or_else(|| recipient.to_string()),
    })
}
