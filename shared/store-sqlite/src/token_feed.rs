//! Token feed index: the events by each token, in an index that trails behind.
//!
//! Tokens act in random order, so an index by token that is updated with each event would write a page for
//! nearly each event, and halve the rate. It is therefore filled in sorted batches, in which neighbours share
//! pages, and in small steps beside the writer's groups, so that nobody waits for a batch. The newest events
//! are in the tail, in memory. A crash loses nothing: the file says how far the index reaches, and the events
//! behind that are read again.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jeton_core::{
    event::Order,
    id::{ProjectId, TokenId},
};
use rusqlite::{Connection, Result, params};
use uuid::Uuid;

use super::{
    part::Part,
    sql::{self, sql_id},
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

/// How long the tail grows while the writer is busy. Sorted, this many events of 10,000 tokens are six to a token.
const BATCH: usize = 65_536;

/// How long the writer must be idle before a short tail is indexed.
pub(super) const QUIET: Duration = Duration::from_millis(100);

/// How many entries a step adds while the writer is idle.
const STEP: usize = 512;

/// How many entries a step adds for each request of a group: more than one, so that a batch comes to its end.
const FOR_EACH_REQUEST: usize = 3;

type Holder = (ProjectId, TokenId);

/// The position of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Entry {
    pub(super) uuid: Uuid,
    pub(super) seq: i64,
}

/// The part of the index that is in memory only, for readers.
#[derive(Debug, Default)]
pub(super) struct Tail(Mutex<Known>);

/// All are sorted, so that the history of a busy token is fast.
#[derive(Debug, Default)]
struct Known {
    /// All events up to here are in the file's index or below.
    seen: i64,
    recent: HashMap<Holder, Vec<Entry>>,
    /// The batch that is being written to the file.
    leaving: HashMap<Holder, Vec<Entry>>,
}

impl Tail {
    /// The tail's entries within a part, in the part's order, and the last event that the tail includes:
    /// other processes may write to the file, too.
    pub(super) fn of(&self, project: ProjectId, token: TokenId, part: &Part) -> (i64, Vec<Entry>) {
        let known = self.known();
        let of = [&known.leaving, &known.recent].into_iter().filter_map(|some| some.get(&(project, token)));
        let mut found: Vec<Entry> = of.flat_map(|entries| first_of(entries, part)).copied().collect();
        let seen = known.seen;
        drop(known);
        found.sort_unstable();
        if part.order == Order::Descending {
            found.reverse();
        }
        found.truncate(part.limit.saturating_add(1));
        (seen, found)
    }

    /// The tokens of a project that have events in the tail.
    pub(super) fn tokens(&self, project: ProjectId) -> Vec<TokenId> {
        let known = self.known();
        let holders = known.leaving.keys().chain(known.recent.keys());
        holders.filter(|(of, _)| *of == project).map(|(_, token)| *token).collect()
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The writer's side: reads new events, and fills the index.
#[derive(Debug)]
pub(super) struct TokenFeed {
    tail: Arc<Tail>,
    waiting: usize,
    batch: Option<Batch>,
}

/// A sorted batch of the tail, some of which is in the file.
#[derive(Debug)]
struct Batch {
    entries: Vec<(Holder, Entry)>,
    done: usize,
    /// Its last event.
    upto: i64,
}

/// The result of one transaction, applied once that is committed.
#[derive(Debug)]
pub(super) struct Step {
    seen: i64,
    found: Vec<(Holder, Entry)>,
    done: usize,
}

impl TokenFeed {
    /// Reads the events that are not in the index.
    pub(super) fn open(connection: &Connection) -> Result<Self> {
        let upto = connection.query_row("SELECT upto FROM events_indexed", [], |row| row.get(0))?;
        let mut feed = Self { tail: Arc::default(), waiting: 0, batch: None };
        feed.tail.known().seen = upto;
        let step = feed.step(connection, 0, true)?;
        feed.stepped(step);
        Ok(feed)
    }

    /// The tail, for readers.
    pub(super) fn tail(&self) -> Arc<Tail> {
        Arc::clone(&self.tail)
    }

    /// Whether there are events to index.
    pub(super) const fn is_behind(&self) -> bool {
        self.batch.is_some() || self.waiting > 0
    }

    /// Does one step, in the transaction of a group of so many requests; of 0 when the writer is idle. The
    /// index grows only if it may.
    pub(super) fn step(&self, connection: &Connection, requests: usize, grows: bool) -> Result<Step> {
        let seen = self.tail.known().seen;
        let (seen, found) = appended(connection, seen)?;
        let mut done = 0;
        if let Some(batch) = &self.batch {
            let at_most = match requests {
                _ if !grows => 0,
                0 => STEP,
                requests => requests * FOR_EACH_REQUEST,
            };
            let next = batch.entries.iter().skip(batch.done).take(at_most);
            let mut insert = connection.prepare_cached(
                "INSERT INTO events_of_token (project, token, uuid, seq) VALUES (?1, ?2, ?3, ?4)
                    ON CONFLICT DO NOTHING",
            )?;
            for ((project, token), Entry { uuid, seq }) in next {
                insert.execute(params![project.number(), sql_id(*token), uuid.as_bytes(), seq])?;
                done += 1;
            }
            if batch.done + done == batch.entries.len() {
                // Another process may have indexed more.
                let sql = "UPDATE events_indexed SET upto = max(upto, ?1)";
                connection.prepare_cached(sql)?.execute([batch.upto])?;
            }
        }
        Ok(Step { seen, found, done })
    }

    /// Applies a committed step, before the requests of its group are answered.
    pub(super) fn stepped(&mut self, step: Step) {
        let mut known = self.tail.known();
        known.seen = step.seen;
        self.waiting += step.found.len();
        for (holder, entry) in step.found {
            insert(known.recent.entry(holder).or_default(), entry);
        }
        if let Some(batch) = &mut self.batch {
            batch.done += step.done;
            if batch.done == batch.entries.len() {
                self.batch = None;
                known.leaving = HashMap::new();
            }
        }
        drop(known);
        if self.waiting >= BATCH {
            self.begin();
        }
    }

    /// Begins a batch, if there are events and none is being written.
    pub(super) fn begin(&mut self) {
        if self.batch.is_some() || self.waiting == 0 {
            return;
        }
        let mut known = self.tail.known();
        known.leaving = std::mem::take(&mut known.recent);
        let entries = known.leaving.iter().flat_map(|(holder, of)| of.iter().map(|entry| (*holder, *entry)));
        let mut entries: Vec<_> = entries.collect();
        entries.sort_unstable();
        self.waiting = 0;
        self.batch = Some(Batch { entries, done: 0, upto: known.seen });
    }
}

/// The sorted entries within a part, up to its limit, from the end at which it begins.
fn first_of<'a>(entries: &'a [Entry], part: &Part) -> &'a [Entry] {
    let place = |bound: &[u8]| entries.partition_point(|entry| &entry.uuid.as_bytes()[..] < bound);
    let within = entries.get(place(&part.from)..place(&part.until)).unwrap_or_default();
    // One more shows whether there is a further page.
    let limit = part.limit.saturating_add(1).min(within.len());
    match part.order {
        Order::Ascending => &within[..limit],
        Order::Descending => &within[within.len() - limit..],
    }
}

/// Keeps the entries sorted. Events come nearly in the order of their uuids.
fn insert(entries: &mut Vec<Entry>, entry: Entry) {
    let place = entries.iter().rposition(|earlier| *earlier < entry).map_or(0, |place| place + 1);
    entries.insert(place, entry);
}

/// The events after this one, of all processes, and the last of all.
fn appended(connection: &Connection, seen: i64) -> Result<(i64, Vec<(Holder, Entry)>)> {
    let sql = "SELECT seq, project, by_token, uuid FROM events WHERE seq > ?1 ORDER BY seq";
    let mut last = seen;
    let found = sql::many(connection, sql, [seen], |row| {
        last = row.get(0)?;
        let by: Option<i64> = row.get(2)?;
        let Some(token) = by.and_then(|id| TokenId::new(id.cast_unsigned())) else { return Ok(None) };
        let uuid = Uuid::from_slice(row.get_ref(3)?.as_blob()?).unwrap_or_default();
        Ok(Some(((sql::project_id(row, 1)?, token), Entry { uuid, seq: last })))
    })?;
    Ok((last, found.into_iter().flatten().collect()))
}
