//! A copy of the file as of one moment, while servers and commands work on it, and the way back.
//!
//! A backup is older than what it replaces: a copy of a token that was taken back since is alive in it. So it
//! carries a mark that keeps it from being served by mistake; see `jeton restore` for how it loses it.

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

/// Writes a backup of the database to a file that must not be there yet, readable by its owner only.
///
/// What had been acknowledged when this began is in it. Nobody waits for it: it reads beside who writes. Gives the SHA-256 of the
/// file.
pub fn backup(from: &Path, to: &Path) -> Result<Digest, OpenError> {
    let unusable = |source| OpenError::Sqlite { path: name(from), source };
    is_there(from)?;
    lock::may_be_opened(from)?;
    // It only reads from this file, which a connection for reading would not believe.
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
        // Half a backup is none.
        drop(fs::remove_file(to));
        return Err(OpenError::Sqlite { path: name(to), source });
    }
    on_disk(to)?;
    let hashed = File::open(to).and_then(|mut file| hashed(&mut file, &mut io::sink()));
    hashed.map_err(|source| OpenError::File { path: name(to), source })
}

/// Copies bytes, and gives their SHA-256.
fn hashed(from: &mut impl Read, to: &mut impl Write) -> io::Result<Digest> {
    let (mut hasher, mut part) = (Sha256::new(), vec![0; 65_536]);
    loop {
        let read = from.read(&mut part)?;
        if read == 0 {
            return Ok(hasher.into());
        }
        hasher.update(&part[..read]);
        to.write_all(&part[..read])?;
    }
}

/// A backup that is being put in the place of a database.
pub struct Restoring {
    /// Locked as long as this attempt goes on. Closed last: that drops the locks that SQLite holds on it.
    file: File,
    unfinished: PathBuf,
    target: PathBuf,
    backup: PathBuf,
}

impl Restoring {
    /// Copies a backup to where it is to go, under a name of its own, and sees that it is whole. What an earlier
    /// attempt left there is thrown away. With a digest, only the file that has it is taken.
    pub fn begin(backup: &Path, target: &Path, expected: Option<Digest>) -> Result<Self, OpenError> {
        // A log of another database beside it would be taken into the restored one when that is opened.
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
        // From here on it is of this attempt, and goes with it.
        let restoring = Self { file: to, unfinished, target: target.to_owned(), backup: backup.to_owned() };
        let copied = File::open(backup).and_then(|mut from| hashed(&mut from, &mut &restoring.file));
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

    /// The store in it, for what has to be done before anybody may use it.
    pub fn store(&self) -> Result<Sqlite, OpenError> {
        let connection = schema::open_backup(&self.unfinished).map_err(|error| match error {
            OpenError::Changed { found, .. } => OpenError::Changed { path: name(&self.backup), found },
            other => other,
        })?;
        // Who had signed out since would be signed in again.
        let unusable = |source| OpenError::Sqlite { path: name(&self.unfinished), source };
        mark::is_complete(&connection).map_err(unusable)?;
        connection.execute("DELETE FROM sessions", []).map_err(unusable)?;
        manage::disable_all(&connection).map_err(unusable)?;
        Sqlite::unfinished(connection, &self.unfinished)
    }

    /// Takes the mark off, and puts the file in its place. Nobody may have it open any more.
    pub fn finish(self) -> Result<(), OpenError> {
        let unusable = |source| OpenError::Sqlite { path: name(&self.unfinished), source };
        let file = Connection::open(&self.unfinished).map_err(unusable)?;
        file.pragma_update(None, "application_id", 0).map_err(unusable)?;
        // What lies beside the file is taken into it: the file alone gets the name.
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

/// What was not put in place is thrown away.
impl Drop for Restoring {
    fn drop(&mut self) {
        throw_away(&self.unfinished);
    }
}

/// Throws away what an earlier attempt has left, unless that goes on still.
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

/// Makes an empty file for its owner alone; none may be there.
fn make(path: &Path) -> Result<File, OpenError> {
    private_file::create(path).map_err(|source| match source.kind() {
        io::ErrorKind::AlreadyExists => OpenError::Taken { path: name(path) },
        _ => OpenError::File { path: name(path), source },
    })
}

/// Sees that a file and its name have reached the disk.
fn on_disk(path: &Path) -> Result<(), OpenError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(path)
        .and_then(|file| file.sync_all())
        .and_then(|()| File::open(folder)?.sync_all())
        .map_err(|source| OpenError::File { path: name(path), source })
}
