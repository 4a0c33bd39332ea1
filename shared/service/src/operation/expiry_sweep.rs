//! Removing what expired.

use jeton_core::{
    Error,
    occasion::Actor,
    store::{Commit, Write},
    time::Timestamp,
    token::Token,
};

use crate::{
    app::{App, Outcome},
    retry::{Attempts, Priority},
};

/// What a sweep did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Swept {
    /// Expired tokens that were removed.
    pub removed: u64,
    /// Tokens that could not be removed this time; the next sweep tries again.
    pub failed: u64,
    /// Records past their keeping that were removed, where the store does not do so by itself.
    pub cleaned: u64,
    /// Whether more was due than one sweep takes on.
    pub more: bool,
}

/// Removes up to `limit` expired tokens, most overdue first, with an event for every one.
///
/// One that cannot be removed does not stop the others. Several sweeps at once do no harm: each token
/// is removed by one of them. Errors: [`Error::Unavailable`] when the store does not tell what is due.
pub async fn sweep(app: &App, limit: usize) -> Result<Swept, Error> {
    let now = app.clock.now();
    let due = app.store.due(now, limit).await?;
    let mut swept = Swept { more: due.len() >= limit, ..Swept::default() };
    for due in due {
        let removed = match app.store.token(due.project, due.token).await {
            Ok(Some(token)) => remove(app, &token, now).await,
            // A rival was quicker.
            Ok(None) => Ok(false),
            Err(error) => Err(error.into()),
        };
        match removed {
            Ok(removed) => swept.removed += u64::from(removed),
            Err(error) => {
                tracing::error!(project = %due.project, token = %due.token, %error, "an expired token stays");
                swept.failed += 1;
            }
        }
    }
    swept.cleaned = app.store.clean(now).await?;
    Ok(swept)
}

/// Removes one expired token. False when it is not expired, or gone already.
pub async fn remove(app: &App, token: &Token, now: Timestamp) -> Result<bool, Error> {
    let mut token = token.clone();
    let mut attempts = Attempts::new(Priority::Urgent);
    loop {
        let Some(event) = token.expire(&app.occasion(now, Actor::Jeton)) else { return Ok(false) };
        let (project, id) = (token.project, token.id);
        let tombstone = token.tombstone(now);
        let commit = Commit { writes: vec![Write::RemoveToken { token, tombstone }], events: vec![event] };
        match app.commit(&commit).await? {
            Outcome::Stored => return Ok(true),
            Outcome::Lost(_) => attempts.lost().await?,
        }
        match app.store.token(project, id).await? {
            Some(again) => token = again,
            None => return Ok(false),
        }
    }
}
