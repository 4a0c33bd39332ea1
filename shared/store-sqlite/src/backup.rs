//! Backup: a consistent copy of the database while servers and commands use it, and its restore.
//!
//! A backup is older than the database it replaces: a copy of a token that was deleted since is valid in it.
//! So it has a mark that prevents serving it by mistake; `jeton restore` removes that.

use std::{
    fs::{self, File},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use jeton_core::seal::Digest;
use jeton_private_file as private_file;

use rusqlite::Connection;
use sha2::{Digest as _, Sha256};

use super::{
    Sqlite,
    connection::{connect, connect_for_reading},
    lock, manage, mark,
    open_error::{OpenError, is_there, name},
    schema::{self, BACKUP_MARK},
};

/// Writes a backup of the database to a new file, readable by its owner only.
///
/// Contains everything acknowledged before this began. Writers do not wait for it. Returns the SHA-256 of the
/// file.
pub fn backup(from: &Path, to: &Path) -> Result<Digest, OpenError> {
    let unusable = |source| OpenError::Sqlite { path: name(from), source };
    is_there(from)?;
    lock::may_be_opened(from)?;
    // It only reads from this file, which a read-only connection would not allow.
    let source = connect(from).map_err(unusable)?;
    if schema::mark(&source).map_err(unusable)? == BACKUP_MARK {
        return Err(OpenError::Backup { path: name(from) });
    }
    lock::has_all(&source, from)?;
    drop(make(to)?);
    let written = source
        .execute("VACUUM INTO ?1", [to.display().to_string()])
        .and_then(|_| Connection::open(to))
        .and_then(|copy| {
            mark::is_complete(&copy)?;
            copy.pragma_update(None, "application_id", BACKUP_MARK)
        });
    if let Err(source) = written {
        // Half a backup is useless.
        drop(fs::remove_file(to));
        return Err(OpenError::Sqlite { path: name(to), source });
    }
    on_disk(to)?;
    let hashed = File::open(to).and_then(|mut file| hashed(&mut file, &mut io::sink(), |_| ()));
    hashed.map_err(|source| OpenError::File { path: name(to), source })
}

/// Copies bytes, and returns their SHA-256. Reports the number of bytes copied so far.
fn hashed(from: &mut impl Read, to: &mut impl Write, mut progress: impl FnMut(u64)) -> io::Result<Digest> {
    let (mut hasher, mut part, mut copied) = (Sha256::new(), vec![0; 65_536], 0);
    loop {
        let read = from.read(&mut part)?;
        if read == 0 {
            return Ok(hasher.into());
        }
        hasher.update(&part[..read]);
        to.write_all(&part[..read])?;
        copied += u64::try_from(read).unwrap_or(0);
        progress(copied);
    }
}

/// A restore in progress: a backup that will replace a database.
pub struct Restoring {
    /// Locked during this attempt. Closed last: closing it drops the locks that SQLite holds on it.
    file: File,
    unfinished: PathBuf,
    target: PathBuf,
    backup: PathBuf,
}

impl Restoring {
    /// Copies a backup next to its target, under a temporary name, and checks its integrity. Removes the
    /// remains of an earlier attempt. With a digest, accepts only the file with that digest. Reports the number of
    /// bytes copied so far.
    pub fn begin(
        backup: &Path,
        target: &Path,
        expected: Option<Digest>,
        progress: impl FnMut(u64),
    ) -> Result<Self, OpenError> {
        // SQLite would apply a leftover log of another database to the restored one when opening it.
        for beside in ["", "-wal", "-shm", "-journal"] {
            let mut there = target.as_os_str().to_owned();
            there.push(beside);
            if Path::new(&there).symlink_metadata().is_ok() {
                return Err(OpenError::Taken { path: name(Path::new(&there)) });
            }
        }
        let mut unfinished = target.as_os_str().to_owned();
        unfinished.push(".restoring");
        let unfinished = PathBuf::from(unfinished);
        forget_earlier(&unfinished)?;
        let to = make(&unfinished)?;
        let is_busy = OpenError::Restoring { path: name(target) };
        to.try_lock().map_err(|_| is_busy)?;
        // From here on the file belongs to this attempt, and is removed with it.
        let restoring = Self { file: to, unfinished, target: target.to_owned(), backup: backup.to_owned() };
        let copied =
            File::open(backup).and_then(|mut from| hashed(&mut from, &mut &restoring.file, progress));
        let digest = copied.map_err(|source| OpenError::File { path: name(backup), source })?;
        if expected.is_some_and(|expected| expected != digest) {
            return Err(OpenError::OtherBackup { path: name(backup) });
        }
        let unusable = |source| OpenError::Sqlite { path: name(backup), source };
        let copy = connect_for_reading(&restoring.unfinished).map_err(unusable)?;
        if schema::mark(&copy).map_err(unusable)? != BACKUP_MARK {
            return Err(OpenError::NoBackup { path: name(backup) });
        }
        let check: String =
            copy.query_row("PRAGMA integrity_check", [], |row| row.get(0)).map_err(unusable)?;
        if check != "ok" {
            return Err(OpenError::Broken { path: name(backup), found: check });
        }
        Ok(restoring)
    }

    /// Opens the backup as a store, for the changes before anybody may use it.
    pub fn store(&self) -> Result<Sqlite, OpenError> {
        let connection = schema::open_backup(&self.unfinished).map_err(|error| match error {
            OpenError::Changed { found, .. } => OpenError::Changed { path: name(&self.backup), found },
            other => other,
        })?;
        // Sessions that were signed out since would be valid again.
        let unusable = |source| OpenError::Sqlite { path: name(&self.unfinished), source };
        mark::is_complete(&connection).map_err(unusable)?;
        connection.execute("DELETE FROM sessions", []).map_err(unusable)?;
        manage::disable_all(&connection).map_err(unusable)?;
        Sqlite::unfinished(connection, &self.unfinished)
    }

    /// Removes the mark, and moves the file to its target. Nobody may have it open any more.
    pub fn finish(self) -> Result<(), OpenError> {
        let unusable = |source| OpenError::Sqlite { path: name(&self.unfinished), source };
        let file = Connection::open(&self.unfinished).map_err(unusable)?;
        file.pragma_update(None, "application_id", 0).map_err(unusable)?;
        // Takes the log into the file, because only the file itself is renamed.
        let waited: i32 =
            file.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0)).map_err(unusable)?;
        if waited != 0 {
            return Err(OpenError::Served { path: name(&self.unfinished) });
        }
        file.close().map_err(|(_, source)| unusable(source))?;
        on_disk(&self.unfinished)?;
        let failed = |source| OpenError::File { path: name(&self.target), source };
        lock::forget(&self.target).map_err(failed)?;
        private_file::publish(&self.unfinished, &self.target).map_err(failed)?;
        on_disk(&self.target)
    }
}

/// Removes the file if it was not moved to its target.
impl Drop for Restoring {
    fn drop(&mut self) {
        throw_away(&self.unfinished);
    }
}

/// Removes the remains of an earlier attempt, unless that is still running.
fn forget_earlier(unfinished: &Path) -> Result<(), OpenError> {
    let failed = |source| OpenError::File { path: name(unfinished), source };
    let left = match private_file::open_plain(unfinished) {
        Ok(left) => left,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed(error)),
    };
    if left.try_lock().is_err() {
        return Err(OpenError::Restoring { path: name(unfinished) });
    }
    private_file::remove(unfinished).map_err(failed)?;
    throw_away(unfinished);
    Ok(())
}

fn throw_away(unfinished: &Path) {
    for beside in ["", "-wal", "-shm", "-journal"] {
        let mut file = unfinished.to_owned().into_os_string();
        file.push(beside);
        drop(fs::remove_file(file));
    }
}

/// Creates an empty file for its owner alone; the name must be free.
fn make(path: &Path) -> Result<File, OpenError> {
    private_file::create(path).map_err(|source| match source.kind() {
        io::ErrorKind::AlreadyExists => OpenError::Taken { path: name(path) },
        _ => OpenError::File { path: name(path), source },
    })
}

/// Syncs a file and its name to the disk.
fn on_disk(path: &Path) -> Result<(), OpenError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(path)
        .and_then(|file| file.sync_all())
        .and_then(|()| File::open(folder)?.sync_all())
        .map_err(|source| OpenError::File { path: name(path), source })
}
