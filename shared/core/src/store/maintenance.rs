//! Setting a store up, its health, and the removal of expired records.

use async_trait::async_trait;

use super::Unavailable;
use crate::time::Timestamp;

/// Why this Jeton may not use a store, in a sentence for the operator.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// A newer Jeton has written it, and this one could misread it.
    #[error("{0}")]
    Newer(String),
    /// It is a copy of another store, such as a restored backup, so that what was revoked since is valid in it.
    #[error("{0}")]
    Copy(String),
}

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

    /// Checks that the store answers, is set up, and may be used ([`Self::unusable`]). Writes nothing, so that an empty
    /// store in place of a lost one is reported and not set up silently. Called at start and by health checks, not by
    /// other requests.
    async fn ready(&self) -> Result<(), Unavailable>;

    /// Why this Jeton may not use the store, as far as one read tells. `None` if it may, and for an empty store. Called at the
    /// start of each function; a file is checked when it is opened.
    async fn unusable(&self) -> Result<Option<Unusable>, Unavailable> {
        Ok(None)
    }

    /// Until [`Self::unusable`] has found that the store may be used, no read writes anything.
    fn begin_unchecked(&self) {}

    /// The same as [`Self::unusable`], and also whatever else tells a store from its copy. A store that does not know yet which one it
    /// is, because an earlier version has set it up, knows it from then on. Called at the start of a server, and by commands and sweeps.
    async fn identify(&self) -> Result<Option<Unusable>, Unavailable> {
        self.unusable().await
    }

    /// Uses a copy from now on: [`Self::unusable`] and [`Self::identify`] return [`Unusable::Copy`] for it no more. The caller
    /// has closed its projects before. Can be repeated.
    async fn take_over(&self) -> Result<(), Unavailable> {
        Ok(())
    }

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
