//! Commits: every change of state.

use async_trait::async_trait;
use jeton_core::{
    budget::Spend,
    idempotency::{IdempotencyRecord, IdempotencyRecordId},
    store::{Commit, CommitError, CommitStore, Unavailable},
};
use uuid::Uuid;

use crate::{Sqlite, budgets, commit, need::Need, reads, transaction::Transaction, writer::GROUP};

#[async_trait]
impl CommitStore for Sqlite {
    async fn commit(&self, commit: &Commit) -> Result<(), CommitError> {
        let need = Need::of(commit);
        let commit = commit::EncodedCommit::new(commit.clone());
        let commit = commit.map_err(|error| CommitError::Unavailable(Unavailable::unwritten(&error).0))?;
        Ok(self.writer.write(need, move |transaction| commit.apply(transaction)).await?)
    }

    /// One group is prepared while the other is written: a disk takes as long for a group as for one commit.
    fn commits_at_once(&self) -> usize {
        2 * GROUP
    }

    async fn committed(&self, commit: &Commit) -> Result<bool, Unavailable> {
        self.readers.inline(|connection| commit::is_stored(connection, &self.tail, commit))
    }

    async fn idempotency_record(
        &self,
        id: &IdempotencyRecordId,
    ) -> Result<Option<IdempotencyRecord>, Unavailable> {
        self.readers.inline(|connection| reads::idempotency_record(connection, id))
    }

    async fn spend(&self, budgets: &[Spend], _: Uuid) -> Result<Option<Spend>, Unavailable> {
        let budgets = budgets.to_vec();
        let work = move |connection: &Transaction<'_, '_>| Ok(budgets::spend(connection, &budgets)?);
        Ok(self.writer.write(Need::Growth, work).await?)
    }
}
