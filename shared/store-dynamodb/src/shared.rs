//! The interface of batched requests, for the table.

use std::fmt;

use async_trait::async_trait;
use jeton_core::{store::Unavailable, token::StoredVerifyItem};

use super::{failure::Failure, key::Key, op::Op};

/// Batches requests of many callers. `None` if the batch left one unprocessed: then it must be sent alone.
#[async_trait]
pub(super) trait Shared: fmt::Debug + Send + Sync {
    /// Reads a verify item by a request that starts after this call.
    async fn verify_item(&self, key: Key) -> Option<Result<Option<StoredVerifyItem>, Unavailable>>;

    /// Stores an event in one of its feeds.
    async fn put(&self, op: Op) -> Option<Result<(), Failure>>;
}
