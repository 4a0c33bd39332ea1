//! Reading a project from a file into a store.

use jeton_core::{
    Error,
    event::{
        Event, EventPage, EventRange, Feed, Order, Origin,
        names::{self, EventKind},
    },
    event_context::Actor,
    project::Project,
    store::{Commit, Write},
    token::Token,
};
use serde_json::{Map, json};

use super::{MoveError, PAGE, file::Read, record::Record};
use crate::app::{App, Outcome};

/// What the event of an import says of its file.
const DIGEST: &str = "sha256";

/// What a store has of the project of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportState {
    /// Nothing.
    Absent,
    /// What an import of this file has stored so far, closed.
    Closed,
    /// What an import of this file has stored; it was opened since, and lives on.
    Open,
}

/// Looks whether the project of a file may be stored, before anything is.
///
/// Errors: [`MoveError::Differs`] when another project has the id, when it is here but not from this file, as in the store
/// that it was exported from, or when another project has one of its shares.
pub async fn import_state(app: &App, file: &Read) -> Result<ImportState, MoveError> {
    let project = &file.project;
    let Some(found) = app.store.project(project.id).await.map_err(Error::from)? else {
        return absent(app, file).await;
    };
    let as_in_file = Project { closed: project.closed, ..found.clone() };
    if as_in_file != *project || found.closed.is_some_and(|closed| Some(closed) != project.closed) {
        return Err(MoveError::Differs(format!(
            "project {} \"{}\" is here already, and it is not as the file says",
            found.id, found.name
        )));
    }
    if !was_imported(app, file).await? {
        return Err(MoveError::Differs(format!(
            "project {} \"{}\" is here, and it was not imported from this file: this is the store that it was exported from; \
             `jeton export {} --reopen` accepts its tokens here again",
            found.id, found.name, found.id
        )));
    }
    Ok(if found.closed.is_some() { ImportState::Closed } else { ImportState::Open })
}

async fn absent(app: &App, file: &Read) -> Result<ImportState, MoveError> {
    for batch in file.batches()? {
        for record in batch? {
            if let Record::Share { share, .. } = record
                && app.store.share(&share.id).await.map_err(Error::from)?.is_some()
            {
                return Err(differs("share", &share.id));
            }
        }
    }
    Ok(ImportState::Absent)
}

/// Whether an import of this very file began here: its event names the digest, which nothing in the file itself can know.
async fn was_imported(app: &App, file: &Read) -> Result<bool, MoveError> {
    let (feed, digest) = (Feed::Project(file.project.id), json!(file.digest));
    let mut before = None;
    loop {
        let range = EventRange { before, ..EventRange::all(Order::Descending, PAGE) };
        let page = app.store.events(&feed, range).await.and_then(EventPage::whole).map_err(Error::from)?;
        let is_it = |event: &Event| {
            event.event == names::PROJECT_IMPORTED
                && event.origin == Origin::System
                && event.params.get(DIGEST) == Some(&digest)
        };
        if page.events.iter().any(is_it) {
            return Ok(true);
        }
        before = page.events.last().map(|event| event.uuid);
        if !page.more {
            return Ok(false);
        }
    }
}

/// Stores everything that a checked file holds, closed and switched off, and tells how much is stored as
/// it goes. What an earlier import of the same file has stored is left as it is.
///
/// Errors: [`MoveError::Differs`] when the store has something else where the file has a thing of the project.
pub async fn import(app: &App, file: &Read, mut progress: impl FnMut(u64)) -> Result<(), MoveError> {
    if import_state(app, file).await? == ImportState::Absent {
        begin(app, file).await?;
    }
    let mut stored = 0;
    for batch in file.batches()? {
        stored += all(batch?.into_iter().map(|record| store(app, &file.project, record))).await?;
        progress(stored);
    }
    Ok(())
}

async fn all(
    waiting: impl Iterator<Item = impl Future<Output = Result<(), MoveError>>>,
) -> Result<u64, MoveError> {
    let done = futures_util::future::join_all(waiting).await;
    let count = done.len() as u64;
    done.into_iter().collect::<Result<(), _>>().map(|()| count)
}

async fn begin(app: &App, file: &Read) -> Result<(), MoveError> {
    let project = &file.project;
    let message = format!("Imported project {}", project.name);
    let params = Map::from_iter([(DIGEST.to_owned(), json!(file.digest))]);
    let event = app.event_context(app.clock.now(), Actor::Jeton).event_in(
        project.id,
        names::PROJECT_IMPORTED,
        message,
        params,
    );
    let commit = Commit { writes: vec![Write::InsertProject(project.clone())], events: vec![event] };
    match app.commit(&commit).await? {
        Outcome::Stored => Ok(()),
        Outcome::Conflict(_) => {
            Err(MoveError::Differs(format!("the id of project {} was taken", project.id)))
        }
    }
}

async fn store(app: &App, project: &Project, record: Record) -> Result<(), MoveError> {
    match record {
        Record::Begin { .. } | Record::End(_) => Ok(()),
        Record::Member(member) => {
            let told = event(app, project, names::MEMBER_JOINED, format!("Imported member {}", member.email));
            let write = Write::InsertMember { member: (*member).clone(), invitation: None };
            if inserted(app, write, told).await? {
                return Ok(());
            }
            let found = app.store.member(project.id, member.id).await.map_err(Error::from)?;
            if found.as_ref() == Some(&*member) { Ok(()) } else { Err(differs("member", &member.id)) }
        }
        Record::Token { token, last_used } => {
            let message = format!("Imported token {}", token.identity.description);
            let told = app.event_context(app.clock.now(), Actor::Jeton).event_about(
                &token,
                names::TOKEN_IMPORTED,
                message,
                Map::new(),
            );
            if !inserted(app, Write::InsertToken((*token).clone()), told).await? {
                let found = app.store.token(project.id, token.id).await.map_err(Error::from)?;
                if !found.is_some_and(|found| same_token(&found, &token)) {
                    return Err(differs("token", &token.id));
                }
            }
            if let Some(day) = last_used {
                app.store.mark_used(project.id, token.id, day).await.map_err(Error::from)?;
            }
            Ok(())
        }
        Record::Share { share, attempts } => {
            let told = event(
                app,
                project,
                names::TOKEN_IMPORTED,
                format!("Imported a share with {}", share.recipient),
            );
            let share = jeton_core::share::Share { attempts, ..*share };
            if inserted(app, Write::InsertShare(share.clone()), told).await? {
                return Ok(());
            }
            let found = app.store.share(&share.id).await.map_err(Error::from)?;
            let same = found.is_some_and(|found| json!(found) == json!(share));
            if same { Ok(()) } else { Err(differs("share", &share.id)) }
        }
        // Storing an event twice is storing it once.
        Record::Event(event) => Ok(app.store.append(&event, 1).await.map_err(Error::from)?),
    }
}

/// Whether the condition of an insert held.
async fn inserted(app: &App, write: Write, told: Event) -> Result<bool, MoveError> {
    let commit = Commit { writes: vec![write], events: vec![told] };
    Ok(matches!(app.commit(&commit).await?, Outcome::Stored))
}

/// Whether a token of a store is the one of a file, as far as it is for a token to be another: the day of
/// its last use and the notices of its end are not part of that.
pub fn same_token(a: &Token, b: &Token) -> bool {
    a.identity == b.identity
        && json!(a.copies) == json!(b.copies)
        && a.generation == b.generation
        && a.disabled_by == b.disabled_by
}

fn event(app: &App, project: &Project, kind: EventKind, message: String) -> Event {
    app.event_context(app.clock.now(), Actor::Jeton).event_in(project.id, kind, message, Map::new())
}

fn differs(what: &str, id: &impl std::fmt::Display) -> MoveError {
    MoveError::Differs(format!("this store has a {what} {id} that is not as the file says"))
}
