//! Holding a store against its seals.

use std::collections::BTreeSet;

use jeton_core::{
    Error,
    event::{EventRange, Feed, Order, PAGE_BYTES, day_of},
    id::ProjectId,
    project::Project,
    seal::{self, SignedHead},
    store::{Store, Unavailable},
    time::{Day, Timestamp},
};

use super::{
    Anchors, Expected, Finding, HistoryError, Report, counted::Counted, judge::Judge, tallies::days,
};

/// Counts the history of a project once more, as far as all of a day is kept, and compares it with the seals,
/// and these with their heads, which one of the expected keys must have signed. What cannot be read is a finding, and the rest is
/// judged all the same.
///
/// Errors: there is no such project, or the store does not answer.
pub async fn verify(
    store: &dyn Store,
    id: ProjectId,
    expected: &Expected,
    now: Timestamp,
) -> Result<Report, HistoryError> {
    let project = store.project(id).await?.ok_or(Error::NotFound("project"))?;
    // When the project was made is not signed, so it is no reason to leave out a head.
    let from = seal::first_day(now);
    let (mut heads, mut before) = (Vec::new(), None);
    for found in store.found_heads(id, from.previous(), usize::MAX).await? {
        match found {
            Ok(head) if head.head.day < from => before = Some(head),
            // What is past keeping is no longer needed.
            Err(bad) if bad.day == from.previous().to_string() => {}
            found => heads.push(found),
        }
    }
    let mut judge = Judge::of_store(id, expected, now, (from, before));
    if heads.is_empty() {
        return Ok(judge.nothing(is_new(store, &project, now).await?));
    }
    let read: Vec<&SignedHead> = heads.iter().flatten().collect();
    let begins = match read.first().filter(|first| first.head.previous.is_none()) {
        Some(first) => Some(first_to_be_sealed(store, &project, first.head.sealed).await?.max(from)),
        None => None,
    };
    let days = read.iter().map(|signed| signed.head.day);
    let mut counted = match days.clone().min().zip(days.max()) {
        Some(days) => Counted::of(store, id, days, &read).await?,
        None => Counted::default(),
    };
    for found in &heads {
        match found {
            Ok(head) => counted.judge(head, &mut judge),
            Err(bad) => {
                let (day, why) = (bad.day.clone(), bad.why.clone());
                let finding = Finding::Unreadable { day, what: "the head".to_owned(), why };
                judge.finding(finding);
                judge.unreadable_head(bad.day.parse().ok());
            }
        }
    }
    Ok(judge.report(begins, Some(now.day())))
}

/// The projects that are gone from a store although there are tokens, members, events, heads or seals of them, or anchors.
///
/// Errors: the store does not answer.
pub async fn gone(store: &dyn Store, anchors: &Anchors) -> Result<BTreeSet<ProjectId>, Unavailable> {
    let mut known = store.known_projects().await?;
    known.extend(anchors.projects());
    for project in store.projects(usize::MAX).await? {
        known.remove(&project);
    }
    Ok(known)
}

/// The first day of a project that had to be sealed at this moment, when nothing of it was sealed before. When it was made is not
/// signed, but its events are older than that only when it is not so.
async fn first_to_be_sealed(
    store: &dyn Store,
    project: &Project,
    sealed: Timestamp,
) -> Result<Day, Unavailable> {
    let kept = seal::first_day(sealed);
    let range = EventRange {
        after: Some(days(kept, kept).0),
        before: None,
        order: Order::Ascending,
        limit: 1,
        bytes: PAGE_BYTES,
    };
    // What cannot be read is told with its day.
    let first = store.events(&Feed::Project(project.id), range).await.ok();
    let first = first.and_then(|page| page.events.first().map(|event| day_of(event.uuid)));
    let made = project.created.day();
    Ok(kept.max(first.map_or(made, |first| first.min(made))))
}

/// Whether a project was made so lately that no day of it has to be sealed. Its first event has to say the same.
async fn is_new(store: &dyn Store, project: &Project, now: Timestamp) -> Result<bool, Unavailable> {
    let range =
        EventRange { after: None, before: None, order: Order::Ascending, limit: 1, bytes: PAGE_BYTES };
    let first = store.events(&Feed::Project(project.id), range).await?.whole()?;
    let due = seal::due_day(now);
    Ok(project.created.day() > due && first.events.iter().all(|event| event.created.day() > due))
}
