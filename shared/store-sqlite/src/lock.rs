//! Server lock: the claim of the one server that may run on a file.

use std::{
    fs::{self, File, TryLockError},
    io,
    mem::ManuallyDrop,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use jeton_private_file as private_file;
use rusqlite::Connection;

use super::{
    mark::{self, Mark, Note},
    open_error::{OpenError, is_file, name},
    schema, wal,
};

/// How often to try a lock, and how long to wait in between.
const LOOKS: u32 = 10;
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// Held by a running `jeton serve`. The system releases it when the process ends, even by a crash.
///
/// There are two locks. The one on the database itself holds for all names of the file, such as a hard link
/// or another mount. The one on a separate file beside it is known to earlier versions.
#[derive(Debug)]
pub struct ServeLock {
    beside: File,
    database: Database,
    /// Whether the database was found complete, and is served.
    serves: AtomicBool,
}

/// The database, locked. It must never be closed: that would drop the locks that SQLite holds on it in this process.
#[derive(Debug)]
struct Database(ManuallyDrop<File>);

impl ServeLock {
    /// Creates the database if there is none, and claims it.
    pub(super) fn take(given: &Path) -> Result<Self, OpenError> {
        let path = &canonical(given);
        // Leaves no lock file beside a path that cannot be a database.
        if let Ok(found) = fs::metadata(path) {
            is_file(path, found.file_type())?;
        }
        let beside = beside(path);
        let failed = |path: &Path| {
            let path = name(path);
            move |source| OpenError::File { path, source }
        };
        let marker = open(&beside).map_err(failed(&beside))?;
        match patiently(|| marker.try_lock()) {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(OpenError::Served { path: name(given) }),
            Err(TryLockError::Error(source)) => return Err(failed(&beside)(source)),
        }
        schema::create(path).map_err(failed(path))?;
        let database = Database(ManuallyDrop::new(File::open(path).map_err(failed(path))?));
        match patiently(|| database.try_lock()) {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(OpenError::Served { path: name(given) }),
            Err(TryLockError::Error(source)) => return Err(failed(path)(source)),
        }
        Ok(Self { beside: marker, database, serves: AtomicBool::new(false) })
    }

    /// Checks that the database has all writes that were acknowledged.
    ///
    /// Errors: [`OpenError::LogLost`] and [`OpenError::WithoutLog`].
    pub(super) fn has_all(&self, connection: &Connection, path: &Path) -> Result<(), OpenError> {
        let path = &canonical(path);
        is_whole(connection, Some(&self.beside), path)?;
        // A server that ended in order leaves no log, and one that was killed leaves a note, unless somebody
        // removed it.
        if wal::has_entries(path) && matches!(mark::noted(&self.beside), Ok(None)) {
            tracing::warn!(
                database = name(path),
                note = name(&beside(path)),
                "the database was not closed in order, and the note beside it is missing that tells how far it had come: if its log was cut, what was written last is lost; compare with a backup"
            );
        }
        Ok(())
    }

    /// The mark of a database that is about to be served, with a checkpoint after so many pages of log.
    pub(super) fn mark(
        &self,
        connection: &mut Connection,
        path: &Path,
        pages: i32,
    ) -> Result<Mark, OpenError> {
        let beside = self.beside.try_clone();
        let beside = beside.map_err(|source| OpenError::File { path: name(path), source })?;
        let mark = Mark::new(connection, beside, pages)
            .map_err(|source| OpenError::Sqlite { path: name(path), source })?;
        self.serves.store(true, Ordering::SeqCst);
        Ok(mark)
    }
}

impl Drop for ServeLock {
    fn drop(&mut self) {
        // After a server ended in order, the database may be moved or removed.
        if self.serves.load(Ordering::SeqCst) {
            drop(mark::forget(&self.beside));
        }
        drop(self.beside.unlock());
        self.database.unlock();
    }
}

#[cfg(target_os = "linux")]
impl Database {
    /// SQLite uses other kinds of locks.
    fn try_lock(&self) -> Result<(), TryLockError> {
        self.0.try_lock()
    }

    fn unlock(&self) {
        drop(self.0.unlock());
    }
}

/// Elsewhere the two kinds of locks exclude each other, so that only the file beside the database is locked.
#[cfg(not(target_os = "linux"))]
impl Database {
    fn try_lock(&self) -> Result<(), TryLockError> {
        Ok(())
    }

    fn unlock(&self) {}
}

/// Whether a command may open a database, beside a server or alone. To be called before this process opens it.
pub(super) fn may_be_opened(given: &Path) -> Result<(), OpenError> {
    let path = &canonical(given);
    let Ok(database) = File::open(path) else { return Ok(()) };
    // With any error here, no server is running.
    let Ok(marker) = private_file::open_plain(&beside(path)) else {
        return if is_locked(&database) { Err(OpenError::OtherName { path: name(given) }) } else { Ok(()) };
    };
    if is_locked(&marker) {
        return Ok(());
    }
    if is_locked(&database) {
        return Err(OpenError::OtherName { path: name(given) });
    }
    Ok(())
}

/// Checks that a database has all its writes, for a command that runs without a server.
pub(super) fn has_all(connection: &Connection, path: &Path) -> Result<(), OpenError> {
    let path = &canonical(path);
    match private_file::open_plain(&beside(path)) {
        Ok(marker) if is_locked(&marker) => Ok(()),
        Ok(marker) => is_whole(connection, Some(&marker), path),
        Err(_) => is_whole(connection, None, path),
    }
}

/// The note of a command beside a database with the note of a server. The command may be killed before it
/// notes its own writes.
pub(super) fn note(path: &Path) -> Option<Note> {
    let marker = private_file::open_plain(&beside(&canonical(path))).ok()?;
    Note::of_others(marker).ok()?
}

/// Removes a server's note beside a database that is gone, before another one replaces it.
pub(super) fn forget(path: &Path) -> io::Result<()> {
    match private_file::open_plain(&beside(&canonical(path))) {
        Ok(marker) => mark::forget(&marker),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

fn is_whole(connection: &Connection, marker: Option<&File>, path: &Path) -> Result<(), OpenError> {
    let unusable = |source| OpenError::Sqlite { path: name(path), source };
    let noted = marker.map_or(Ok(None), mark::noted);
    if let Some(noted) = noted.map_err(|source| OpenError::File { path: name(&beside(path)), source })? {
        if mark::has(connection, noted).map_err(unusable)? {
            return Ok(());
        }
        return Err(OpenError::LogLost { path: name(path), marker: name(&beside(path)) });
    }
    // A server that was killed between its two writes of `lacks_log` has left a log with no other entry.
    if wal::has_entries(path) || !mark::lacks_log(connection).map_err(unusable)? {
        return Ok(());
    }
    Err(OpenError::WithoutLog { path: name(path) })
}

/// Whether a server has locked a file.
fn is_locked(file: &File) -> bool {
    let is_locked = matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock));
    drop(file.unlock());
    is_locked
}

/// The path of the lock file that earlier versions know.
fn beside(path: &Path) -> PathBuf {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".serve.lock");
    beside.into()
}

/// The path behind symbolic links: SQLite keeps the log beside that.
pub(super) fn canonical(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

fn open(path: &Path) -> io::Result<File> {
    match private_file::create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => private_file::open_plain(path),
        made => made,
    }
}

/// Tries a lock for a moment: a command that checks for a server holds it for that long.
fn patiently(mut lock: impl FnMut() -> Result<(), TryLockError>) -> Result<(), TryLockError> {
    for _ in 0..LOOKS {
        match lock() {
            Err(TryLockError::WouldBlock) => thread::sleep(LOOK_AGAIN),
            done => return done,
        }
    }
    lock()
}
