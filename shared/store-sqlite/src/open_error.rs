//! Why a file cannot be used as a store.

use std::{
    fs, io,
    path::{self, Path},
};

/// Why a file cannot be used as a store, as a sentence for the operator.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file cannot be created or opened.
    #[error("the database {path} cannot be opened: {source}")]
    File {
        /// The file.
        path: String,
        /// The cause.
        source: io::Error,
    },
    /// SQLite rejects the file.
    #[error("the database {path} cannot be used: {source}")]
    Sqlite {
        /// The file.
        path: String,
        /// The cause.
        source: rusqlite::Error,
    },
    /// A newer Jeton has written the file.
    #[error(
        "the database {path} was written by a newer Jeton (its schema is version {found}, this program knows {known}); use that Jeton, or another file"
    )]
    Newer {
        /// The file.
        path: String,
        /// The version of its schema.
        found: u32,
        /// The newest version that this program supports.
        known: u32,
    },
    /// The file is a backup, which may have copies that were deleted since.
    #[error("{path} is a backup: put it in place with `jeton restore`")]
    Backup {
        /// The file.
        path: String,
    },
    /// The file is not the one that was backed up.
    #[error("{path} is not the backup that was made: its SHA-256 is another than that of --digest")]
    OtherBackup {
        /// The file.
        path: String,
    },
    /// The file is not a backup.
    #[error("{path} is no file that `jeton backup` has written")]
    NoBackup {
        /// The file.
        path: String,
    },
    /// SQLite found the file corrupt.
    #[error("the backup {path} is damaged: {found}")]
    Broken {
        /// The file.
        path: String,
        /// The message of SQLite.
        found: String,
    },
    /// The file to be created exists already.
    #[error("{path} is there already, and nothing is written over it; choose another name, or remove it")]
    Taken {
        /// The file.
        path: String,
    },
    /// The newest writes are lost.
    #[error(
        "what was written last into the database {path} is lost: its log {path}-wal was removed or emptied after a server was killed, or the file is an older one; put the log back, or restore a backup with `jeton restore`. To go on without what is lost, remove {marker}"
    )]
    LogLost {
        /// The file.
        path: String,
        /// The note of the server that was running.
        marker: String,
    },
    /// The file was moved without the log that belongs to it.
    #[error(
        "{path} is a database without its log: it was copied or linked while a server was at work on it, or after one was killed, and what was written last is not in it; put the log of that database beside it as {path}-wal, or make a copy with `jeton backup`. To go on without what is lost, delete the row of the table `served` in it"
    )]
    WithoutLog {
        /// The file.
        path: String,
    },
    /// Another `jeton restore` is running.
    #[error("another `jeton restore` is at work on {path}; wait until it is done")]
    Restoring {
        /// The file.
        path: String,
    },
    /// There is no database.
    #[error(
        "there is no database {path}; `jeton serve` and `jeton init` make one, other commands do not (see JETON_STORE)"
    )]
    Missing {
        /// The file.
        path: String,
    },
    /// The file has objects that Jeton does not create.
    #[error(
        "the database {path} is not as Jeton makes it: {found}. Somebody has changed it, and it could do something else than Jeton does; restore a backup"
    )]
    Changed {
        /// The file.
        path: String,
        /// The difference.
        found: String,
    },
    /// The file has no tables, and is not new.
    #[error(
        "the database {path} has no tables although it is not new: its log {path}-wal was lost, or it is of another program; restore a backup, or choose another file with JETON_STORE"
    )]
    NotNew {
        /// The file.
        path: String,
    },
    /// A server has opened the file under another name.
    #[error(
        "a `jeton serve` is running on the database {path} under another name of that file, such as a hard link; use the name that it was started with"
    )]
    OtherName {
        /// The file.
        path: String,
    },
    /// Another `jeton serve` has opened the file.
    #[error(
        "another `jeton serve` is running on the database {path}; stop it first, or choose another file with JETON_STORE"
    )]
    Served {
        /// The file.
        path: String,
    },
}

/// The path of a file in the errors.
pub(super) fn name(path: &Path) -> String {
    path.display().to_string()
}

/// Checks that there is a file that may be a database.
pub(super) fn is_there(path: &Path) -> Result<(), OpenError> {
    match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(missing(path)),
        Err(source) => Err(OpenError::File { path: name(path), source }),
        Ok(found) if found.is_file() && found.len() == 0 => Err(missing(path)),
        Ok(found) => is_file(path, found.file_type()),
    }
}

fn missing(path: &Path) -> OpenError {
    // The whole path shows when a relative one was resolved in the wrong folder.
    OpenError::Missing { path: name(&path::absolute(path).unwrap_or_else(|_| path.to_owned())) }
}

/// Checks that the type of a file allows a database.
pub(super) fn is_file(path: &Path, kind: fs::FileType) -> Result<(), OpenError> {
    if kind.is_file() {
        return Ok(());
    }
    let what = if kind.is_dir() { "it is a folder" } else { "it is not a regular file" };
    Err(OpenError::File { path: name(path), source: io::Error::other(what) })
}
