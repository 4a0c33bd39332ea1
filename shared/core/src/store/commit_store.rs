//! How state is changed.

use async_trait::async_trait;
use uuid::Uuid;

use super::{Commit, CommitError, Unavailable};
use crate::{
    budget::Spend,
    idempotency::{IdempotencyRecord, IdempotencyRecordId},
};

/// Commits, the idempotency records that are stored with them, and budgets (quotas): writes that are stored whole or not
/// at all, and only if their conditions hold.
#[async_trait]
pub trait CommitStore: Send + Sync + 'static {
    /// Stores a commit atomically, and durably before it returns.
    ///
    /// The caller may repeat the same commit after [`CommitError::Unknown`]. An adapter that recognises the repetition
    /// returns success if the commit was stored before.
    /// Operations call the free function [`commit`](super::commit()) instead, which resolves unknown outcomes.
    async fn commit(&self, commit: &Commit) -> Result<(), CommitError>;

    /// As [`Self::commit`], but fails at once with [`CommitError::Contended`] while another transaction is writing the
    /// same records. For revocations, which read again and retry instead of waiting.
    ///
    /// The default is for adapters that have no such contention.
    async fn try_commit(&self, commit: &Commit) -> Result<(), CommitError> {
        self.commit(commit).await
    }

    /// Whether a commit was stored. Looks up its first event or, if it has none, its manage token.
    async fn committed(&self, commit: &Commit) -> Result<bool, Unavailable>;

    /// An idempotency record. It may have expired, until [`Maintenance::clean`](super::Maintenance::clean) removes it.
    async fn idempotency_record(
        &self,
        id: &IdempotencyRecordId,
    ) -> Result<Option<IdempotencyRecord>, Unavailable>;

    /// Charges all of these budgets (quotas), or none of them. Returns a budget that has too little left, or `None` if
    /// all were charged. `once` identifies the charge, so that a retry after a lost answer does not charge twice. After
    /// an error the budgets may have been charged.
    async fn spend(&self, budgets: &[Spend], once: Uuid) -> Result<Option<Spend>, Unavailable>;
}
