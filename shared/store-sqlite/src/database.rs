//! The SQLite store, and how it is opened.

use std::{path::Path, sync::Arc};

use rusqlite::Connection;

use super::{
    coherence::Coherence,
    lock::{self, ServeLock},
    memory::Memory,
    memory_lock::{MemoryLock, SharedLock},
    open_error::{OpenError, is_there, name},
    readers::Readers,
    room::{Room, State},
    schema,
    tail::Tail,
    trailing::TrailingIndex,
    wal,
    writer::{Company, Served, Writer},
};

/// A store in one SQLite file.
#[derive(Debug)]
pub struct Sqlite {
    pub(super) writer: Writer,
    pub(super) readers: Arc<Readers>,
    pub(super) tail: Arc<Tail>,
    pub(super) memory: Arc<Memory>,
    /// The state of the disk, on a server.
    pub(super) disk: Option<Arc<State>>,
    /// Dropped last: when the writer has ended.
    _held: Held,
}

/// What this process holds to run beside other processes.
#[derive(Debug)]
enum Held {
    /// It keeps verify items in memory while no other process writes.
    Memory { _memory: MemoryLock, _serves: Option<ServeLock> },
    /// It may write beside a server.
    Shared { _lock: SharedLock },
    /// No other process knows the file.
    Nothing,
}

impl Sqlite {
    /// Opens the store in this file. Creates the file, readable by its owner only, if there is none.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        let connection = schema::open(path, |_| Ok(()))?;
        Self::beside(connection, path, Company::Alone)
    }

    /// The same for a process with the file for itself, such as a benchmark: it keeps verify items in memory.
    ///
    /// Errors: also when a server runs on the file.
    pub fn open_alone(path: &Path) -> Result<Self, OpenError> {
        let lock = Self::serve_lock(path)?;
        let connection = schema::open(path, |_| Ok(()))?;
        Self::with_memory(connection, path, Company::Alone, Some(lock))
    }

    /// The same for a CLI command, which may run beside a server.
    ///
    /// Errors: also when a server runs on the same file under another name, or the newest writes are lost.
    pub fn open_beside(path: &Path) -> Result<Self, OpenError> {
        lock::may_be_opened(path)?;
        let connection = schema::open(path, |connection| lock::has_all(connection, path))?;
        let note = lock::note(path);
        Self::beside(connection, path, note.map_or(Company::Alone, Company::Beside))
    }

    /// The same, but the file must exist.
    ///
    /// Errors: also [`OpenError::Missing`].
    pub fn open_existing(path: &Path) -> Result<Self, OpenError> {
        is_there(path)?;
        Self::open_beside(path)
    }

    /// The same for the one server, which reserves disk space for revocations.
    pub fn open_to_serve(path: &Path, lock: &ServeLock) -> Result<Self, OpenError> {
        let failed = |source| OpenError::File { path: name(path), source };
        let room = Room::keep(&lock::canonical(path)).map_err(failed)?;
        let mut connection = schema::open(path, |connection| lock.has_all(connection, path))?;
        let pages = wal::limit(&connection, room.log_limit())
            .map_err(|source| OpenError::Sqlite { path: name(path), source })?;
        let mark = lock.mark(&mut connection, path, pages)?;
        Self::with_memory(connection, path, Company::Serves(Box::new(Served { room, mark })), None)
    }

    /// The memory that cached verify items take without their answers' shared pieces, in bytes: an estimate from above.
    pub fn cached_bytes(&self) -> usize {
        self.memory.bytes()
    }

    fn beside(connection: Connection, path: &Path, company: Company) -> Result<Self, OpenError> {
        let lock = SharedLock::take(path).map_err(|source| OpenError::File { path: name(path), source })?;
        Self::on(connection, path, company, (Arc::new(Memory::new()), None), Held::Shared { _lock: lock })
    }

    fn with_memory(
        connection: Connection,
        path: &Path,
        company: Company,
        lock: Option<ServeLock>,
    ) -> Result<Self, OpenError> {
        let memory = Arc::new(Memory::new());
        let coherence = Coherence::start(&connection, Arc::clone(&memory))
            .map_err(|source| OpenError::Sqlite { path: name(path), source })?;
        let kept =
            MemoryLock::keep(path, &memory).map_err(|source| OpenError::File { path: name(path), source })?;
        let held = Held::Memory { _memory: kept, _serves: lock };
        Self::on(connection, path, company, (memory, Some(coherence)), held)
    }

    /// A file that is not finished yet, and that no other process knows.
    pub(super) fn unfinished(connection: Connection, path: &Path) -> Result<Self, OpenError> {
        Self::on(connection, path, Company::Alone, (Arc::new(Memory::new()), None), Held::Nothing)
    }

    fn on(
        connection: Connection,
        path: &Path,
        company: Company,
        (memory, coherence): (Arc<Memory>, Option<Coherence>),
        held: Held,
    ) -> Result<Self, OpenError> {
        let index = TrailingIndex::open(&connection)
            .map_err(|source| OpenError::Sqlite { path: name(path), source })?;
        let tail = index.tail();
        let disk = company.served().map(|served| served.room.state());
        let writer = Writer::start(connection, index, company, coherence)
            .map_err(|source| OpenError::File { path: name(path), source })?;
        Ok(Self { writer, readers: Arc::new(Readers::new(path)), tail, memory, disk, _held: held })
    }

    /// Claims the file for the one `jeton serve` that may run on it, until the guard is dropped. CLI commands
    /// need no claim: they take turns with a running server.
    pub fn serve_lock(path: &Path) -> Result<ServeLock, OpenError> {
        ServeLock::take(path)
    }
}
