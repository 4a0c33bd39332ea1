//! Closing a whole store: after its restore from a copy, or in an emergency.

use jeton_core::{
    Error,
    email::Email,
    event::{Event, names},
    id::ProjectId,
    manage::{ManageToken, Update},
    project::Project,
    session::Session,
    store::{Commit, Revocable, Write},
};
use serde_json::{Map, json};

use super::{
    MoveError, PAGE,
    close::{close, event_context},
};
use crate::{
    app::{App, Outcome},
    retry::{Attempts, RetryPolicy},
};

/// The most events in one commit. The others follow.
const EVENTS_AT_ONCE: usize = 10;

/// The most rounds in which manage tokens are disabled. Mostly there are two, of which the second finds none.
const MOST_ROUNDS: u32 = 5;

/// What [`close_all`] has closed.
#[derive(Debug, Default)]
pub struct ClosedAll {
    /// The projects that are closed, in the order of their ids.
    pub projects: Vec<ClosedProject>,
    /// The projects that could not be closed, and why.
    pub failed: Vec<(ProjectId, MoveError)>,
    /// The number of manage tokens that were disabled.
    pub manage_tokens: u64,
    /// The number of sessions of the console that were ended.
    pub sessions: u64,
}

/// A closed project.
#[derive(Debug)]
pub struct ClosedProject {
    /// The project.
    pub project: Project,
    /// Whether it was closed before: it may have moved to another store.
    pub was_closed: bool,
}

/// Disables all manage tokens, closes all projects, and ends all sessions of their members. Can be repeated after an
/// interruption. A project that cannot be closed does not stop the rest. Reports the number of tokens that were disabled.
pub async fn close_all(app: &App, mut progress: impl FnMut(u64)) -> Result<ClosedAll, MoveError> {
    let mut closed = ClosedAll::default();
    // They could create projects meanwhile.
    app.store.list_earlier_manage_tokens().await.map_err(Error::from)?;
    closed.manage_tokens = disable_manage_tokens(app).await?;
    let mut tokens = 0;
    for id in app.store.projects(usize::MAX).await.map_err(Error::from)? {
        match close_one(app, id, &mut closed.sessions, |done| progress(tokens + done)).await {
            Ok((project, done)) => {
                tokens += done;
                closed.projects.push(project);
            }
            Err(error) => closed.failed.push((id, error)),
        }
    }
    Ok(closed)
}

/// Closes a project, and ends the sessions of its members. Returns how many tokens were disabled.
async fn close_one(
    app: &App,
    id: ProjectId,
    sessions: &mut u64,
    mut progress: impl FnMut(u64),
) -> Result<(ClosedProject, u64), MoveError> {
    let found = app.store.project(id).await.map_err(Error::from)?.ok_or(Error::NotFound("project"))?;
    let mut tokens = 0;
    let project = close(app, id, |done| {
        tokens = done;
        progress(done);
    })
    .await?;
    for member in app.store.found_members(id).await.map_err(Error::from)?.into_iter().flatten() {
        *sessions += end_sessions(app, id, &member.email).await?;
    }
    Ok((ClosedProject { project, was_closed: found.closed.is_some() }, tokens))
}

/// In rounds: one that was created or enabled meanwhile is found in the next. Its id is random, so it may be before those that are
/// left.
///
/// Errors: as many rounds did not suffice. Manage tokens that create others all the time may be faster.
async fn disable_manage_tokens(app: &App) -> Result<u64, MoveError> {
    let mut disabled = 0;
    for _ in 0..MOST_ROUNDS {
        let round = disable_each(app).await?;
        if round == 0 {
            return Ok(disabled);
        }
        disabled += round;
    }
    Err(MoveError::Differs(
        "manage tokens are created faster than they can be disabled: stop the servers or functions, and close everything again"
            .to_owned(),
    ))
}

async fn disable_each(app: &App) -> Result<u64, MoveError> {
    let (mut disabled, mut after) = (0, None);
    loop {
        let page = app.store.manage_tokens(after, PAGE).await.map_err(Error::from)?;
        let Some(last) = page.last() else { return Ok(disabled) };
        after = Some(last.id);
        for token in page {
            disabled += u64::from(disable(app, token).await?);
        }
    }
}

/// Returns whether it was enabled. One that cannot be read authenticates nobody.
async fn disable(app: &App, token: ManageToken) -> Result<bool, MoveError> {
    let (id, attempts) = (token.id, Attempts::new(RetryPolicy::Immediate));
    attempts.prioritize(&app.throttle.changes, Revocable::ManageToken(id));
    let mut found = Some(token);
    while let Some(token) = found.filter(|token| !token.is_placeholder) {
        let off = Update { disabled: Some(true), ..Update::default() };
        let Some(change) = token.update(&off, None, &event_context(app))? else { return Ok(false) };
        let commit =
            Commit { writes: vec![Write::ReplaceManageToken(change.token)], events: vec![change.event] };
        if app.try_commit(&attempts, &commit).await? {
            return Ok(true);
        }
        found = app.store.manage_token(id).await.map_err(Error::from)?;
    }
    Ok(false)
}

async fn end_sessions(app: &App, project: ProjectId, email: &Email) -> Result<u64, MoveError> {
    let sessions = app.store.sessions(email).await.map_err(Error::from)?;
    if sessions.is_empty() {
        return Ok(0);
    }
    let mut projects = app.store.projects_of(email).await.map_err(Error::from)?;
    if projects.is_empty() {
        projects.push(project);
    }
    let mut ended = 0;
    for session in sessions {
        let mut events = told(app, &session, &projects);
        let rest = events.split_off(EVENTS_AT_ONCE.min(events.len()));
        let commit = Commit { writes: vec![Write::RemoveSession(session)], events };
        match app.commit(&commit).await? {
            Outcome::Stored => ended += 1,
            // It has ended by itself.
            Outcome::Conflict(_) => continue,
        }
        for event in rest {
            app.store.append(&event, 1).await.map_err(Error::from)?;
        }
    }
    Ok(ended)
}

/// The events of the end of a session, one for each project.
fn told(app: &App, session: &Session, projects: &[ProjectId]) -> Vec<Event> {
    let event = |project: &ProjectId| {
        let params = Map::from_iter([("session".to_owned(), json!(session.id))]);
        let message = format!("{} signed out: all projects are closed", session.email);
        event_context(app).event_in(*project, names::MEMBER_SIGNED_OUT, message, params)
    };
    projects.iter().map(event).collect()
}
