//! Commits: every change of state.

use async_trait::async_trait;
use jeton_core::{
    budget::Spend,
    idempotency::{IdempotencyRecord, IdempotencyRecordId},
    store::{Commit, CommitError, CommitStore, Contention, Unavailable},
};
use uuid::Uuid;

use crate::{DynamoDb, item, key::Key};

#[async_trait]
impl CommitStore for DynamoDb {
    async fn commit(&self, commit: &Commit) -> Result<(), CommitError> {
        self.store(commit, Contention::Wait).await
    }

    async fn try_commit(&self, commit: &Commit) -> Result<(), CommitError> {
        self.store(commit, Contention::Fail).await
    }

    async fn committed(&self, commit: &Commit) -> Result<bool, Unavailable> {
        self.stored(commit).await
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
