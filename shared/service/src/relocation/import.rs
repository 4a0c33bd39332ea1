//! Import of a project from a file.

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

/// The parameter of the import event with the digest of the file.
const DIGEST: &str = "sha256";

/// The state of the project of a file in a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportState {
    /// The store does not have it.
    Absent,
    /// An import of this file has started, and the project is closed.
    Closed,
    /// An import of this file is complete, and the project is open.
    Open,
}

/// Checks whether the project of a file can be imported.
///
/// Errors: [`MoveError::Differs`] if another project has the id, if the project is here but not from this file, as in the store
/// that it was exported from, or if another project has one of its shares.
pub async fn import_state(app: &App, file: &Read) -> Result<ImportState, MoveError> {
    let project = &file.project;
    let Some(found) = app.store.project(project.id).await.map_err(Error::from)? else {
        return absent(app, file).await;
    };
    let as_in_file = Project { closed: project.closed, ..found.clone() };
    if as_in_file != *project || found.closed.is_some_and(|closed| Some(closed) != project.closed) {
        return Err(MoveError::Differs(format!(
            "project {} \"{}\" exists already, and differs from the file",
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

/// Whether an import of this file was started here: its event has the digest, which cannot be part of the file.
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

/// Imports the records of a checked file, with the project closed and its tokens disabled, and reports the progress. Records of
/// an earlier import of the same file are kept.
///
/// Errors: [`MoveError::Differs`] if the store has a different record.
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
        // Storing an event is idempotent.
        Record::Event(event) => Ok(app.store.append(&event, 1).await.map_err(Error::from)?),
    }
}

/// Whether an insert was stored.
async fn inserted(app: &App, write: Write, told: Event) -> Result<bool, MoveError> {
    let commit = Commit { writes: vec![write], events: vec![told] };
    Ok(matches!(app.commit(&commit).await?, Outcome::Stored))
}

/// Whether a token in a store equals that in a file, apart from the day of its last use and its notices.
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
    MoveError::Differs(format!("{what} {id} in this store differs from the file"))
}
