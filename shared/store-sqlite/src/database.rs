//! The store, and the ways to open it.

use std::{path::Path, sync::Arc};

use super::{
    known::Known,
    lock::{self, ServeLock},
    open_error::{OpenError, is_there, name},
    readers::Readers,
    room::{Room, State},
    schema,
    token_feed::{Tail, TokenFeed},
    wal,
    writer::{Company, Served, Writer},
};

/// A store in one SQLite file.
#[derive(Debug)]
pub struct Sqlite {
    pub(super) writer: Writer,
    pub(super) readers: Arc<Readers>,
    pub(super) tail: Arc<Tail>,
    pub(super) known: Known,
    /// What a server knows of its disk.
    pub(super) disk: Option<Arc<State>>,
}

impl Sqlite {
    /// Opens the store in this file, and makes the file, readable by its owner only, when it is new.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        Self::on(schema::open(path, |_| Ok(()))?, path, Company::Alone)
    }

    /// The same for a command of the terminal, which may run beside a server.
    ///
    /// Errors: also when a server runs on the same file under another name, or what was written last is lost.
    pub fn open_beside(path: &Path) -> Result<Self, OpenError> {
        lock::may_be_opened(path)?;
        let connection = schema::open(path, |connection| lock::has_all(connection, path))?;
        let note = lock::note(path);
        Self::on(connection, path, note.map_or(Company::Alone, Company::Beside))
    }

    /// The same, and the file has to be there.
    ///
    /// Errors: also [`OpenError::Missing`].
    pub fn open_existing(path: &Path) -> Result<Self, OpenError> {
        is_there(path)?;
        Self::open_beside(path)
    }

    /// The same for the one server, which keeps room on the disk for what takes rights away.
    pub fn open_to_serve(path: &Path, lock: &ServeLock) -> Result<Self, OpenError> {
        let failed = |source| OpenError::File { path: name(path), source };
        let room = Room::keep(&lock::canonical(path)).map_err(failed)?;
        let mut connection = schema::open(path, |connection| lock.has_all(connection, path))?;
        let pages = wal::limit(&connection, room.log_limit())
            .map_err(|source| OpenError::Sqlite { path: name(path), source })?;
        let mark = lock.mark(&mut connection, path, pages)?;
        Self::on(connection, path, Company::Serves(Box::new(Served { room, mark })))
    }

    pub(super) fn on(
        connection: rusqlite::Connection,
        path: &Path,
        company: Company,
    ) -> Result<Self, OpenError> {
        let feed =
            TokenFeed::open(&connection).map_err(|source| OpenError::Sqlite { path: name(path), source })?;
        let tail = feed.tail();
        let disk = company.served().map(|served| served.room.state());
        let writer = Writer::start(connection, feed, company)
            .map_err(|source| OpenError::File { path: name(path), source })?;
        Ok(Self { writer, readers: Arc::new(Readers::new(path)), tail, known: Known::default(), disk })
    }

    /// Claims the file for the one `jeton serve` that may run on it, until the guard is dropped.
    /// Commands of the terminal need no claim: they take their turns with a running server.
    pub fn serve_lock(path: &Path) -> Result<ServeLock, OpenError> {
        ServeLock::take(path)
    }
}
