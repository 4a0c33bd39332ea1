//! The table, and its clients.

use std::{sync::Arc, time::Duration};

use aws_sdk_dynamodb::{
    Client,
    config::{retry::RetryConfig, timeout::TimeoutConfig},
};

use super::{known_shards::KnownShards, lanes::Guards};

#[cfg(feature = "batch")]
use super::shared::Shared;

/// The timeout of one attempt to write.
const WRITE: Duration = Duration::from_secs(3);

/// A store in a DynamoDB table.
#[derive(Debug, Clone)]
pub struct DynamoDb {
    /// For reads and idempotent writes: retries by itself.
    pub(super) client: Client,
    /// For all other writes: no retries, because the meaning of a failure depends on whether an earlier
    /// request was sent.
    pub(super) single: Client,
    pub(super) table: String,
    pub(super) objects: Arc<KnownShards>,
    /// The tokens that have guards.
    pub(super) guards: Arc<Guards>,
    /// Batches the requests of concurrent callers. `None` in a function, which has one at a time.
    #[cfg(feature = "batch")]
    pub(super) shared: Option<Arc<dyn Shared>>,
}

impl DynamoDb {
    /// A store in this table, with this client.
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        // Never less than the client's own: the outcome of a write that is given up has to be read back.
        let patience = client.config().timeout_config().and_then(TimeoutConfig::operation_attempt_timeout);
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(1))
            .operation_attempt_timeout(patience.unwrap_or_default().max(WRITE))
            .build();
        let once = client.config().to_builder().retry_config(RetryConfig::disabled());
        let once = once.timeout_config(timeouts).build();
        Self {
            client,
            single: Client::from_conf(once),
            table: table.into(),
            objects: Arc::default(),
            guards: Arc::default(),
            #[cfg(feature = "batch")]
            shared: None,
        }
    }
}
