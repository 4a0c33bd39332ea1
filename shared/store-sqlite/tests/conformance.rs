//! Conformance of the store in a SQLite file.

use std::future::{Ready, ready};

use jeton_store_sqlite::Sqlite;
use jeton_tests::store::fresh_folder;

fn empty() -> Ready<Sqlite> {
    ready(Sqlite::open(&fresh_folder().join("jeton.db")).unwrap())
}

jeton_store_conformance::suite!(empty);
