//! The write-ahead log, which must not stay as long as a slow reader has once made it.

use std::{fs, path::Path, time::Duration};

use rusqlite::Connection;

use super::{connection::wait_for_others, mark::Mark};

/// How long the log may stay, in bytes: somewhat more than it has between two checkpoints.
pub(super) const LIMIT: u64 = 6 << 20;

/// How long a page is, in bytes.
const PAGE: u64 = 4096;

/// After how many pages SQLite takes the log in unless it is told otherwise.
const PAGES: u64 = 1000;

/// Less than the shortest log that has an entry, in bytes: its head, and the head of an entry.
const EMPTY: u64 = 32 + 24;

/// Keeps the log that a connection begins anew at most so long. Gives with how many pages it is to be taken in.
pub(super) fn limit(connection: &Connection, bytes: u64) -> rusqlite::Result<i32> {
    connection.pragma_update(None, "journal_size_limit", bytes.min(LIMIT).cast_signed())?;
    let pages = (bytes / 2 / PAGE).clamp(1, PAGES);
    Ok(i32::try_from(pages).unwrap_or(i32::MAX))
}

/// Whether there is a log beside a database with anything in it.
pub(super) fn has_entries(database: &Path) -> bool {
    let mut log = database.as_os_str().to_owned();
    log.push("-wal");
    fs::metadata(log).is_ok_and(|log| log.len() > EMPTY)
}

/// Takes the log into the file as far as nobody reads it, so that it begins anew with the next write.
pub(super) fn take_in(connection: &Connection) {
    let taken = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
    if let Err(error) = taken {
        tracing::warn!(%error, "the log of the database was not taken in");
    }
}

/// Takes in a log that is too long, and begins it anew, unless somebody reads it: nobody waits for that.
pub(super) fn shorten(connection: &mut Connection, mark: &mut Mark) {
    let mut without_waiting = || {
        connection.busy_timeout(Duration::ZERO)?;
        let busy: i32 = connection.query_row("PRAGMA wal_checkpoint(RESTART)", [], |row| row.get(0))?;
        if busy == 0 {
            // The log is cut to its limit by the first write into it.
            mark.renew(connection);
        }
        Ok::<_, rusqlite::Error>(())
    };
    if let Err(error) = without_waiting() {
        tracing::debug!(%error, "the log of the database stays long for now");
    }
    if let Err(error) = wait_for_others(connection) {
        tracing::error!(%error, "the writer no longer waits for other processes");
    }
}
