//! How state is changed.

use async_trait::async_trait;
use uuid::Uuid;

use super::{Commit, CommitError, Contention, Reservation, Revocable, Unavailable};
use crate::{
    budget::Spend,
    idempotency::{IdempotencyRecord, IdempotencyRecordId},
    time::Timestamp,
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

    /// As [`Self::commit`], which is [`Contention::ORDINARY`], but competes with other writers as this says. Revocations do not wait
    /// for another transaction: they read again and retry.
    ///
    /// The default is for adapters that have neither such contention nor reservations.
    async fn commit_as(&self, commit: &Commit, _: Contention) -> Result<(), CommitError> {
        self.commit(commit).await
    }

    /// Reserves a token or manage token for urgent commits that change it, for some seconds from `now` at most: meanwhile any other
    /// commit that replaces or removes the token, or requires its version, fails with [`CommitError::Conflict`], or with
    /// [`CommitError::Contended`] if it does not wait. So a revocation is stored although other processes change the token all the
    /// time, or the token changes others. The next urgent commit that changes the token ends the reservation.
    ///
    /// None if it was not reserved. It is not while another transaction is writing it, if it does not exist, or if it was
    /// reserved lately: after a reservation, other commits get their turn first.
    ///
    /// The default reserves nothing. It is for adapters that one process writes through, which itself lets other changes wait for
    /// urgent ones.
    async fn reserve(&self, _: Revocable, _: Timestamp) -> Result<Option<Reservation>, Unavailable> {
        Ok(None)
    }

    /// How many commits one caller that has many to make should have under way at a time, so that they share a
    /// transaction or a connection.
    fn commits_at_once(&self) -> usize {
        64
    }

    /// Whether a commit was stored. Looks up its first event or, if it has none, its manage token.
    async fn committed(&self, commit: &Commit) -> Result<bool, Unavailable>;

    /// An idempotency record. It may have expired, until [`Maintenance::clean`](super::Maintenance::clean) removes it.
    async fn idempotency_record(
        &self,
        id: &IdempotencyRecordId,
    ) -> Result<Option<IdempotencyRecord>, Unavailable>;

    /// Charges all of these budgets (quotas), or none of them. There may be none, since some callers have no quota. Returns a budget that has too little left, or `None` if
    /// all were charged. `once` identifies the charge, so that a retry after a lost answer does not charge twice. After
    /// an error the budgets may have been charged.
    async fn spend(&self, budgets: &[Spend], once: Uuid) -> Result<Option<Spend>, Unavailable>;
}
