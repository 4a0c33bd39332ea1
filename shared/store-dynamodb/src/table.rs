//! The table, and the clients that reach it.

#[cfg(feature = "batch")]
use std::sync::Arc;

use aws_sdk_dynamodb::{Client, config::retry::RetryConfig};

#[cfg(feature = "batch")]
use super::shared::Shared;

/// A store in a DynamoDB table.
#[derive(Debug, Clone)]
pub struct DynamoDb {
    /// For reads, and for writes that may be made twice: sends again by itself.
    pub(super) client: Client,
    /// For all other writes: sends once, because whether an earlier request left this machine
    /// decides what its failure means.
    pub(super) single: Client,
    pub(super) table: String,
    /// Where requests of many callers meet. A function has but one at a time, and none of this.
    #[cfg(feature = "batch")]
    pub(super) shared: Option<Arc<dyn Shared>>,
}

impl DynamoDb {
    /// The store in this table, by way of this client.
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
