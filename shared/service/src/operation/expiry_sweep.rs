//! Removing what expired, and telling before that it will.

use futures_util::{StreamExt as _, stream};
use jeton_core::{
    Error,
    occasion::Actor,
    store::{Commit, Due, Write},
    time::Timestamp,
    token::Token,
};

use crate::{
    app::{App, Outcome},
    operation::expiry_notice::{Given, Notices},
    retry::{Attempts, Priority},
};

/// What a sweep did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Swept {
    /// Expired tokens that were removed.
    pub removed: u64,
    /// Notices of tokens that expire soon that were mailed.
    pub noticed: u64,
    /// Notices that are dealt with although there was nobody to mail them to.
    pub unaddressed: u64,
    /// Notices that are dealt with although their mail was refused.
    pub refused: u64,
    /// Tokens that could not be dealt with this time; the next sweep tries again.
    pub failed: u64,
    /// Records past their keeping that were removed, where the store does not do so by itself.
    pub cleaned: u64,
    /// Days of projects whose history was sealed.
    pub sealed: u64,
    /// Whether more was due than one sweep takes on.
    pub more: bool,
    /// How long ago the most overdue token had come due when the sweep began, in seconds; 0 when none was.
    pub oldest_overdue_seconds: u64,
}

impl Swept {
    /// Whether another sweep right after this one has something to do that this one had not: more was
    /// due, and what was in its way is done. What failed is better left to a later one.
    pub fn goes_on(&self) -> bool {
        self.more && self.removed + self.noticed + self.unaddressed > 0
    }

    /// Whether there is anything to tell of.
    pub fn is_idle(&self) -> bool {
        self.removed + self.noticed + self.unaddressed + self.refused + self.failed + self.sealed == 0
    }
}

/// How many are removed at a time: they share what the store takes for each commit.
const AT_ONCE: usize = 64;

/// What is done about one token that is due.
enum Expired {
    Removed,
    /// It will expire, and its notice is due.
    NotYet(Box<Token>),
    /// A rival was quicker.
    Gone,
}

/// Sees to up to `limit` tokens that are due, most overdue first, with an event for every one: removes
/// those that have expired, and tells the members behind those that soon will. Then removes what is past keeping,
/// and seals the days that are over.
///
/// One that cannot be seen to does not stop the others. Several sweeps at once do no harm: each token
/// is removed by one of them, and each notice given by one.
/// Errors: [`Error::Unavailable`] when the store does not tell what is due.
pub async fn sweep(app: &App, limit: usize) -> Result<Swept, Error> {
    let now = app.clock.now();
    let due = app.store.due(now, limit).await?;
    let overdue = due.first().map_or(0, |oldest| now.millis().saturating_sub(oldest.at.millis()) / 1000);
    let mut swept = Swept {
        more: due.len() >= limit,
        oldest_overdue_seconds: u64::try_from(overdue).unwrap_or_default(),
        ..Swept::default()
    };
    let left = |due: Due, error: Error| {
        tracing::error!(project = %due.project, token = %due.token, %error, "a token that is due is left to the next sweep");
    };
    let mut soon = Vec::new();
    let mut expired =
        stream::iter(due).map(|due| async move { (due, expire(app, due, now).await) }).buffered(AT_ONCE);
    while let Some((due, outcome)) = expired.next().await {
        match outcome {
            Ok(Expired::Removed) => swept.removed += 1,
            Ok(Expired::Gone) => {}
            Ok(Expired::NotYet(token)) => soon.push((due, token)),
            Err(error) => {
                left(due, error);
                swept.failed += 1;
            }
        }
    }
    // Mails leave one after another, so that the first which cannot leave stops the others.
    let mut notices = Notices::default();
    for (due, token) in soon {
        match notices.give(app, &token, now).await {
            Ok(Given::Mailed) => swept.noticed += 1,
            Ok(Given::Unaddressed) => swept.unaddressed += 1,
            Ok(Given::Refused) => swept.refused += 1,
            Ok(Given::Postponed) => swept.failed += 1,
            Ok(Given::NotDue) => {}
            Err(error) => {
                left(due, error);
                swept.failed += 1;
            }
        }
    }
    let not_mailed = notices.finish(app, now).await;
    swept.refused += not_mailed;
    swept.noticed = swept.noticed.saturating_sub(not_mailed);
    swept.cleaned = app.store.clean(now).await?;
    if let Some(sealer) = &app.sealer {
        swept.sealed = sealer.seal(app.store.as_ref(), now, app.clock.passed()).await;
    }
    Ok(swept)
}

async fn expire(app: &App, due: Due, now: Timestamp) -> Result<Expired, Error> {
    let Some(token) = app.store.token(due.project, due.token).await? else { return Ok(Expired::Gone) };
    if !token.identity.is_expired(now) {
        return Ok(Expired::NotYet(Box::new(token)));
    }
    Ok(if remove(app, &token, now).await? { Expired::Removed } else { Expired::Gone })
}

/// Removes one expired token. False when it is not expired, or gone already.
pub async fn remove(app: &App, token: &Token, now: Timestamp) -> Result<bool, Error> {
    let mut token = token.clone();
    let attempts = Attempts::new(Priority::Urgent);
    loop {
        let Some(event) = token.expire(&app.occasion(now, Actor::Jeton)) else { return Ok(false) };
        let (project, id) = (token.project, token.id);
        let tombstone = token.tombstone(now);
        let commit = Commit { writes: vec![Write::RemoveToken { token, tombstone }], events: vec![event] };
        match app.commit_by(&attempts, &commit).await? {
            Outcome::Stored => return Ok(true),
            Outcome::Lost(_) => attempts.lost().await?,
        }
        match app.store.token(project, id).await? {
            Some(again) => token = again,
            None => return Ok(false),
        }
    }
}
