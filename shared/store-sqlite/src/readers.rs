//! Read connections. In WAL mode they neither wait for the writer nor delay it, and each read sees everything
//! that was committed when it started.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use jeton_core::store::Unavailable;
use jeton_store_support::span;
use rusqlite::Connection;
use tokio::{
    sync::Semaphore,
    task::{self, JoinSet},
};
use tracing::Span;

use super::connection::connect_for_reading;

/// The limit of concurrent long reads.
const LISTS: usize = 4;

/// The idle connections. Another one is opened when there is none.
#[derive(Debug)]
pub(super) struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
    lists: Arc<Semaphore>,
}

impl Readers {
    pub(super) fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), idle: Mutex::default(), lists: Arc::new(Semaphore::new(LISTS)) }
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
    ///
    /// Each read is a task of its own, which waits for its turn and gives it back by itself. A caller may have several reads under way and wait
    /// for another one before it polls them again: turns that belong to the callers would never be given back then.
    pub(super) async fn blocking<T: Send + 'static>(
        self: &Arc<Self>,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Unavailable> {
        let (readers, lists, span) = (Arc::clone(self), Arc::clone(&self.lists), Span::current());
        let reading = async move {
            let turn = lists.acquire_owned().await.map_err(|error| gone(&error))?;
            let reading = move || {
                let _turn = turn;
                span.in_scope(|| readers.inline(read))
            };
            task::spawn_blocking(reading).await.map_err(|error| gone(&error))?
        };
        // Dropped with the caller, which ends a wait for a turn.
        let mut task = JoinSet::new();
        task.spawn(reading);
        match task.join_next().await {
            Some(done) => done.map_err(|error| gone(&error))?,
            None => Err(Unavailable("the read was not started".to_owned())),
        }
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

fn gone(error: &dyn std::error::Error) -> Unavailable {
    Unavailable(error.to_string())
}
