//! The stores that there are: the one place where a store is opened.

use std::sync::Arc;

use jeton_core::store::Store;
use jeton_store_dynamodb::DynamoDb;
#[cfg(feature = "sqlite")]
use jeton_store_sqlite::{OpenError, ServeLock, Sqlite};
use tokio::sync::OnceCell;

use super::{StartError, aws};
use crate::{
    aws::Aws,
    config::{Config, StoreConfig},
};

/// What a store is opened for.
#[derive(Clone, Copy)]
pub(super) enum Purpose<'a> {
    /// A function, or a command of the terminal. A file has to be there.
    Use,
    /// The same, and a file that is not there is made.
    SetUp,
    /// The one server.
    #[cfg_attr(not(feature = "serve"), expect(dead_code, reason = "a function is no server"))]
    Serve(&'a Claim),
}

/// Keeps a second server away from the same file until it is dropped. A store that servers can share has nothing to claim.
pub(super) struct Claim {
    #[cfg(feature = "sqlite")]
    file: Option<ServeLock>,
}

/// Opens the store that the configuration names.
#[cfg_attr(not(feature = "sqlite"), expect(unused_variables, reason = "a table is the same for everyone"))]
pub(super) async fn open_store(
    config: &Config,
    aws: &OnceCell<Aws>,
    purpose: Purpose<'_>,
) -> Result<Arc<dyn Store>, StartError> {
    match &config.store {
        #[cfg(feature = "sqlite")]
        StoreConfig::Sqlite(path) => Ok(Arc::new(sqlite(path, purpose).map_err(not_opened)?)),
        StoreConfig::DynamoDb(table) => Ok(Arc::new(dynamodb(table, aws::reached(config, aws).await?))),
        #[cfg(not(feature = "sqlite"))]
        StoreConfig::Sqlite(_) => Err(StartError::Config(crate::config::BadConfig {
            variable: "JETON_STORE".into(),
            problem: "must be dynamodb:TABLE, because this binary is built without SQLite".to_owned(),
        })),
    }
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
        Ok(Self {
            #[cfg(feature = "sqlite")]
            file: match &config.store {
                StoreConfig::Sqlite(path) => Some(Sqlite::serve_lock(path).map_err(not_opened)?),
                StoreConfig::DynamoDb(_) => None,
            },
        })
    }
}

#[cfg(feature = "sqlite")]
fn sqlite(path: &std::path::Path, purpose: Purpose<'_>) -> Result<Sqlite, OpenError> {
    match purpose {
        Purpose::Serve(Claim { file: Some(lock) }) => Sqlite::open_to_serve(path, lock),
        Purpose::SetUp => Sqlite::open_beside(path),
        Purpose::Use | Purpose::Serve(Claim { file: None }) => Sqlite::open_existing(path),
    }
}

fn dynamodb(table: &str, aws: &Aws) -> DynamoDb {
    let table = DynamoDb::new(aws.dynamodb(), table);
    #[cfg(feature = "serve")]
    let table = table.shared();
    table
}

#[cfg(feature = "sqlite")]
#[expect(clippy::needless_pass_by_value, reason = "it is where errors end")]
fn not_opened(error: OpenError) -> StartError {
    StartError::Store(error.to_string())
}
