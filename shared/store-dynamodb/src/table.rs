//! The table, and its clients.

#[cfg(feature = "batch")]
use std::sync::Arc;

use aws_sdk_dynamodb::{Client, config::retry::RetryConfig};

#[cfg(feature = "batch")]
use super::shared::Shared;

/// A store in a DynamoDB table.
#[derive(Debug, Clone)]
pub struct DynamoDb {
    /// For reads and idempotent writes: retries by itself.
    pub(super) client: Client,
    /// For all other writes: no retries, because the meaning of a failure depends on whether an earlier
    /// request was sent.
    pub(super) single: Client,
    pub(super) table: String,
    /// Batches the requests of concurrent callers. `None` in a function, which has one at a time.
    #[cfg(feature = "batch")]
    pub(super) shared: Option<Arc<dyn Shared>>,
}

impl DynamoDb {
    /// A store in this table, with this client.
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        let once = client.config().to_builder().retry_config(RetryConfig::disabled()).build();
        Self {
            client,
            single: Client::from_conf(once),
            table: table.into(),
            #[cfg(feature = "batch")]
            shared: None,
        }
    }
}
