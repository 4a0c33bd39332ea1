//! The table, and its clients.

use std::{
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use aws_sdk_dynamodb::{
    Client,
    config::{retry::RetryConfig, timeout::TimeoutConfig},
};

use super::{
    known_replicas::{KnownReplicas, Spread},
    known_shards::KnownShards,
    lanes::Guards,
};

#[cfg(feature = "batch")]
use super::{parsed::ParsedItems, shared::Shared};

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
    /// The tokens that have replicas.
    pub(super) replicas: Arc<KnownReplicas>,
    /// Whether the table is still to be checked, so that no read of it may write replicas.
    pub(super) unchecked: Arc<AtomicBool>,
    /// How this process reads replicas. `None` for one that reads none.
    pub(super) spread: Option<Spread>,
    /// The verify items that were parsed. `None` in a function, which would hardly use one twice.
    #[cfg(feature = "batch")]
    pub(super) parsed: Option<Arc<ParsedItems>>,
    /// Batches the requests of concurrent callers. `None` in a function, which has one at a time.
    #[cfg(feature = "batch")]
    pub(super) shared: Option<Arc<dyn Shared>>,
}

impl DynamoDb {
    /// A store in this table, with this client.
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        let own =
            client.config().timeout_config().cloned().unwrap_or_else(|| TimeoutConfig::builder().build());
        // Never less than the client's own: the outcome of a write that is given up has to be read back. The other timeouts are
        // the same, because the transport keeps the connections of each apart.
        let patience = own.operation_attempt_timeout().unwrap_or_default().max(WRITE);
        let timeouts = own.to_builder().operation_attempt_timeout(patience).build();
        let once = client.config().to_builder().retry_config(RetryConfig::disabled());
        let once = once.timeout_config(timeouts).build();
        Self {
            client,
            single: Client::from_conf(once),
            table: table.into(),
            objects: Arc::default(),
            guards: Arc::default(),
            replicas: Arc::default(),
            unchecked: Arc::default(),
            spread: None,
            #[cfg(feature = "batch")]
            parsed: None,
            #[cfg(feature = "batch")]
            shared: None,
        }
    }
}
