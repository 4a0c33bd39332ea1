//! Setting a store up, its health, and the removal of expired records.

use async_trait::async_trait;

use super::Unavailable;
use crate::time::Timestamp;

/// Set-up, health checks and cleaning.
#[async_trait]
pub trait Maintenance: Send + Sync + 'static {
    /// Deletes expired records: old events, tombstones without events, manage tokens that ended before the oldest event,
    /// shares that closed long ago, expired sessions, idempotency records and budgets, and seals of days without events.
    ///
    /// Does a bounded amount of work. A store that expires records by itself does nothing. Returns how many were deleted.
    async fn clean(&self, now: Timestamp) -> Result<u64, Unavailable>;

    /// Adds manage tokens that an earlier version wrote to the index of manage tokens. Returns how many were added. Scans
    /// the whole store the first time, so only setup calls it.
    async fn list_earlier_manage_tokens(&self) -> Result<u64, Unavailable>;

    /// Checks that the store answers, is set up, and was not written by a newer Jeton. Writes nothing, so that an empty
    /// store in place of a lost one is reported and not set up silently. Called at start and by health checks, not by
    /// other requests.
    async fn ready(&self) -> Result<(), Unavailable>;

    /// Sets up an empty store by writing its schema version. Leaves any other store unchanged. Called before the first
    /// records are written.
    ///
    /// Errors: those that [`Self::ready`] returns afterwards.
    async fn set_up(&self) -> Result<(), Unavailable>;

    /// Checks that the store accepts writes that need more space. It may accept revocations even if this fails. Called
    /// by health checks.
    async fn writable(&self) -> Result<(), Unavailable> {
        Ok(())
    }
}
