//! The trailing index: the events by each token and about each object, in tables that trail behind the events.
//!
//! Tokens act in random order, so an index by token that is updated with each event would write a page for
//! nearly each event, and halve the rate; an index by object likewise. They are therefore filled in sorted
//! batches, in which neighbours share pages, and in small steps beside the writer's groups, so that nobody
//! waits for a batch. The newest events are in the tail, in memory. A crash loses nothing: the file says how
//! far the index reaches, and the events behind that are read again.
//!
//! No index makes uuids unique. An event that is newer than all others is new; any other one is looked up in
//! its first feed.

use std::{sync::Arc, time::Duration};

use jeton_core::id::TokenId;
use rusqlite::{Connection, Result, params};
use uuid::Uuid;

use super::{
    blocks::Blocks,
    sql::{self, data_version, sql_id},
    statements::Statements,
    tail::{Entry, NewEvent, Object, Sorted, Tail, TrailingFeed},
};

/// What a file of version 2 lacks. The table replaces an index that was updated with each event.
pub(super) const SINCE_2: &str = "
DROP INDEX events_by;
CREATE TABLE events_of_token (
    project INTEGER NOT NULL,
    token INTEGER NOT NULL,
    uuid BLOB NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (project, token, uuid)
) STRICT, WITHOUT ROWID;
INSERT INTO events_of_token
    SELECT project, by_token, uuid, seq FROM events WHERE by_token IS NOT NULL ORDER BY 1, 2, 3;
-- Up to which event the table above has them all.
CREATE TABLE events_indexed (upto INTEGER NOT NULL) STRICT;
INSERT INTO events_indexed SELECT coalesce(max(seq), 0) FROM events;
";

/// What a file of version 8 lacks. The table replaces an index that was updated with each event. No event up
/// to `upto` has a uuid after `newest`.
pub(super) const SINCE_8: &str = "
CREATE TABLE events_with_object (
    project INTEGER NOT NULL,
    object_type TEXT NOT NULL,
    object_id TEXT NOT NULL,
    uuid BLOB NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (project, object_type, object_id, uuid)
) STRICT, WITHOUT ROWID;
INSERT INTO events_with_object
    SELECT project, object_type, object_id, uuid, seq FROM events INDEXED BY events_of_object
    WHERE object_type IS NOT NULL AND object_id IS NOT NULL ORDER BY 1, 2, 3, 4;
DROP INDEX events_of_object;
ALTER TABLE events_indexed ADD COLUMN newest BLOB NOT NULL DEFAULT x'';
";

/// How many events the tail has before a batch begins while the writer is busy. Sorted, this many events of
/// 10,000 tokens are twenty to a token, which share a page. They take some 7 MB, twice while a batch is written.
const BATCH: usize = 196_608;

/// How long the writer must be idle before a short tail is indexed.
pub(super) const QUIET: Duration = Duration::from_millis(100);

/// How many entries a step adds while the writer is idle.
const STEP: usize = 512;

/// How many entries a step adds for each request of a group: more than an event has, so that a batch comes
/// to its end.
const FOR_EACH_REQUEST: usize = 3;

/// The writer's side: what it knows of the events in the file, and how far the index is.
#[derive(Debug)]
pub(super) struct TrailingIndex {
    tail: Arc<Tail>,
    /// SQLite's count of changes by others when the events were last read; `None` if they have to be read again.
    version: Option<i64>,
    /// The number of the newest event.
    last: i64,
    /// No event has a uuid after this.
    newest: Uuid,
    /// No event that is not in the tail has a uuid after this.
    indexed: Uuid,
    /// How many events are in the tail and in no batch.
    waiting: usize,
    /// The blocks of the events that are in no batch.
    blocks: Blocks,
    batch: Option<Batch>,
}

/// A part of the tail, some of which is in the file.
#[derive(Debug)]
struct Batch {
    events: Arc<Sorted>,
    next: Place,
    /// Its last event.
    upto: i64,
    newest: Uuid,
    blocks: Blocks,
}

/// A place in a batch: a feed, and an entry of it.
#[derive(Debug, Clone, Copy, Default)]
struct Place {
    feed: usize,
    entry: usize,
}

/// The result of one step, applied once its transaction is committed.
#[derive(Debug)]
pub(super) struct Step(Place);

impl TrailingIndex {
    /// Reads the events that are not in the index.
    pub(super) fn open(connection: &Connection) -> Result<Self> {
        let mut index = Self {
            tail: Arc::default(),
            version: Some(data_version(connection)?),
            last: 0,
            newest: Uuid::nil(),
            indexed: Uuid::nil(),
            waiting: 0,
            blocks: Blocks::default(),
            batch: None,
        };
        index.read(connection)?;
        Ok(index)
    }

    /// The tail, for readers.
    pub(super) fn tail(&self) -> Arc<Tail> {
        Arc::clone(&self.tail)
    }

    /// The number of the newest event.
    pub(super) const fn last(&self) -> i64 {
        self.last
    }

    /// A uuid that no event is after.
    pub(super) const fn newest(&self) -> Uuid {
        self.newest
    }

    /// Whether there are events to index.
    pub(super) fn is_behind(&self) -> bool {
        // Events that are in neither feed wait until they fill a block.
        self.batch.is_some() || self.waiting > 0 || self.blocks.len() > 1
    }

    /// Reads what other processes have appended. To be called at the beginning of a transaction, with
    /// SQLite's count of changes by others.
    pub(super) fn begin(&mut self, connection: &Connection, version: i64) -> Result<()> {
        if self.version != Some(version) {
            self.read(connection)?;
            self.version = Some(version);
        }
        Ok(())
    }

    /// Has the next transaction read what was appended: a commit failed, which may be stored all the same.
    pub(super) fn read_again(&mut self) {
        self.version = None;
    }

    /// Reads the events after those in the tail, of all processes, unless they are in the index.
    fn read(&mut self, connection: &Connection) -> Result<()> {
        let sql = "SELECT upto, newest, (SELECT max(seq) FROM events) FROM events_indexed";
        let (upto, newest, last) = connection.query_row(sql, [], |row| {
            let newest = match row.get_ref(1)?.as_blob()? {
                [] => Uuid::nil(),
                // Somebody else has written it: then each event is looked up.
                newest => Uuid::from_slice(newest).unwrap_or(Uuid::max()),
            };
            Ok((row.get::<_, i64>(0)?, newest, row.get::<_, Option<i64>>(2)?))
        })?;
        self.indexed = self.indexed.max(newest);
        self.newest = self.newest.max(newest);
        self.last = last.unwrap_or_default();
        let seen = self.tail.seen().max(upto);
        let sql = "SELECT seq, project, by_token, uuid, object_type, object_id FROM events
            WHERE seq > ?1 ORDER BY seq";
        let events = sql::many(connection, sql, [seen], |row| {
            let project = sql::project_id(row, 1)?;
            let by: Option<i64> = row.get(2)?;
            let by = by.and_then(|id| TokenId::new(id.cast_unsigned()));
            let uuid = Uuid::from_slice(row.get_ref(3)?.as_blob()?).unwrap_or_default();
            let object = row.get::<_, Option<String>>(4)?.zip(row.get(5)?);
            let object = object.map(|(kind, id)| Arc::new(Object { project, kind, id }));
            Ok(NewEvent { project, by, object, entry: Entry { uuid, seq: row.get(0)? } })
        })?;
        self.add(events, seen);
        Ok(())
    }

    /// Whether an event is stored, by its uuid and its first feed. `in_file` looks it up in an index of the file.
    pub(super) fn has(
        &self,
        uuid: Uuid,
        feed: Option<&TrailingFeed>,
        in_file: impl FnOnce() -> Result<bool>,
    ) -> Result<bool> {
        if uuid > self.newest {
            return Ok(false);
        }
        let Some(feed) = feed else { return in_file() };
        Ok(self.tail.has(feed, uuid) || (uuid <= self.indexed && in_file()?))
    }

    /// Does one step, in the transaction of a group of so many requests; of 0 when the writer is idle. The
    /// index grows only if it may.
    pub(super) fn step(&self, statements: &Statements<'_>, requests: usize, grows: bool) -> Result<Step> {
        let Some(batch) = &self.batch else { return Ok(Step(Place::default())) };
        if !grows {
            return Ok(Step(batch.next));
        }
        let at_most = if requests == 0 { STEP } else { requests * FOR_EACH_REQUEST };
        let mut next = batch.next;
        for _ in 0..at_most {
            let Some((feed, entries)) = batch.events.feed(next.feed) else { break };
            if let Some(entry) = entries.get(next.entry) {
                store(statements, feed, entry)?;
            }
            next.entry += 1;
            if next.entry >= entries.len() {
                next = Place { feed: next.feed + 1, entry: 0 };
            }
        }
        if next.feed >= batch.events.len() {
            let connection = statements.connection;
            batch.blocks.store(connection)?;
            // Another process may have indexed more.
            let sql = "UPDATE events_indexed SET upto = max(upto, ?1), newest = max(newest, ?2)";
            connection.prepare_cached(sql)?.execute(params![batch.upto, batch.newest.as_bytes()])?;
        }
        Ok(Step(next))
    }

    /// Applies what was committed: the events of the group, and a step. To be called before the requests of
    /// the group are answered.
    pub(super) fn stepped(&mut self, events: Vec<NewEvent>, Step(next): Step) {
        if let Some(last) = events.last() {
            self.last = last.entry.seq;
            self.add(events, self.last);
        }
        if let Some(batch) = &mut self.batch {
            batch.next = next;
            if next.feed >= batch.events.len() {
                self.indexed = self.indexed.max(batch.newest);
                self.batch = None;
                self.tail.forget_batch();
            }
        }
        if self.waiting >= BATCH {
            self.begin_batch();
        }
    }

    /// Begins a batch, if there are events and none is being written.
    pub(super) fn begin_batch(&mut self) {
        if self.batch.is_none() && self.is_behind() {
            self.batch = Some(Batch {
                events: self.tail.take_batch(),
                next: Place::default(),
                upto: self.tail.seen(),
                newest: self.newest,
                blocks: std::mem::take(&mut self.blocks),
            });
            self.waiting = 0;
        }
    }

    /// Adds stored events to the tail, all up to `seen`.
    fn add(&mut self, events: Vec<NewEvent>, seen: i64) {
        let seen = events.last().map_or(seen, |last| last.entry.seq);
        for NewEvent { entry, .. } in &events {
            self.newest = self.newest.max(entry.uuid);
            self.blocks.add(entry.seq, entry.uuid);
        }
        self.waiting += self.tail.add(events, seen);
    }
}

/// Whether the index in the file has an event.
pub(super) fn is_in_file(connection: &Connection, feed: &TrailingFeed, uuid: Uuid) -> Result<bool> {
    let uuid = uuid.as_bytes();
    match feed {
        TrailingFeed::Token(project, token) => connection
            .prepare_cached("SELECT 1 FROM events_of_token WHERE project = ?1 AND token = ?2 AND uuid = ?3")?
            .exists(params![project.number(), sql_id(*token), uuid]),
        TrailingFeed::Object(object) => connection
            .prepare_cached(
                "SELECT 1 FROM events_with_object
                    WHERE project = ?1 AND object_type = ?2 AND object_id = ?3 AND uuid = ?4",
            )?
            .exists(params![object.project.number(), object.kind, object.id, uuid]),
    }
}

fn store(statements: &Statements<'_>, feed: &TrailingFeed, Entry { uuid, seq }: Entry) -> Result<()> {
    let uuid = uuid.as_bytes();
    match feed {
        TrailingFeed::Token(project, token) => {
            statements.index_by_token.execute(params![project.number(), sql_id(*token), uuid, seq])
        }
        TrailingFeed::Object(object) => {
            let row = params![object.project.number(), object.kind, object.id, uuid, seq];
            statements.index_by_object.execute(row)
        }
    }
}
