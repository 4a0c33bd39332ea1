//! Commits: every change of state.

use async_trait::async_trait;
use jeton_core::{
    budget::Spend,
    idempotency::{IdempotencyRecord, IdempotencyRecordId},
    store::{Commit, CommitError, CommitStore, Unavailable},
};
use uuid::Uuid;

use crate::{Sqlite, budgets, commit, need::Need, reads};

#[async_trait]
impl CommitStore for Sqlite {
    async fn commit(&self, commit: &Commit) -> Result<(), CommitError> {
        let need = Need::of(commit);
        let commit = commit::Prepared::new(commit.clone());
        let commit = commit.map_err(|error| CommitError::Unavailable(Unavailable::unwritten(&error).0))?;
        Ok(self.writer.write(need, move |connection| commit.store(connection)).await?)
    }

    async fn committed(&self, commit: &Commit) -> Result<bool, Unavailable> {
        self.readers.inline(|connection| commit::is_stored(connection, commit))
    }

    async fn idempotency_record(
        &self,
        id: &IdempotencyRecordId,
    ) -> Result<Option<IdempotencyRecord>, Unavailable> {
        self.readers.inline(|connection| reads::idempotency_record(connection, id))
    }

    async fn spend(&self, budgets: &[Spend], _: Uuid) -> Result<Option<Spend>, Unavailable> {
        let budgets = budgets.to_vec();
        let work = move |connection: &rusqlite::Connection| Ok(budgets::spend(connection, &budgets)?);
        Ok(self.writer.write(Need::Growth, work).await?)
    }
}
