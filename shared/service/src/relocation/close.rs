//! Closing and opening a project.

use jeton_core::{
    Error,
    event::names::{self, EventKind},
    event_context::{Actor, EventContext},
    id::{ProjectId, TokenId},
    project::Project,
    store::{Commit, Revocable, Write},
    token::{Change, Token},
};
use serde_json::Map;

use super::{MoveError, tokens};
use crate::{
    app::{App, Outcome},
    retry::{Attempts, RetryPolicy},
};

/// Closes a project, to move it or because it comes from a backup: nobody can join or leave it, and all of its tokens are
/// disabled. Can be repeated after an interruption. Reports each token.
pub async fn close(
    app: &App,
    project: ProjectId,
    mut progress: impl FnMut(u64),
) -> Result<Project, MoveError> {
    let found = app.store.project(project).await.map_err(Error::from)?;
    let mut found = found.ok_or(Error::NotFound("project"))?;
    if found.closed.is_none() {
        let now = app.clock.now();
        found.closed = Some(now);
        let message = format!("Closed project {}", found.name);
        replace(app, &found, names::PROJECT_CLOSED, message).await?;
    }
    // Only enabled tokens can create tokens, and their number decreases. A token that was created meanwhile is found in the
    // next round.
    let mut done = 0;
    loop {
        let mut closed = 0;
        tokens(app, project, None, async |token| {
            if switch(app, project, token.id, Token::close).await? {
                closed += 1;
                done += 1;
                progress(done);
            }
            Ok(())
        })
        .await?;
        if closed == 0 {
            return Ok(found);
        }
    }
}

/// Opens a project: enables the tokens that were disabled with it, and allows members to join and leave. Can be repeated after
/// an interruption.
pub async fn open(app: &App, project: ProjectId, mut progress: impl FnMut(u64)) -> Result<(), MoveError> {
    let found = app.store.project(project).await.map_err(Error::from)?;
    let mut found = found.ok_or(Error::NotFound("project"))?;
    let mut done = 0;
    tokens(app, project, None, async |token| {
        if switch(app, project, token.id, Token::reopen).await? {
            done += 1;
            progress(done);
        }
        Ok(())
    })
    .await?;
    if found.closed.take().is_some() {
        let message = format!("Opened project {}", found.name);
        replace(app, &found, names::PROJECT_OPENED, message).await?;
    }
    Ok(())
}

async fn replace(app: &App, project: &Project, kind: EventKind, message: String) -> Result<(), MoveError> {
    let event = event_context(app).event_in(project.id, kind, message, Map::new());
    let commit = Commit { writes: vec![Write::ReplaceProject(project.clone())], events: vec![event] };
    match app.commit(&commit).await? {
        Outcome::Stored => Ok(()),
        Outcome::Conflict(_) => Err(Error::NotFound("project").into()),
    }
}

/// Disables or enables a token, with retries. Returns whether it changed.
async fn switch(
    app: &App,
    project: ProjectId,
    token: TokenId,
    switch: fn(&Token, &EventContext) -> Option<Change>,
) -> Result<bool, MoveError> {
    let attempts = Attempts::new(RetryPolicy::Immediate);
    attempts.prioritize(&app.throttle.changes, Revocable::Token(project, token));
    loop {
        let Some(token) = app.store.token(project, token).await.map_err(Error::from)? else {
            return Ok(false);
        };
        let Some(change) = switch(&token, &event_context(app)) else { return Ok(false) };
        let commit = Commit { writes: vec![Write::ReplaceToken(change.token)], events: vec![change.event] };
        if app.try_commit(&attempts, &commit).await? {
            return Ok(true);
        }
    }
}

pub(super) fn event_context(app: &App) -> EventContext {
    app.event_context(app.clock.now(), Actor::Jeton)
}
