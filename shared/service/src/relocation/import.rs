//! Reading a project from a file into a store.

use std::path::Path;

use jeton_core::{
    Error,
    event::{Event, names},
    occasion::Actor,
    project::Project,
    store::{Commit, Write},
    token::Token,
};
use serde_json::{Map, json};

use super::{
    MoveError,
    file::{self, Record},
};
use crate::app::{App, Outcome};

/// How many things are stored at the same time.
const AT_ONCE: usize = 16;

/// Stores everything that a complete file holds, closed and switched off, and tells how much is stored as
/// it goes. What an earlier import of the same file has stored is left as it is.
///
/// Errors: [`MoveError::Differs`] when another project has the id, or the store has something else where
/// the file has a thing of the project.
pub async fn import(
    app: &App,
    path: &Path,
    project: &Project,
    mut progress: impl FnMut(u64),
) -> Result<(), MoveError> {
    begin(app, project).await?;
    let (mut waiting, mut stored) = (Vec::new(), 0);
    for line in file::lines(path)? {
        waiting.push(store(app, project, line?.1));
        if waiting.len() == AT_ONCE {
            stored += all(std::mem::take(&mut waiting)).await?;
            progress(stored);
        }
    }
    stored += all(waiting).await?;
    progress(stored);
    Ok(())
}

async fn all(waiting: Vec<impl Future<Output = Result<(), MoveError>>>) -> Result<u64, MoveError> {
    let done = futures_util::future::join_all(waiting).await;
    let count = done.len() as u64;
    done.into_iter().collect::<Result<(), _>>().map(|()| count)
}

async fn begin(app: &App, project: &Project) -> Result<(), MoveError> {
    let found = app.store.project(project.id).await.map_err(Error::from)?;
    match found {
        Some(found) if found == *project => return Ok(()),
        Some(found) => {
            return Err(MoveError::Differs(format!(
                "this store has project {} \"{}\" already, and it is not as the file says",
                found.id, found.name
            )));
        }
        None => {}
    }
    let message = format!("Imported project {}", project.name);
    let event = event(app, project, names::PROJECT_IMPORTED, message);
    let commit = Commit { writes: vec![Write::InsertProject(project.clone())], events: vec![event] };
    match app.commit(&commit).await? {
        Outcome::Stored => Ok(()),
        Outcome::Lost(_) => Err(MoveError::Differs(format!("the id of project {} was taken", project.id))),
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
            let told = app.occasion(app.clock.now(), Actor::Jeton).event_about(
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
    a.identity == b.identity && json!(a.copies) == json!(b.copies) && a.generation == b.generation
}

fn event(app: &App, project: &Project, name: &str, message: String) -> Event {
    app.occasion(app.clock.now(), Actor::Jeton).event_in(project.id, name, message, Map::new())
}

fn differs(what: &str, id: &impl std::fmt::Display) -> MoveError {
    MoveError::Differs(format!("this store has a {what} {id} that is not as the file says"))
}
