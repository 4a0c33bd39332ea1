//! Opens the file, and checks its schema.

use std::{fs, io, path::Path, thread};

use rusqlite::{Connection, ErrorCode};

use super::{
    connection::{LOOK_AGAIN, LOOKS, connect},
    objects,
    open_error::{OpenError, is_file, name},
    tables::{VERSION, has_log, make_tables, version},
};

/// The SQLite application id of a backup, which prevents serving it by mistake.
pub(super) const BACKUP_MARK: i32 = i32::from_be_bytes(*b"JtBk");

/// Creates the file if it is new, and opens the connection that writes. Checks the file before writing to it.
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

/// Opens a backup, which only a restore may do.
pub(super) fn open_backup(path: &Path) -> Result<Connection, OpenError> {
    let unusable = |source| OpenError::Sqlite { path: name(path), source };
    let file = connect(path).map_err(unusable)?;
    // A backup differs from other files only in its application id.
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

/// The result of checking and upgrading a file.
enum Prepared {
    /// It has all tables, and nothing else.
    Ready,
    /// It has no tables, and is not new.
    NotNew,
    /// It has the tables of this newer version.
    Newer(u32),
    /// It differs from what Jeton creates.
    Changed(String),
}

/// SQLite gives the files beside the database the permissions of the database itself.
///
/// An existing file must not be opened here: closing it again would drop the locks of this process's other
/// connections to it.
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

/// Creates the missing tables, and checks that there is nothing else.
///
/// The log begins once the tables are in the file itself, so a file without tables has never had a log, or has lost it.
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

/// Switches a file with tables to WAL mode. Waits here for others who do the same, because SQLite does not
/// wait when the mode changes.
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
