//! The write-ahead log, which must not stay as long as a slow reader has once made it.

use std::time::Duration;

use rusqlite::Connection;

use super::schema::wait_for_others;

/// How long the log may stay, in bytes: somewhat more than it has between two checkpoints.
pub(super) const LIMIT: u64 = 6 << 20;

/// How long a quiet writer waits before it tries again to shorten the log.
pub(super) const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// How long a page is, in bytes.
const PAGE: u64 = 4096;

/// After how many pages SQLite takes the log in unless it is told otherwise.
const PAGES: u64 = 1000;

/// Keeps the log that a connection begins anew at most so long.
pub(super) fn limit(connection: &Connection, bytes: u64) -> rusqlite::Result<()> {
    connection.pragma_update(None, "journal_size_limit", bytes.min(LIMIT).cast_signed())?;
    let pages = (bytes / 2 / PAGE).clamp(1, PAGES);
    connection.pragma_update(None, "wal_autocheckpoint", pages.cast_signed())
}

/// Writes something, which begins the log anew.
fn begin(connection: &Connection) {
    let begun = super::schema::version(connection)
        .and_then(|version| connection.pragma_update(None, "user_version", version));
    if let Err(error) = begun {
        tracing::warn!(%error, "the log of the database is not begun anew");
    }
}

/// Takes the log into the file as far as nobody reads it, so that it begins anew with the next write.
pub(super) fn take_in(connection: &Connection) {
    let taken = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
    if let Err(error) = taken {
        tracing::warn!(%error, "the log of the database was not taken in");
    }
}

/// Takes in a log that is too long, and begins it anew, unless somebody reads it: nobody waits for that.
pub(super) fn shorten(connection: &mut Connection) {
    let without_waiting = || {
        connection.busy_timeout(Duration::ZERO)?;
        let busy: i32 = connection.query_row("PRAGMA wal_checkpoint(RESTART)", [], |row| row.get(0))?;
        if busy == 0 {
            // The log is cut to its limit by the first write into it.
            begin(connection);
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
