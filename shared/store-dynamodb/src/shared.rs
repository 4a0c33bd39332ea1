//! Where requests of many callers meet, as the table knows it.

use std::fmt;

use async_trait::async_trait;
use jeton_core::{store::Unavailable, token::StoredVerifyItem};

use super::{failure::Failure, key::Key, op::Op};

/// Requests of many callers, sent together. None when a request with others left it undone: then it is to be sent alone.
#[async_trait]
pub(super) trait Shared: fmt::Debug + Send + Sync {
    /// Reads a verify item by a request that starts after this call.
    async fn verify_item(&self, key: Key) -> Option<Result<Option<StoredVerifyItem>, Unavailable>>;

    /// Stores an event that has one place.
    async fn put(&self, op: Op) -> Option<Result<(), Failure>>;
}
