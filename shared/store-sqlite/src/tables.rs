//! The tables of the file, and their migrations from earlier versions.

use rusqlite::Connection;

use super::{events, manage, mark, passkeys, seals, since_8, trailing};

/// The version of the tables, kept in the file.
pub(super) const VERSION: u32 = 10;

/// Bodies are the domain's types as JSON, which keeps unknown fields of a newer Jeton. Other columns are for
/// conditions and lookups, or for changes without a new version.
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
/// A deleted manage token keeps its row, so that its id is not reused while there may be events of it.
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

/// Creates the missing tables; returns the resulting version, or 0 for a file of other programs.
pub(super) fn make_tables(connection: &Connection) -> rusqlite::Result<u32> {
    // Another process may have created them while this one waited for the lock.
    let found = version(connection)?;
    if found == 0 {
        let of_others: u32 =
            connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        if of_others > 0 || has_log(connection)? {
            return Ok(0);
        }
        connection.execute_batch(TABLES)?;
        connection.execute_batch(events::TABLES)?;
    }
    if found <= 1 {
        connection.execute_batch(SINCE_1)?;
    }
    if found <= 2 {
        connection.execute_batch(trailing::SINCE_2)?;
    }
    if found <= 3 {
        connection.execute_batch(SINCE_3)?;
    }
    if found <= 4 {
        connection.execute_batch(seals::SINCE_4)?;
    }
    if found <= 5 {
        connection.execute_batch(SINCE_5)?;
    }
    if found <= 6 {
        connection.execute_batch(manage::SINCE_6)?;
        connection.execute_batch(mark::SINCE_6)?;
        connection.execute_batch(seals::SINCE_6)?;
    }
    // Version 8 has the tables of version 7. Its servers cache tokens in memory, which commands of version 7
    // do not know.
    if found <= 8 {
        since_8::migrate(connection)?;
    }
    if found <= 9 {
        connection.execute_batch(passkeys::SINCE_9)?;
    }
    if found < VERSION {
        connection.pragma_update(None, "user_version", VERSION)?;
    }
    version(connection)
}

/// The version of the schema in the file.
pub(super) fn version(connection: &Connection) -> rusqlite::Result<u32> {
    connection.query_row("PRAGMA user_version", [], |row| row.get(0))
}

/// Whether a file is in WAL mode.
pub(super) fn has_log(connection: &Connection) -> rusqlite::Result<bool> {
    let mode: String = connection.query_row("PRAGMA journal_mode", [], |row| row.get(0))?;
    Ok(mode == "wal")
}
