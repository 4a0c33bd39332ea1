//! The write-ahead log, whose length is limited: a slow reader can make it long.

use std::{fs, path::Path};

use rusqlite::Connection;

use super::{connection::without_waiting, mark::Mark};

/// The size limit of the log, in bytes: somewhat more than it has between two checkpoints.
pub(super) const LIMIT: u64 = 6 << 20;

/// The size of a page, in bytes.
const PAGE: u64 = 4096;

/// SQLite's default checkpoint threshold, in pages.
const PAGES: u64 = 1000;

/// Less than the shortest log with an entry, in bytes: its header, and the header of an entry.
const EMPTY: u64 = 32 + 24;

/// Limits the size of a restarted log. Returns the checkpoint threshold in pages.
pub(super) fn limit(connection: &Connection, bytes: u64) -> rusqlite::Result<i32> {
    connection.pragma_update(None, "journal_size_limit", bytes.min(LIMIT).cast_signed())?;
    let pages = (bytes / 2 / PAGE).clamp(1, PAGES);
    Ok(i32::try_from(pages).unwrap_or(i32::MAX))
}

/// Whether a database has a log with entries.
pub(super) fn has_entries(database: &Path) -> bool {
    let mut log = database.as_os_str().to_owned();
    log.push("-wal");
    fs::metadata(log).is_ok_and(|log| log.len() > EMPTY)
}

/// Checkpoints the log as far as no reader needs it, so that it is restarted by the next write.
pub(super) fn take_in(connection: &Connection) {
    let taken = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
    if let Err(error) = taken {
        tracing::warn!(%error, "the log of the database was not taken in");
    }
}

/// Checkpoints and restarts a log that is too long, unless a reader needs it: nobody waits for that.
pub(super) fn shorten(connection: &Connection, mark: &mut Mark) {
    let shortened = without_waiting(|| {
        let busy: i32 = connection.query_row("PRAGMA wal_checkpoint(RESTART)", [], |row| row.get(0))?;
        if busy == 0 {
            // The first write into the log truncates it to its limit.
            mark.renew(connection);
        }
        Ok::<_, rusqlite::Error>(())
    });
    if let Err(error) = shortened {
        tracing::debug!(%error, "the log of the database stays long for now");
    }
}
