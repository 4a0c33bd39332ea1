//! Runtimes: a function on Lambda or as a plain HTTP server, and the whole service in one process.

mod aws;
mod connections;
mod function;
mod lambda;
mod listen;
#[cfg(feature = "serve")]
mod loopback;
#[cfg(feature = "serve")]
mod metrics;
mod open;
#[cfg(feature = "serve")]
mod outbox;
mod plain;
#[cfg(feature = "serve")]
pub mod serve;
mod start_error;
mod stores;
mod ticks;
mod values;

pub use function::{run, run_authorizer, run_bounces, run_console, run_seal, run_sweep};
pub use jeton_store_dynamodb::{CreatedTable, Setting, TableSettings};
pub use listen::DRAIN;
#[cfg(feature = "sqlite")]
pub(crate) use open::over;
pub use open::{check, open, open_or_make, open_to_seal};
pub use start_error::StartError;
pub use stores::{create_table, table_settings};
pub use values::seal_key;

/// The most tokens of one sweep, so that it ends soon.
const SWEEP_LIMIT: usize = 1000;
