//! Expiry notices: mails to the member behind a token before it expires, or to the members if they have left.
//!
//! A notice is stored first, together with its event. Only then the process that stored it sends the
//! mail, so one of any number of sweeps sends it. No notice is mailed twice. One whose mail fails, or
//! whose sweep dies in between, is not mailed at all. See docs/decisions.
//!
//! The first notice of a sweep for a person is mailed alone, further ones together at its end. When somebody
//! has used up their mails of ten minutes, their notices are left to a later sweep.

use std::collections::{BTreeMap, BTreeSet};

use jeton_core::{
    Error, budget,
    email::Email,
    event_context::Actor,
    id::ProjectId,
    store::{Commit, Write},
    time::Timestamp,
    token::{Noticed, Token},
};

use crate::{
    app::App,
    mail::{self, ExpiryMail, Mail},
    operation::members,
    retry::{Attempts, RetryPolicy},
};

/// The outcome for a token whose notice was due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Given {
    /// The mail was sent, or is sent with others at the end of the sweep.
    Mailed,
    /// There was nobody to mail. The notice is stored as given.
    Unaddressed,
    /// The mail failed, and is not sent again.
    Failed,
    /// No notice is due any more: a concurrent sweep stored it.
    NotDue,
    /// The mail server failed during this sweep, so the token is left to the next one.
    Postponed,
}

/// The notices of one sweep.
#[derive(Debug, Default)]
pub struct Notices {
    /// Whether the mail server has failed. Any further mail would be lost.
    stopped: bool,
    /// The mails of the end of the sweep, by project and recipients. Each key has had one mail already.
    together: BTreeMap<Told, Group>,
    /// The recipients whose mails of this sweep are charged: a conflict with another sweep does not charge again.
    paid: BTreeSet<Told>,
}

/// The project and the recipients.
type Told = (ProjectId, Vec<String>);

#[derive(Debug, Default)]
struct Group {
    recipients: Vec<Email>,
    tokens: Vec<Token>,
}

impl Notices {
    /// Gives the due notice of a token, if there is one.
    pub async fn give(&mut self, app: &App, token: &Token, now: Timestamp) -> Result<Given, Error> {
        let mut token = token.clone();
        let attempts = Attempts::new(RetryPolicy::Backoff);
        loop {
            let behind = members::behind(app, &token).await?;
            let event_context = app.event_context(now, Actor::Jeton);
            let Some(noticed) = token.notice(&behind, &event_context) else { return Ok(Given::NotDue) };
            let Noticed { change, recipients, .. } = noticed;
            if self.stopped && !recipients.is_empty() {
                return Ok(Given::Postponed);
            }
            if !self.may_mail(app, &token, &recipients, now).await? {
                return Ok(Given::Postponed);
            }
            let commit = Commit {
                writes: vec![Write::ReplaceToken(change.token.clone())],
                events: vec![change.event],
            };
            if app.try_commit(&attempts, &commit).await? {
                return Ok(self.tell(app, change.token, recipients, now).await);
            }
            let Some(again) = app.store.token(token.project, token.id).await? else {
                return Ok(Given::NotDue);
            };
            token = again;
        }
    }

    /// Sends the mails of the end of the sweep, and returns how many notices were not mailed.
    pub async fn finish(self, app: &App, now: Timestamp) -> u64 {
        let mut failed = 0;
        for Group { recipients, tokens } in
            self.together.into_values().filter(|group| !group.tokens.is_empty())
        {
            failed += mail_all(app, &recipients, &tokens, now).await.failed;
        }
        failed
    }

    /// Charges the quotas of all recipients for this sweep: one mail at once and one at its end.
    async fn may_mail(
        &mut self,
        app: &App,
        token: &Token,
        recipients: &[Email],
        now: Timestamp,
    ) -> Result<bool, Error> {
        let told = key(token, recipients);
        if recipients.is_empty() || self.paid.contains(&told) {
            return Ok(true);
        }
        let budgets: Vec<_> =
            recipients.iter().flat_map(|to| budget::notice_mail("expiry", to, now)).collect();
        match app.budgets().spend(&budgets, now, Error::TooManyMails).await {
            Ok(()) => {
                self.paid.insert(told);
                Ok(true)
            }
            Err(Error::TooManyMails(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn tell(&mut self, app: &App, token: Token, recipients: Vec<Email>, now: Timestamp) -> Given {
        if recipients.is_empty() {
            return Given::Unaddressed;
        }
        if let Some(group) = self.together.get_mut(&key(&token, &recipients)) {
            group.tokens.push(token);
            return Given::Mailed;
        }
        let outcome = mail_all(app, &recipients, std::slice::from_ref(&token), now).await;
        self.stopped = outcome.stops;
        let group = Group { recipients: recipients.clone(), tokens: Vec::new() };
        self.together.insert(key(&token, &recipients), group);
        if outcome.failed > 0 { Given::Failed } else { Given::Mailed }
    }
}

fn key(token: &Token, recipients: &[Email]) -> Told {
    (token.project, recipients.iter().map(Email::key).collect())
}

/// The outcome of the mails about some tokens.
struct Outcomes {
    /// How many tokens were not mailed to all recipients.
    failed: u64,
    /// Whether the mail server has failed.
    stops: bool,
}

/// Sends the same mail to all recipients. A mail that fails is recorded in the feeds of the tokens.
async fn mail_all(app: &App, recipients: &[Email], tokens: &[Token], now: Timestamp) -> Outcomes {
    let mut told = Outcomes { failed: 0, stops: false };
    for recipient in recipients {
        let Some(mail) = written(tokens, recipient, now) else { continue };
        let Err(error) = app.mail(&mail).await else { continue };
        told.failed = tokens.len() as u64;
        told.stops |= error.stops_all();
        for token in tokens {
            let (project, id) = (token.project, token.id);
            tracing::warn!(%error, %project, token = %id, "failed to mail an expiry notice");
            let event = token.notice_failed(recipient, &app.event_context(now, Actor::Jeton));
            if let Err(error) = app.store.append(&event, 1).await {
                tracing::error!(%error, %project, token = %id, "failed to record the notice failure");
            }
        }
        if told.stops {
            break;
        }
    }
    told
}

fn written(tokens: &[Token], recipient: &Email, now: Timestamp) -> Option<Mail> {
    let notices = tokens.iter().filter_map(|token| {
        let (identity, expires) = (&token.identity, token.identity.expires?);
        let creator = identity.creator.as_ref().map(|creator| creator.description.clone());
        Some(ExpiryMail {
            project: identity.owner.name.clone(),
            token: token.id.to_string(),
            description: identity.description.clone(),
            expires: expires.for_people(),
            days: now.days_until(expires),
            created: identity.created.for_people(),
            creator: creator.unwrap_or_else(|| recipient.to_string()),
        })
    });
    mail::expiry_mail(recipient.as_str(), &notices.collect::<Vec<_>>())
}
