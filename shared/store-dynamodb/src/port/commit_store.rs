//! Commits: every change of state.

use async_trait::async_trait;
use jeton_core::{
    budget::Spend,
    idempotency::{IdempotencyRecord, IdempotencyRecordId},
    store::{Commit, CommitError, CommitStore, Contention, Reservation, Revocable, Unavailable},
    time::Timestamp,
};
use uuid::Uuid;

use crate::{DynamoDb, item, key::Key};

#[async_trait]
impl CommitStore for DynamoDb {
    async fn commit(&self, commit: &Commit) -> Result<(), CommitError> {
        self.store_commit(commit, Contention::ORDINARY).await
    }

    async fn commit_as(&self, commit: &Commit, contention: Contention) -> Result<(), CommitError> {
        self.store_commit(commit, contention).await
    }

    async fn reserve(&self, of: Revocable, now: Timestamp) -> Result<Option<Reservation>, Unavailable> {
        let until = self.reserve_item(&Key::revocable(of), now).await?;
        Ok(until.map(|until| Reservation { of, until }))
    }

    async fn committed(&self, commit: &Commit) -> Result<bool, Unavailable> {
        self.is_stored(commit).await
    }

    async fn idempotency_record(
        &self,
        id: &IdempotencyRecordId,
    ) -> Result<Option<IdempotencyRecord>, Unavailable> {
        self.get(&Key::idempotency_record(id)).await?.map_or(Ok(None), |found| item::body(&found))
    }

    async fn spend(&self, budgets: &[Spend], once: Uuid) -> Result<Option<Spend>, Unavailable> {
        self.spend_all(budgets, once).await
    }
}
