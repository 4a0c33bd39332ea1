//! Holding a store against its seals.

use std::collections::BTreeMap;

use jeton_core::{
    Error,
    id::ProjectId,
    seal::{self, Sealed},
    store::Store,
    time::{Day, Timestamp},
};

use super::{
    HistoryError, PublicKey, Report,
    report::Judge,
    tallies::{tallies, tokens},
};

/// Counts the history of a project once more, as far as all of a day is kept, and compares it with the seals,
/// and these with their heads, which one of these keys must have signed.
///
/// Errors: there is no such project, or the store does not answer.
pub async fn verify(
    store: &dyn Store,
    id: ProjectId,
    keys: &[PublicKey],
    now: Timestamp,
) -> Result<Report, HistoryError> {
    let project = store.project(id).await?.ok_or(Error::NotFound("project"))?;
    let from = seal::first_day(now).max(project.created.day());
    let mut heads = store.heads(id, from.previous(), usize::MAX).await?;
    let before = (heads.first().is_some_and(|first| first.head.day < from)).then(|| heads.remove(0));
    let mut judge = Judge::new(id, keys, before);
    let Some((first, last)) = heads.first().zip(heads.last()).map(|(a, b)| (a.head.day, b.head.day)) else {
        return Ok(judge.report(from, Some(now.day())));
    };
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
        judge.day(from, head, &of_day, found.remove(&day).unwrap_or_default());
    }
    Ok(judge.report(from, Some(now.day())))
}
