//! Commits whose outcome is known: what operations write with.

use super::{Commit, CommitError, Contention, Store};

/// Commits, and resolves an unknown outcome: reads back whether the commit was stored, and if not sends it again.
///
/// Errors: [`CommitError::Conflict`] when another writer changed the state first; [`CommitError::Unavailable`] when the
/// store is not available or the outcome stays unknown. In the second case the commit may be stored.
pub async fn commit(store: &dyn Store, commit: &Commit) -> Result<(), CommitError> {
    commit_with(store, commit, Contention::ORDINARY).await
}

/// As [`commit`], with a choice how to compete with other writers of the same records.
///
/// Errors: as [`commit`], and [`CommitError::Contended`] if it does not wait.
pub async fn commit_with(
    store: &dyn Store,
    commit: &Commit,
    contention: Contention,
) -> Result<(), CommitError> {
    const TRIES: usize = 3;
    let mut lost = String::new();
    for attempt in 0..TRIES {
        // After a lost answer, the other transaction may be our own earlier attempt: wait for it.
        let contention = if attempt == 0 { contention } else { contention.waiting() };
        match store.commit_as(commit, contention).await {
            Ok(()) => return Ok(()),
            // If the lost answer was a success, the conflict is with our own commit.
            Err(conflict @ CommitError::Conflict(_)) if attempt > 0 => match store.committed(commit).await {
                Ok(true) => return Ok(()),
                Ok(false) => return Err(conflict),
                Err(error) => lost = error.0,
            },
            Err(CommitError::Unknown(why)) => {
                if store.committed(commit).await == Ok(true) {
                    return Ok(());
                }
                lost = why;
            }
            Err(error) => return Err(error),
        }
    }
    Err(CommitError::Unavailable(lost))
}
