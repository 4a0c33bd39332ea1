//! The promises of the SQLite adapter alone: about its file, and about other processes that use it.

mod file;
mod groups;
mod memory;
mod processes;
mod reads;
mod retention;
mod revocations;
mod trailing;
mod version_8;

use std::path::{Path, PathBuf};

use jeton_store_sqlite::Sqlite;
use jeton_tests::store::fresh_folder;

/// A store in a new file.
fn fresh_store() -> (Sqlite, PathBuf) {
    let path = fresh_folder().join("jeton.db");
    (Sqlite::open(&path).unwrap(), path)
}

/// A connection to the file past the store.
fn behind_its_back(path: &Path) -> rusqlite::Connection {
    rusqlite::Connection::open(path).unwrap()
}
