//! Comparison of a store with an export.

use std::collections::BTreeSet;

use jeton_core::{
    Error,
    event::{Event, EventPage, EventRange, Order},
    id::{ProjectId, TokenId},
    project::Project,
};
use serde_json::json;

use super::{
    MoveError, PAGE,
    export::home,
    file::Read,
    import::same_token,
    record::{Counts, Record},
};
use crate::app::App;

/// Reads all records of a file back from a store, compares and counts them.
///
/// A token that has expired meanwhile may be missing.
/// Errors: [`MoveError::Differs`].
pub async fn compare(app: &App, file: &Read, mut progress: impl FnMut(u64)) -> Result<Counts, MoveError> {
    let project = &file.project;
    let found = app.store.project(project.id).await.map_err(Error::from)?;
    if found.as_ref() != Some(project) {
        return Err(MoveError::Differs(format!("project {} differs from the file", project.id)));
    }
    let (mut counts, mut ids, mut events) = (Counts::default(), BTreeSet::new(), Vec::new());
    for batch in file.batches()? {
        for record in batch? {
            counts.count(&record);
            match record {
                Record::Begin { .. } | Record::End(_) => {}
                Record::Event(event) => {
                    events.push(*event);
                    if events.len() == PAGE {
                        have_events(app, project.id, &ids, &std::mem::take(&mut events)).await?;
                        progress(counts.all());
                    }
                }
                record => {
                    has(app, project, &record, &mut ids).await?;
                    progress(counts.all());
                }
            }
        }
    }
    have_events(app, project.id, &ids, &events).await?;
    progress(counts.all());
    Ok(counts)
}

async fn has(
    app: &App,
    project: &Project,
    record: &Record,
    ids: &mut BTreeSet<TokenId>,
) -> Result<(), MoveError> {
    let same = match record {
        Record::Member(member) => {
            app.store.member(project.id, member.id).await.map_err(Error::from)?.as_ref() == Some(&**member)
        }
        Record::Token { token, .. } => {
            ids.insert(token.id);
            let found = app.store.token(project.id, token.id).await.map_err(Error::from)?;
            match found {
                Some(found) => same_token(&found, token),
                None => token.identity.is_expired(app.clock.now()),
            }
        }
        Record::Share { share, .. } => {
            let found = app.store.share(&share.id).await.map_err(Error::from)?;
            found.is_some_and(|found| json!(found) == json!(share))
        }
        Record::Begin { .. } | Record::Event(_) | Record::End(_) => true,
    };
    if same {
        Ok(())
    } else {
        Err(MoveError::Differs(format!("the store differs from the file: {}", name(record))))
    }
}

/// Checks that these consecutive events of the file are in the store, with one read per feed.
async fn have_events(
    app: &App,
    project: ProjectId,
    ids: &BTreeSet<TokenId>,
    events: &[Event],
) -> Result<(), MoveError> {
    for of_feed in events.chunk_by(|a, b| home(project, a, ids) == home(project, b, ids)) {
        let (Some(first), Some(last)) = (of_feed.first(), of_feed.last()) else { continue };
        let feed = home(project, first, ids);
        // Events past the retention may be missing.
        let kept = app.clock.now().retention_start();
        let mut missing: Vec<_> = of_feed.iter().filter(|event| event.created > kept).collect();
        let mut after = before_uuid(first);
        while !missing.is_empty() {
            let range = EventRange { after: Some(after), ..EventRange::all(Order::Ascending, PAGE) };
            let found =
                app.store.events(&feed, range).await.and_then(EventPage::whole).map_err(Error::from)?;
            missing.retain(|event| !found.events.contains(event));
            match found.events.last() {
                Some(read) if found.more && read.uuid < last.uuid => after = read.uuid,
                _ => break,
            }
        }
        if let Some(event) = missing.first() {
            return Err(MoveError::Differs(format!(
                "event {} in the store differs from the file",
                event.uuid
            )));
        }
    }
    Ok(())
}

/// The uuid just before that of an event.
fn before_uuid(event: &Event) -> uuid::Uuid {
    uuid::Uuid::from_u128(event.uuid.as_u128().saturating_sub(1))
}

fn name(record: &Record) -> String {
    match record {
        Record::Member(member) => format!("member {}", member.email),
        Record::Token { token, .. } => format!("token {}", token.id),
        Record::Share { share, .. } => format!("share {}", share.id),
        Record::Event(event) => format!("event {}", event.uuid),
        Record::Begin { .. } | Record::End(_) => "its frame".to_owned(),
    }
}
