//! Verification of the history in a store.

use std::collections::{BTreeMap, BTreeSet};

use jeton_core::{
    Error,
    event::day_of,
    id::ProjectId,
    seal::{self, SignedHead},
    store::{Store, Unavailable},
    time::Timestamp,
};

use super::{
    Anchors, Expected, Finding, HistoryError, Report,
    beginning::Beginning,
    counted::Counted,
    judge::Judge,
    tallies::{Progress, first_of},
};

/// Verifies the history of a project within the retention: counts the events, compares them with the seals, the seals with their
/// heads, and checks the signatures. Unreadable records are findings, and do not stop the rest. Tells how many events it has read, at first
/// those that name tokens, of an unknown number, then those of the seals.
///
/// Errors: there is no such project, or the store does not answer.
pub async fn verify(
    store: &dyn Store,
    id: ProjectId,
    expected: &Expected,
    now: Timestamp,
    progress: Progress<'_>,
) -> Result<Report, HistoryError> {
    let project = store.project(id).await?.ok_or(Error::NotFound("project"))?;
    // The creation time of the project is not signed, so it must not exclude a head.
    let from = seal::first_day(now);
    let (mut heads, mut before) = (Vec::new(), None);
    for found in store.found_heads(id, from.previous(), usize::MAX).await? {
        match found {
            Ok(head) if head.head.day < from => before = Some(head),
            // Days past the retention are not needed.
            Err(bad) if bad.day == from.previous().to_string() => {}
            found => heads.push(found),
        }
    }
    let mut judge = Judge::of_store(id, expected, now, (from, before));
    if heads.is_empty() {
        let (beginning, due) = (Beginning::of(store, &project, from).await?, seal::due_day(now));
        // The project is too new to have a sealed day, if all of its records confirm that.
        let is_new = project.created.day() > due
            && beginning.oldest_event(None).await?.is_none_or(|oldest| oldest > due);
        beginning.older.into_iter().for_each(|older| judge.finding(older));
        return Ok(judge.nothing(is_new));
    }
    let read: Vec<&SignedHead> = heads.iter().flatten().collect();
    // The first day that had to be sealed when the first head was created.
    let begins = match read.first().filter(|first| first.head.previous.is_none()) {
        Some(first) => {
            let kept = seal::first_day(first.head.sealed);
            let beginning = Beginning::of(store, &project, kept).await?;
            let (made, oldest) = (project.created.day(), beginning.oldest_event(Some(kept)).await?);
            beginning.older.into_iter().for_each(|older| judge.finding(older));
            Some(oldest.map_or(made, |oldest| oldest.min(made)).max(kept).max(from))
        }
        None => None,
    };
    let days = read.iter().map(|signed| signed.head.day);
    let mut counted = match days.clone().min().zip(days.max()) {
        Some(days) => Counted::of(store, id, days, &read, progress).await?,
        None => Counted::default(),
    };
    let mut strays = BTreeMap::new();
    for stray in store.stray_events(id, first_of(from)).await? {
        strays.entry(day_of(stray)).or_insert((stray, 0_u64)).1 += 1;
    }
    for (day, (event, all)) in strays {
        judge.finding(Finding::Stray { day, event, others: all - 1 });
    }
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

/// The projects without a record that still have tokens, members, events, heads or seals, or anchors.
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
