//! The file, its connections and its tables.

use std::{fs, io, path::Path, thread, time::Duration};

use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::{OpenError, is_file, name, objects};

/// The version of the tables, kept in the file.
pub(super) const VERSION: u32 = 7;

/// What a backup has as SQLite's application id, so that nobody serves it by mistake.
pub(super) const BACKUP_MARK: i32 = i32::from_be_bytes(*b"JtBk");

/// How long a connection waits before it looks again whether another process has let go of the lock,
/// and how many times it does: together 5 seconds. A busy writer lets go of it only for moments
/// between two groups; SQLite's own busy timeout, which soon looks ten times a second, misses them.
const LOOK_AGAIN: Duration = Duration::from_micros(500);
const LOOKS: i32 = 10_000;

/// Bodies are the domain's types as JSON, so that fields of a newer Jeton survive. What stands
/// beside a body is what conditions and lookups need, or what changes without a new version.
const TABLES: &str = "
CREATE TABLE projects (id INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT;

CREATE TABLE tokens (
    project INTEGER NOT NULL,
    id INTEGER NOT NULL,
    version INTEGER NOT NULL,
    body TEXT NOT NULL,
    verify TEXT NOT NULL,
    last_used TEXT,
    due INTEGER,
    PRIMARY KEY (project, id)
) STRICT;
CREATE INDEX tokens_due ON tokens (due, project, id) WHERE due IS NOT NULL;

CREATE TABLE configurations (
    project INTEGER NOT NULL,
    component TEXT NOT NULL,
    configuration TEXT NOT NULL,
    token INTEGER NOT NULL,
    PRIMARY KEY (project, component, configuration)
) STRICT, WITHOUT ROWID;

CREATE TABLE tombstones (
    project INTEGER NOT NULL,
    id INTEGER NOT NULL,
    deleted INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (project, id)
) STRICT;
CREATE INDEX tombstones_deleted ON tombstones (deleted);

CREATE TABLE shares (
    id TEXT PRIMARY KEY,
    open INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    refused INTEGER NOT NULL DEFAULT 0,
    expires INTEGER NOT NULL,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX shares_expires ON shares (expires);

CREATE TABLE members (
    project INTEGER NOT NULL,
    id INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (project, id)
) STRICT;

-- What an address is to a project: a member, or else invited.
CREATE TABLE addresses (
    project INTEGER NOT NULL,
    address TEXT NOT NULL,
    member INTEGER,
    invitation TEXT,
    PRIMARY KEY (project, address)
) STRICT, WITHOUT ROWID;

CREATE TABLE manage_tokens (id INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT;
";

/// What a file of version 1 lacks: sessions, and the projects of an address.
const SINCE_1: &str = "
CREATE INDEX addresses_address ON addresses (address, project) WHERE member IS NOT NULL;

CREATE TABLE sessions (
    id TEXT PRIMARY KEY,
    address TEXT NOT NULL,
    expires INTEGER NOT NULL,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX sessions_address ON sessions (address, id);
CREATE INDEX sessions_expires ON sessions (expires);
";

/// What a file of version 3 lacks: receipts and budgets.
const SINCE_3: &str = "
CREATE TABLE receipts (id TEXT PRIMARY KEY, ends INTEGER NOT NULL, body TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX receipts_ends ON receipts (ends);

CREATE TABLE budgets (key TEXT PRIMARY KEY, spent INTEGER NOT NULL, ends INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX budgets_ends ON budgets (ends);
";

/// What a file of version 5 lacks: when manage tokens were last used and deleted, and their events.
///
/// A deleted manage token stays as a row without a life, so that nobody gets its id while there may be events of it.
/// An event of manage tokens is stored once for each of them.
const SINCE_5: &str = "
ALTER TABLE manage_tokens ADD COLUMN last_used TEXT;
ALTER TABLE manage_tokens ADD COLUMN deleted INTEGER;

CREATE TABLE manage_events (
    manage_token INTEGER NOT NULL,
    uuid BLOB NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (manage_token, uuid)
) STRICT, WITHOUT ROWID;
CREATE INDEX manage_events_uuid ON manage_events (uuid);
";

/// Makes the file if it is new, and opens the connection that writes. Before anything is written, it has to pass a check.
pub(super) fn open(
    path: &Path,
    check: impl FnOnce(&Connection) -> Result<(), OpenError>,
) -> Result<Connection, OpenError> {
    create(path).map_err(|source| OpenError::File { path: name(path), source })?;
    let found = fs::metadata(path).map_err(|source| OpenError::File { path: name(path), source })?;
    is_file(path, found.file_type())?;
    let unusable = |source| OpenError::Sqlite { path: name(path), source };
    let file = connect(path).map_err(unusable)?;
    if mark(&file).map_err(unusable)? == BACKUP_MARK {
        return Err(OpenError::Backup { path: name(path) });
    }
    check(&file)?;
    usable(file, path)
}

/// Opens a backup, which only who restores it may do.
pub(super) fn open_backup(path: &Path) -> Result<Connection, OpenError> {
    let unusable = |source| OpenError::Sqlite { path: name(path), source };
    let file = connect(path).map_err(unusable)?;
    // What comes of a backup is a file like any other, but for this one thing that tables do not hold.
    file.pragma_update(None, "journal_mode", "WAL").map_err(unusable)?;
    usable(file, path)
}

/// The application id in the file.
pub(super) fn mark(connection: &Connection) -> rusqlite::Result<i32> {
    connection.query_row("PRAGMA application_id", [], |row| row.get(0))
}

fn usable(connection: Connection, path: &Path) -> Result<Connection, OpenError> {
    let unusable = |source| OpenError::Sqlite { path: name(path), source };
    match prepare(&connection).map_err(unusable)? {
        Prepared::Ready => Ok(connection),
        Prepared::NotNew => Err(OpenError::NotNew { path: name(path) }),
        Prepared::Newer(found) => Err(OpenError::Newer { path: name(path), found, known: VERSION }),
        Prepared::Changed(found) => Err(OpenError::Changed { path: name(path), found }),
    }
}

/// What became of a file that is to be used.
enum Prepared {
    /// It has all tables, and nothing else.
    Ready,
    /// It has no tables, and is not new.
    NotNew,
    /// It has the tables of this newer version.
    Newer(u32),
    /// It is not as Jeton makes it.
    Changed(String),
}

/// A connection that only reads.
pub(super) fn connect_for_reading(path: &Path) -> rusqlite::Result<Connection> {
    let connection = connect(path)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

/// The version of the schema in the file.
pub(super) fn version(connection: &Connection) -> rusqlite::Result<u32> {
    connection.query_row("PRAGMA user_version", [], |row| row.get(0))
}

/// SQLite gives the files beside the database the rights of the database itself.
///
/// A file that is there already must not be opened here: closing it again would drop the locks that
/// this process's other connections to it hold.
pub(super) fn create(path: &Path) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        created => created.map(drop),
    }
}

/// Has a connection wait until another process lets go of its lock.
pub(super) fn wait_for_others(connection: &mut Connection) -> rusqlite::Result<()> {
    connection.busy_handler(Some(|looks| {
        thread::sleep(LOOK_AGAIN);
        looks < LOOKS
    }))
}

pub(super) fn connect(path: &Path) -> rusqlite::Result<Connection> {
    // The absolute path, so that no file name means anything special to SQLite.
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags)?;
    wait_for_others(&mut connection)?;
    connection.set_prepared_statement_cache_capacity(64);
    // A file that somebody has changed calls no functions that reach beyond it.
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    // On macOS only this reaches the disk; elsewhere it changes nothing.
    connection.pragma_update(None, "fullfsync", true)?;
    Ok(connection)
}

/// Makes the tables that the file lacks, and sees that there is nothing else.
///
/// The log begins once the tables are in the file itself, so that a file without tables has never had a log, or has lost it.
fn prepare(connection: &Connection) -> rusqlite::Result<Prepared> {
    let found = version(connection)?;
    let prepared = if found < VERSION {
        connection.execute_batch("BEGIN IMMEDIATE")?;
        let made = make_tables(connection).and_then(|found| looked_at(connection, found));
        let is_ready = matches!(made, Ok(Prepared::Ready));
        connection.execute_batch(if is_ready { "COMMIT" } else { "ROLLBACK" })?;
        made?
    } else {
        looked_at(connection, found)?
    };
    if matches!(prepared, Prepared::Ready) {
        keep_log(connection)?;
    }
    Ok(prepared)
}

fn looked_at(connection: &Connection, found: u32) -> rusqlite::Result<Prepared> {
    Ok(match found {
        0 => Prepared::NotNew,
        VERSION => objects::changed(connection)?.map_or(Prepared::Ready, Prepared::Changed),
        newer => Prepared::Newer(newer),
    })
}

/// Whether a file keeps a log.
fn has_log(connection: &Connection) -> rusqlite::Result<bool> {
    let mode: String = connection.query_row("PRAGMA journal_mode", [], |row| row.get(0))?;
    Ok(mode == "wal")
}

/// Has a file keep its log, as it does once it has tables. Others who do the same are waited for here: SQLite waits for nobody
/// when the mode changes.
fn keep_log(connection: &Connection) -> rusqlite::Result<()> {
    let mut looks = 0;
    loop {
        if has_log(connection)? {
            return Ok(());
        }
        match connection.pragma_update(None, "journal_mode", "WAL") {
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) && looks < LOOKS => {}
            set => return set,
        }
        looks += 1;
        thread::sleep(LOOK_AGAIN);
    }
}

pub(super) fn make_tables(connection: &Connection) -> rusqlite::Result<u32> {
    // Another process may have made them while this one waited for the lock.
    let found = version(connection)?;
    if found == 0 {
        let of_others: u32 =
            connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        if of_others > 0 || has_log(connection)? {
            return Ok(0);
        }
        connection.execute_batch(TABLES)?;
        connection.execute_batch(super::events::TABLES)?;
    }
    if found <= 1 {
        connection.execute_batch(SINCE_1)?;
    }
    if found <= 2 {
        connection.execute_batch(super::token_feed::SINCE_2)?;
    }
    if found <= 3 {
        connection.execute_batch(SINCE_3)?;
    }
    if found <= 4 {
        connection.execute_batch(super::seals::SINCE_4)?;
    }
    if found <= 5 {
        connection.execute_batch(SINCE_5)?;
    }
    if found <= 6 {
        connection.execute_batch(super::manage::SINCE_6)?;
        connection.execute_batch(super::mark::SINCE_6)?;
        connection.execute_batch(super::seals::SINCE_6)?;
        connection.pragma_update(None, "user_version", VERSION)?;
    }
    version(connection)
}
