//! Read connections. In WAL mode they neither wait for the writer nor delay it, and each read sees everything
//! that was committed when it started.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use jeton_core::store::Unavailable;
use jeton_store_support::span;
use rusqlite::Connection;
use tokio::{sync::Semaphore, task};
use tracing::Span;

use super::connection::connect_for_reading;

/// The limit of concurrent long reads.
const LISTS: usize = 4;

/// The idle connections. Another one is opened when there is none.
#[derive(Debug)]
pub(super) struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
    lists: Semaphore,
}

impl Readers {
    pub(super) fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), idle: Mutex::default(), lists: Semaphore::new(LISTS) }
    }

    /// Reads on this thread. For single lookups.
    pub(super) fn inline<T>(
        &self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, Unavailable> {
        let reading = || self.with_connection(read).map_err(|error| Unavailable(error.to_string()));
        span::store("sqlite", "read").in_scope(reading)
    }

    /// Reads on a blocking thread. For lists.
    pub(super) async fn blocking<T: Send + 'static>(
        self: &Arc<Self>,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Unavailable> {
        let gone = |error: &dyn std::error::Error| Unavailable(error.to_string());
        let _turn = self.lists.acquire().await.map_err(|error| gone(&error))?;
        let (readers, span) = (Arc::clone(self), Span::current());
        task::spawn_blocking(move || span.in_scope(|| readers.inline(read)))
            .await
            .map_err(|error| gone(&error))?
    }

    /// The lock is held only to take a connection and to put it back, so there are at most as many as were
    /// ever in use at once: one for each thread of the runtime, and those for lists.
    fn with_connection<T>(
        &self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = idle.map_or_else(|| connect_for_reading(&self.path), Ok)?;
        let result = read(&connection);
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        result
    }
}
