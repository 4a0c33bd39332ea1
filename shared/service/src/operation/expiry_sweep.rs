//! The sweep: removes expired tokens, and gives expiry notices.

use futures_util::{StreamExt as _, stream};
use jeton_core::{
    Error,
    event_context::Actor,
    store::{Commit, Due, Write},
    time::Timestamp,
    token::Token,
};

pub use super::swept::Swept;
use crate::{
    app::App,
    operation::expiry_notice::{Candidate, give},
    retry::{Attempts, RetryPolicy},
};

/// How many times its limit a sweep reads, to find expired tokens behind ones that wait for a notice.
const LOOKED_AT: usize = 100;

/// The most notices of one sweep: all of a day, in most stores, so that each person gets them in one mail.
pub const NOTICES: usize = 20_000;

/// What to do about a due token.
enum Expired {
    Removed,
    /// It will expire, and its notice is due.
    NotYet(Candidate),
    /// A concurrent sweep removed it.
    Gone,
    /// There is no such token, or it is not due then: the stale entry is removed.
    Orphaned,
}

/// Processes up to `limit` due tokens, most overdue first, with an event for each: removes expired ones, then
/// notifies the members behind those that expire soon. Then removes expired records.
///
/// A token that fails does not stop the others, and a failed mail server does not stop removals. Concurrent sweeps are
/// safe: each token is removed by one of them, and each notice given by one.
/// Errors: [`Error::Unavailable`] when the store cannot list due tokens, and when it is a copy of another store.
pub async fn sweep(app: &App, limit: usize) -> Result<Swept, Error> {
    app.table_check.passed().await?;
    let now = app.clock.now();
    let mut swept = Swept::default();
    // A copy has tokens and notices of another store.
    if let Some(unusable) = app.store.identify().await? {
        return Err(Error::Unavailable(unusable.to_string()));
    }
    let soon = remove_ended(app, now, limit, &mut swept).await?;
    give(app, now, soon, &mut swept).await;
    match app.store.clean(now).await {
        Ok(cleaned) => swept.cleaned += cleaned,
        Err(error) => tracing::error!(%error, "failed to remove expired records"),
    }
    Ok(swept)
}

/// Removes expired tokens, and returns those whose notice is due. With more expired ones than its limit, notices are left to the
/// next sweep: the tokens of a person may not have been found all.
async fn remove_ended(
    app: &App,
    now: Timestamp,
    limit: usize,
    swept: &mut Swept,
) -> Result<Vec<Candidate>, Error> {
    let (mut soon, mut after, mut looked_at) = (Vec::new(), None, 0);
    loop {
        let due = app.store.due(now, after, limit).await?;
        if after.is_none() {
            let overdue =
                due.first().map_or(0, |oldest| now.millis().saturating_sub(oldest.at.millis()) / 1000);
            swept.oldest_overdue_seconds = u64::try_from(overdue).unwrap_or_default();
        }
        let is_last = due.len() < limit;
        looked_at += due.len();
        after = due.last().copied();
        let outcomes = stream::iter(due).map(|due| async move { (due, expire(app, due, now).await) });
        let mut outcomes = outcomes.buffered(app.store.commits_at_once());
        while let Some((due, outcome)) = outcomes.next().await {
            match outcome {
                Ok(Expired::Removed) => swept.removed += 1,
                Ok(Expired::Orphaned) => swept.cleaned += 1,
                Ok(Expired::Gone) => {}
                Ok(Expired::NotYet(candidate)) if soon.len() < NOTICES => soon.push(candidate),
                Ok(Expired::NotYet(_)) => swept.more = true,
                Err(error) => {
                    left(due, &error);
                    swept.failed += 1;
                }
            }
        }
        if is_last {
            return Ok(soon);
        }
        if swept.removed + swept.cleaned >= limit as u64 {
            swept.more = true;
            return Ok(Vec::new());
        }
        if looked_at >= limit.saturating_mul(LOOKED_AT) {
            swept.more = true;
            return Ok(soon);
        }
    }
}

fn left(due: Due, error: &Error) {
    tracing::error!(project = %due.project, token = %due.token, %error, "failed to process a due token; the next sweep tries again");
}

async fn expire(app: &App, due: Due, now: Timestamp) -> Result<Expired, Error> {
    let token = app.store.token(due.project, due.token).await?;
    let Some(token) = token.filter(|token| token.due().is_some_and(|at| at <= due.at)) else {
        app.store.forget_due(&due).await?;
        return Ok(Expired::Orphaned);
    };
    if !token.identity.is_expired(now) {
        token.requires_record()?;
        return Ok(Expired::NotYet(Candidate::of(app, due, &token, now).await?));
    }
    Ok(if remove(app, token, now).await? { Expired::Removed } else { Expired::Gone })
}

/// Removes an expired token. False if it is not expired, or was removed already.
pub async fn remove(app: &App, mut token: Token, now: Timestamp) -> Result<bool, Error> {
    let attempts = Attempts::new(RetryPolicy::Immediate);
    loop {
        let Some(event) = token.expire(&app.event_context(now, Actor::Jeton)) else { return Ok(false) };
        let (project, id) = (token.project, token.id);
        let tombstone = token.tombstone(now);
        let commit = Commit { writes: vec![Write::RemoveToken { token, tombstone }], events: vec![event] };
        if app.try_commit(&attempts, &commit).await? {
            return Ok(true);
        }
        match app.store.token(project, id).await? {
            Some(again) => token = again,
            None => return Ok(false),
        }
    }
}
