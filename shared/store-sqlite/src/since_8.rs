//! The migration of a file of version 8, whose events have an index of all uuids and one by object.
//!
//! Neither is updated with each event any more (`blocks`, `trailing`): each wrote a page for nearly each event.
//! The events themselves stay where they are, so that a file with a million of them is migrated in seconds.

use rusqlite::{Connection, Result};

use super::{blocks, trailing};

/// Turns the constraint of unique uuids into an index with a name, which has the same pages and can be dropped:
/// SQLite has no statement for that. Its pages are free then, for further events.
const NAME_THE_INDEX: &str = "
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET name = 'events_uuid', sql = 'CREATE UNIQUE INDEX events_uuid ON events (uuid)'
    WHERE type = 'index' AND name = 'sqlite_autoindex_events_1';
UPDATE sqlite_schema SET sql = replace(sql, 'uuid BLOB NOT NULL UNIQUE,', 'uuid BLOB NOT NULL,')
    WHERE type = 'table' AND name = 'events';
PRAGMA writable_schema = RESET;
";

/// Makes the tables of version 9 from those of version 8. A table of events that has no such constraint, as in
/// a new file, stays as it is: the check of the schema follows.
pub(super) fn migrate(connection: &Connection) -> Result<()> {
    let sql = "SELECT sql LIKE '%uuid BLOB NOT NULL UNIQUE,%' FROM sqlite_schema
        WHERE type = 'table' AND name = 'events'";
    let is_unique: bool = connection.query_row(sql, [], |row| row.get(0))?;
    connection.execute_batch(blocks::SINCE_8)?;
    connection.execute_batch(trailing::SINCE_8)?;
    if is_unique {
        connection.execute_batch(NAME_THE_INDEX)?;
        // The index has the events from the oldest on, so the first one of a block is its oldest.
        connection.execute(
            "INSERT OR IGNORE INTO event_blocks
                SELECT seq >> ?1, uuid FROM events INDEXED BY events_uuid ORDER BY uuid",
            [blocks::BITS],
        )?;
        connection.execute_batch(
            "UPDATE events_indexed SET newest = coalesce((SELECT max(uuid) FROM events INDEXED BY events_uuid), x'');
            DROP INDEX events_uuid",
        )?;
    }
    connection.execute_batch(blocks::INDEX)
}
