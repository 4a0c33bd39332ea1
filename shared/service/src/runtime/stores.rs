//! The stores that there are: the one place where a store is opened.

use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use jeton_core::store::Store;
use jeton_store_dynamodb::{CreatedTable, DynamoDb, TableSettings};
#[cfg(feature = "sqlite")]
use jeton_store_sqlite::{OpenError, ServeLock, Sqlite};
use tokio::sync::OnceCell;

use super::{StartError, aws};
use crate::{
    aws::{Aws, Patience},
    config::{BadConfig, Config, StoreConfig},
    limits::QuotaLeases,
};

/// What a store is opened for.
#[derive(Clone, Copy)]
pub(super) enum Purpose<'a> {
    /// A function, or a command of the terminal. A file has to be there.
    Use,
    /// The same, to seal history.
    Seal,
    /// The same, and a file that is not there is made.
    SetUp,
    /// The one server.
    #[cfg_attr(not(feature = "serve"), expect(dead_code, reason = "a function is no server"))]
    Serve(&'a Claim),
}

/// Keeps a second server away from the same store until it is dropped.
pub(super) enum Claim {
    /// Servers share the store.
    #[cfg_attr(not(feature = "serve"), expect(dead_code, reason = "a function is no server"))]
    Shared,
    /// The lock on the file.
    #[cfg(feature = "sqlite")]
    File(ServeLock),
}

impl Purpose<'_> {
    /// The leases of the event quota. The server of a file is the only one.
    pub(super) fn leases(self) -> QuotaLeases {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Serve(Claim::File(_)) => QuotaLeases::alone(),
            _ => QuotaLeases::default(),
        }
    }
}

/// Opens the store that the configuration names.
pub(super) async fn open_store(
    config: &Config,
    aws: &OnceCell<Aws>,
    purpose: Purpose<'_>,
) -> Result<Arc<dyn Store>, StartError> {
    match &config.store {
        #[cfg(feature = "sqlite")]
        StoreConfig::Sqlite(path) => Ok(Arc::new(sqlite(path, purpose).map_err(not_opened)?)),
        StoreConfig::DynamoDb(name) => {
            let patience = match purpose {
                Purpose::Use | Purpose::Seal | Purpose::SetUp if cfg!(feature = "aws-chain") => {
                    Patience::Command
                }
                _ => Patience::Answer,
            };
            let client = aws::reached(config, aws).await?.dynamodb(patience);
            let table = dynamodb(name, config.verify_replicas, client);
            Ok(Arc::new(table))
        }
        #[cfg(not(feature = "sqlite"))]
        StoreConfig::Sqlite(_) => Err(StartError::Config(crate::config::BadConfig {
            variable: "JETON_STORE".into(),
            problem: "must be dynamodb:TABLE, because this binary is built without SQLite".to_owned(),
        })),
    }
}

/// Creates the table that the configuration names, and sets it up.
///
/// Errors: the store is no table; it cannot be created.
pub async fn create_table(config: &Config) -> Result<CreatedTable, StartError> {
    let StoreConfig::DynamoDb(name) = &config.store else {
        let problem = "must be dynamodb:TABLE: a file needs no table".to_owned();
        return Err(BadConfig { variable: "JETON_STORE".into(), problem }.into());
    };
    let aws = OnceCell::new();
    let client = aws::reached(config, &aws).await?.dynamodb(Patience::Command);
    let table = dynamodb(name, 0, client);
    let created = table.create_table().await.map_err(StartError::Table)?;
    table.mark_with_schema().await.map_err(StartError::Store)?;
    Ok(created)
}

/// The settings of the table with this name.
///
/// Errors: AWS is not configured.
pub async fn table_settings(config: &Config, name: &str) -> Result<TableSettings, StartError> {
    let aws = OnceCell::new();
    let client = aws::reached(config, &aws).await?.dynamodb(Patience::Command);
    Ok(dynamodb(name, 0, client).settings().await)
}

#[cfg(feature = "serve")]
impl Claim {
    /// Claims the store that the configuration names.
    ///
    /// Errors: another server has it.
    #[cfg_attr(
        not(feature = "sqlite"),
        expect(unused_variables, clippy::unnecessary_wraps, reason = "there is no file")
    )]
    pub(super) fn on(config: &Config) -> Result<Self, StartError> {
        #[cfg(feature = "sqlite")]
        if let StoreConfig::Sqlite(path) = &config.store {
            return Ok(Self::File(Sqlite::serve_lock(path).map_err(not_opened)?));
        }
        Ok(Self::Shared)
    }
}

#[cfg(feature = "sqlite")]
fn sqlite(path: &std::path::Path, purpose: Purpose<'_>) -> Result<Sqlite, OpenError> {
    match purpose {
        Purpose::Serve(Claim::File(lock)) => Sqlite::open_to_serve(path, lock),
        Purpose::SetUp => Sqlite::open_beside(path),
        Purpose::Use | Purpose::Seal | Purpose::Serve(Claim::Shared) => Sqlite::open_existing(path),
    }
}

fn dynamodb(table: &str, replicas: u32, client: Client) -> DynamoDb {
    let table = DynamoDb::new(client, table).with_replicas(replicas);
    #[cfg(feature = "serve")]
    let table = table.shared();
    table
}

#[cfg(feature = "sqlite")]
#[expect(clippy::needless_pass_by_value, reason = "it is where errors end")]
fn not_opened(error: OpenError) -> StartError {
    StartError::Store(error.to_string())
}
