//! Connections to the file.

use std::{cell::Cell, path::Path, thread, time::Duration};

use rusqlite::{Connection, OpenFlags};

/// How long a connection waits before it tries again to get the lock of another process, and how many times:
/// together 5 seconds. A busy writer releases it only for moments between two groups; SQLite's own busy
/// timeout, which soon tries ten times a second, misses them.
pub(super) const LOOK_AGAIN: Duration = Duration::from_micros(500);
pub(super) const LOOKS: i32 = 10_000;

thread_local! {
    /// Whether this thread waits for no lock.
    static WAITS_FOR_NOBODY: Cell<bool> = const { Cell::new(false) };
}

/// Runs this without waiting when another process has the lock.
pub(super) fn without_waiting<T>(run: impl FnOnce() -> T) -> T {
    WAITS_FOR_NOBODY.set(true);
    let result = run();
    WAITS_FOR_NOBODY.set(false);
    result
}

/// Makes a connection wait until another process releases its lock.
fn wait_for_others(connection: &mut Connection) -> rusqlite::Result<()> {
    connection.busy_handler(Some(|looks| {
        if WAITS_FOR_NOBODY.get() {
            return false;
        }
        thread::sleep(LOOK_AGAIN);
        looks < LOOKS
    }))
}

/// A connection that reads and writes.
pub(super) fn connect(path: &Path) -> rusqlite::Result<Connection> {
    // The absolute path, so that no file name means anything special to SQLite.
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags)?;
    wait_for_others(&mut connection)?;
    connection.set_prepared_statement_cache_capacity(64);
    // A file that somebody has modified calls no functions with effects outside of it.
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    // Only this reaches the disk on macOS; elsewhere it changes nothing.
    connection.pragma_update(None, "fullfsync", true)?;
    Ok(connection)
}

/// A connection that only reads.
pub(super) fn connect_for_reading(path: &Path) -> rusqlite::Result<Connection> {
    let connection = connect(path)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}
