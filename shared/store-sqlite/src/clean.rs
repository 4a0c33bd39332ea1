//! Retention: removal of expired rows.

use jeton_core::{share::Share, time::Timestamp};
use rusqlite::{Connection, Result};

use super::{
    blocks,
    commit::remove_invitation,
    manage, seals,
    sql::{many, parsed},
};

/// How many rows of each kind are removed at a time, so that nobody waits long for it.
const AT_A_TIME: u32 = 1000;

/// A day in milliseconds.
const DAY: i64 = 86_400_000;

/// Removes some expired rows, and returns how many.
///
/// A uuid is never of an earlier time than its event, so the uuids show which events are old. A tombstone
/// stays a day longer than its deletion's event, for events that were being written then.
pub(super) fn clean(connection: &Connection, now: Timestamp) -> Result<u64> {
    let start = now.retention_start();
    let events = blocks::clean(connection, start, AT_A_TIME as usize)?;
    let tombstones = connection
        .prepare_cached(
            "DELETE FROM tombstones WHERE rowid IN
                (SELECT rowid FROM tombstones WHERE deleted < ?1 LIMIT ?2)",
        )?
        .execute((start.millis() - DAY, AT_A_TIME))?;
    let sessions = connection
        .prepare_cached(
            "DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE expires <= ?1 LIMIT ?2)",
        )?
        .execute((now.millis(), AT_A_TIME))?;
    let receipts = connection
        .prepare_cached(
            "DELETE FROM receipts WHERE id IN (SELECT id FROM receipts WHERE ends <= ?1 LIMIT ?2)",
        )?
        .execute((now.millis(), AT_A_TIME))?;
    let budgets = connection
        .prepare_cached(
            "DELETE FROM budgets WHERE key IN (SELECT key FROM budgets WHERE ends <= ?1 LIMIT ?2)",
        )?
        .execute((now.millis(), AT_A_TIME))?;
    let beside = seals::clean(connection, start, AT_A_TIME)? + manage::clean(connection, start, AT_A_TIME)?;
    Ok((events + tombstones + shares(connection, start)? + sessions + receipts + budgets + beside) as u64)
}

/// Removes old shares and invitations, and frees the address of an invitation that was never accepted.
fn shares(connection: &Connection, start: Timestamp) -> Result<usize> {
    let sql = "SELECT id, body FROM shares WHERE expires < ?1 LIMIT ?2";
    let closed = many(connection, sql, (start.millis(), AT_A_TIME), |row| {
        Ok((row.get::<_, String>(0)?, parsed::<Share>(row, 1)))
    })?;
    for (id, share) in &closed {
        match share {
            Ok(share) => {
                remove_invitation(connection, share.project, &share.recipient, &share.id)?;
            }
            // The address is unknown, so all are searched.
            Err(_) => {
                connection.prepare_cached("DELETE FROM addresses WHERE invitation = ?1")?.execute([id])?;
            }
        }
        connection.prepare_cached("DELETE FROM shares WHERE id = ?1")?.execute([id])?;
    }
    Ok(closed.len())
}
