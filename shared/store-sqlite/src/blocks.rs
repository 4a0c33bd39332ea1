//! Blocks of events: what retention finds old events by.
//!
//! Events are numbered as they are stored, which is nearly the order of their uuids. So instead of an index
//! of all uuids there is one row for each block of numbers, with the oldest uuid in it. The rows trail behind
//! the events, like the index of feeds.

use std::collections::BTreeMap;

use jeton_core::event::first_uuid_at;
use jeton_core::time::Timestamp;
use rusqlite::{Connection, Result, params};
use uuid::Uuid;

use super::sql::{many, sql_limit};

/// What a file of version 8 lacks.
pub(super) const SINCE_8: &str = "
CREATE TABLE event_blocks (block INTEGER PRIMARY KEY, oldest BLOB NOT NULL) STRICT;
";

/// The index over the table above, made once that is filled.
pub(super) const INDEX: &str = "CREATE INDEX event_blocks_oldest ON event_blocks (oldest);";

/// How many bits of a number are its place within its block: 512 events, some 200 KB.
pub(super) const BITS: u32 = 9;

/// How many blocks are read at a time, so that nobody waits long for it.
const AT_A_TIME: u32 = 16;

/// How many events are read at a time that are in no block yet.
const NOT_IN_BLOCKS: i64 = 8192;

/// The oldest uuids of the blocks of some events.
#[derive(Debug, Default)]
pub(super) struct Blocks(BTreeMap<i64, Uuid>);

impl Blocks {
    /// Adds an event.
    pub(super) fn add(&mut self, seq: i64, uuid: Uuid) {
        let oldest = self.0.entry(seq >> BITS).or_insert(uuid);
        *oldest = uuid.min(*oldest);
    }

    /// How many blocks the events are in.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Writes them to the file.
    pub(super) fn store(&self, connection: &Connection) -> Result<()> {
        let sql = "INSERT INTO event_blocks (block, oldest) VALUES (?1, ?2)
            ON CONFLICT DO UPDATE SET oldest = excluded.oldest WHERE excluded.oldest < oldest";
        let mut insert = connection.prepare_cached(sql)?;
        for (block, oldest) in &self.0 {
            insert.execute(params![block, oldest.as_bytes()])?;
        }
        Ok(())
    }
}

/// Removes some events from before `start`, with their entries in the index of feeds. One that is removed
/// before it has entries there leaves dangling ones, which reads skip. The newest event stays, so that no
/// number is reused.
pub(super) fn clean(connection: &Connection, start: Timestamp, at_a_time: usize) -> Result<usize> {
    let first = first_uuid_at(start);
    let upto: i64 = connection.query_row("SELECT upto FROM events_indexed", [], |row| row.get(0))?;
    let mut gone = 0;
    let sql = "SELECT block FROM event_blocks WHERE oldest < ?1 ORDER BY oldest LIMIT ?2";
    for block in many(connection, sql, params![first.as_bytes(), AT_A_TIME], |row| row.get::<_, i64>(0))? {
        let (from, until) = (block << BITS, (block + 1) << BITS);
        if gone < at_a_time {
            gone += remove(connection, from, until, first, at_a_time - gone)?;
            renew(connection, block, from, until)?;
        }
    }
    if gone < at_a_time {
        gone += remove(connection, upto + 1, upto + 1 + NOT_IN_BLOCKS, first, at_a_time - gone)?;
    }
    Ok(gone)
}

fn remove(connection: &Connection, from: i64, until: i64, first: Uuid, at_most: usize) -> Result<usize> {
    let sql = "DELETE FROM events WHERE seq IN (
            SELECT seq FROM events WHERE seq >= ?1 AND seq < ?2 AND seq < (SELECT max(seq) FROM events)
                AND uuid < ?3 LIMIT ?4
        ) RETURNING project, by_token, object_type, object_id, uuid";
    let mut delete = connection.prepare_cached(sql)?;
    let gone = delete.query_map(params![from, until, first.as_bytes(), sql_limit(at_most)], |row| {
        let (project, by): (i64, Option<i64>) = (row.get(0)?, row.get(1)?);
        let object: (Option<String>, Option<String>) = (row.get(2)?, row.get(3)?);
        Ok((project, by, object, row.get::<_, Vec<u8>>(4)?))
    })?;
    let gone: Vec<_> = gone.collect::<Result<_>>()?;
    for (project, by, (kind, id), uuid) in &gone {
        if by.is_some() {
            let sql = "DELETE FROM events_of_token WHERE project = ?1 AND token = ?2 AND uuid = ?3";
            connection.prepare_cached(sql)?.execute((project, by, uuid))?;
        }
        if kind.is_some() {
            let sql = "DELETE FROM events_with_object
                WHERE project = ?1 AND object_type = ?2 AND object_id = ?3 AND uuid = ?4";
            connection.prepare_cached(sql)?.execute((project, kind, id, uuid))?;
        }
    }
    Ok(gone.len())
}

/// Finds the oldest event that is left of a block.
fn renew(connection: &Connection, block: i64, from: i64, until: i64) -> Result<()> {
    let sql = "SELECT min(uuid) FROM events WHERE seq >= ?1 AND seq < ?2";
    let oldest: Option<Vec<u8>> =
        connection.prepare_cached(sql)?.query_row((from, until), |row| row.get(0))?;
    match oldest {
        Some(oldest) => connection
            .prepare_cached("UPDATE event_blocks SET oldest = ?2 WHERE block = ?1")?
            .execute((block, oldest))?,
        None => connection.prepare_cached("DELETE FROM event_blocks WHERE block = ?1")?.execute([block])?,
    };
    Ok(())
}
