//! Holding a store against its seals.

use std::collections::{BTreeMap, BTreeSet};

use jeton_core::{
    Error,
    event::{EventRange, Feed, Order, PAGE_BYTES},
    id::ProjectId,
    project::Project,
    seal::{self, Sealed},
    store::{Store, Unavailable},
    time::{Day, Timestamp},
};

use super::{
    Anchors, Expected, HistoryError, Report,
    judge::Judge,
    tallies::{tallies, tokens},
};

/// Counts the history of a project once more, as far as all of a day is kept, and compares it with the seals,
/// and these with their heads, which one of the expected keys must have signed.
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
    let mut heads = store.heads(id, from.previous(), usize::MAX).await?;
    let before = (heads.first().is_some_and(|first| first.head.day < from)).then(|| heads.remove(0));
    let mut judge = Judge::of_store(id, expected, now, (from, before));
    let Some((first, last)) = heads.first().zip(heads.last()).map(|(a, b)| (&a.head, b.head.day)) else {
        return Ok(judge.nothing(is_new(store, &project, now).await?));
    };
    // The first head of all is of the first day that could be sealed then.
    let begins = first.previous.is_none().then(|| seal::first_day(first.sealed).max(project.created.day()));
    let first = first.day;
    let (mut seals, mut tokens) = (BTreeMap::new(), tokens(store, id, first).await?);
    for head in &heads {
        let of_day = store.seals(id, head.head.day).await?;
        tokens.extend(of_day.iter().filter_map(|seal| match seal.of {
            Sealed::Token(token) => Some(token),
            Sealed::Project => None,
        }));
        seals.insert(head.head.day, of_day);
    }
    let mut found = tallies(store, id, (first, last), &tokens).await?;
    for head in heads {
        let day: Day = head.head.day;
        let of_day = seals.remove(&day).unwrap_or_default();
        judge.day(&head, &of_day, found.remove(&day).unwrap_or_default());
    }
    Ok(judge.report(begins.map(|begins| begins.max(from)), Some(now.day())))
}

/// The projects that are gone from a store although heads or anchors of them are known.
///
/// Errors: the store does not answer.
pub async fn gone(store: &dyn Store, anchors: &Anchors) -> Result<BTreeSet<ProjectId>, Unavailable> {
    let mut known: BTreeSet<_> =
        store.sealed_projects().await?.into_iter().chain(anchors.projects()).collect();
    for project in store.projects(usize::MAX).await? {
        known.remove(&project);
    }
    Ok(known)
}

/// Whether a project was made so lately that no day of it has to be sealed. Its first event has to say the same.
async fn is_new(store: &dyn Store, project: &Project, now: Timestamp) -> Result<bool, Unavailable> {
    let range =
        EventRange { after: None, before: None, order: Order::Ascending, limit: 1, bytes: PAGE_BYTES };
    let first = store.events(&Feed::Project(project.id), range).await?;
    let due = seal::due_day(now);
    Ok(project.created.day() > due && first.events.iter().all(|event| event.created.day() > due))
}
