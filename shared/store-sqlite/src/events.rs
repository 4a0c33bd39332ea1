//! Events: their tables, and reads of a feed.
//!
//! Each event is one row, and each feed an index in uuid order. The index of a token's feed trails behind
//! (`token_feed`).

use std::mem;

use jeton_core::{
    event::{Event, EventPage, EventRange, Feed, Order, WrittenEvent},
    id::{ManageTokenId, ProjectId, TokenId},
};
use rusqlite::{Connection, Error, Result, params, params_from_iter, types::Value};
use uuid::Uuid;

use super::{
    manage,
    part::Part,
    sql::{self, many, sql_id, sql_limit},
    token_feed::{Entry, Tail},
};

pub(super) const TABLES: &str = "
CREATE TABLE events (
    seq INTEGER PRIMARY KEY,
    uuid BLOB NOT NULL UNIQUE,
    project INTEGER NOT NULL,
    by_token INTEGER,
    about INTEGER,
    in_project_feed INTEGER NOT NULL,
    object_type TEXT,
    object_id TEXT,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX events_by ON events (project, by_token, uuid) WHERE by_token IS NOT NULL;
CREATE INDEX events_about ON events (project, about, uuid) WHERE about IS NOT NULL;
CREATE INDEX events_in_project ON events (project, uuid) WHERE in_project_feed = 1;
CREATE INDEX events_of_object ON events (project, object_type, object_id, uuid) WHERE object_type IS NOT NULL;
";

/// An event, encoded and ready to be stored.
pub(super) struct Row {
    uuid: Uuid,
    project: Option<ProjectId>,
    /// The manage tokens of the event, if it has no project.
    manage_tokens: Vec<ManageTokenId>,
    by: Option<TokenId>,
    about: Option<TokenId>,
    in_project_feed: bool,
    object: Option<(String, String)>,
    body: String,
}

impl Row {
    pub(super) fn new(event: WrittenEvent) -> Self {
        let mut row = Self {
            uuid: event.uuid,
            project: event.project,
            manage_tokens: Vec::new(),
            by: event.by,
            about: event.about,
            in_project_feed: false,
            object: None,
            body: event.json,
        };
        for feed in event.feeds {
            match feed {
                Feed::Token(..) => {}
                Feed::Project(_) => row.in_project_feed = true,
                Feed::Object(_, kind, id) => row.object = Some((kind, id)),
                Feed::Manage(id) => row.manage_tokens.push(id),
            }
        }
        row
    }

    /// Stores the event, unless it is stored already.
    pub(super) fn insert(&self, connection: &Connection) -> Result<()> {
        let sql = "INSERT INTO events
                (uuid, project, by_token, about, in_project_feed, object_type, object_id, body)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO NOTHING";
        let body = &self.body;
        let Some(project) = self.project else {
            for id in &self.manage_tokens {
                manage::insert_event(connection, *id, self.uuid, body)?;
            }
            return Ok(());
        };
        connection.prepare_cached(sql)?.execute(params![
            self.uuid.as_bytes(),
            project.number(),
            self.by.map(sql_id),
            self.about.map(sql_id),
            self.in_project_feed,
            self.object.as_ref().map(|(kind, _)| kind),
            self.object.as_ref().map(|(_, id)| id),
            body,
        ])?;
        Ok(())
    }
}

pub(super) fn exists(connection: &Connection, uuid: Uuid) -> Result<bool> {
    connection.prepare_cached("SELECT 1 FROM events WHERE uuid = ?1")?.exists([uuid.as_bytes()])
}

pub(super) fn range(
    connection: &Connection,
    tail: &Tail,
    feed: &Feed,
    range: EventRange,
) -> Result<EventPage> {
    let from = range.after.map_or(Vec::new(), just_after);
    // Greater than every uuid, because it is a byte longer.
    let until = range.before.map_or(vec![0xFF; 17], |uuid| uuid.as_bytes().to_vec());
    let part = Part { from, until, order: range.order, limit: range.limit, bytes: range.bytes };
    page(connection, tail, feed, &part)
}

/// Finds stray events: those after a uuid that are in the feed of an object and in no sealed feed. Reads all
/// of these feeds, as a verification reads the sealed ones.
pub(super) fn strays(connection: &Connection, project: ProjectId, after: Uuid) -> Result<Vec<Uuid>> {
    let sql = "SELECT uuid FROM events INDEXED BY events_of_object
        WHERE project = ?1 AND object_type IS NOT NULL AND uuid > ?2 AND in_project_feed != 1 AND about IS NULL
            AND (by_token IS NULL OR seq <= (SELECT upto FROM events_indexed) AND NOT EXISTS
                (SELECT 1 FROM events_of_token of WHERE of.project = events.project AND of.token = by_token
                    AND of.uuid = events.uuid AND of.seq = events.seq))";
    let mut statement = connection.prepare(sql)?;
    let found = statement.query_map(params![project.number(), after.as_bytes()], |row| {
        let (found, mut uuid) = (row.get_ref(0)?.as_blob()?, [0; 16]);
        // A uuid that somebody else has written may have any length.
        uuid.iter_mut().zip(found).for_each(|(byte, found)| *byte = *found);
        Ok(Uuid::from_bytes(uuid))
    })?;
    found.collect()
}

pub(super) fn one(connection: &Connection, tail: &Tail, feed: &Feed, uuid: Uuid) -> Result<Option<Event>> {
    let (from, until) = (uuid.as_bytes().to_vec(), just_after(uuid));
    let only = Part { from, until, order: Order::Ascending, limit: 1, bytes: usize::MAX };
    let page = page(connection, tail, feed, &only)?.whole();
    Ok(page.map_err(|error| sql::unreadable(1, error.0))?.events.pop())
}

/// The least blob that is greater than this uuid.
fn just_after(uuid: Uuid) -> Vec<u8> {
    [uuid.as_bytes(), [0].as_slice()].concat()
}

/// An event that has not been decoded: its uuid, which orders it, and its body.
type Stored = (Vec<u8>, Vec<u8>);

/// Reads a page of a feed from its index. A token's feed also needs the tail, which has the events that are
/// not in the index yet, and the newest writes of other processes. All of it is one consistent snapshot.
fn page(connection: &Connection, tail: &Tail, feed: &Feed, part: &Part) -> Result<EventPage> {
    let Feed::Token(project, token) = feed else { return merged(connection, feed, Vec::new(), part) };
    // Before the snapshot: what leaves the tail after this is in the index by then.
    let (seen, mut recent) = tail.of(*project, *token, part);
    let moment = connection.unchecked_transaction()?;
    // By row number alone: the index of uuids would read all events of the project in that time.
    let sql = "SELECT uuid, seq FROM events NOT INDEXED
        WHERE seq > max(?1, (SELECT upto FROM events_indexed)) AND project = ?2 AND by_token = ?3
            AND uuid >= ?4 AND uuid < ?5";
    let key = params![seen, project.number(), sql_id(*token), part.from, part.until];
    recent.extend(many(&moment, sql, key, |row| {
        let uuid = Uuid::from_slice(row.get_ref(0)?.as_blob()?).unwrap_or_default();
        Ok(Entry { uuid, seq: row.get(1)? })
    })?);
    recent.sort_unstable();
    recent.dedup();
    if part.order == Order::Descending {
        recent.reverse();
    }
    merged(&moment, feed, recent, part)
}

/// Merges the index with the recent events that it may lack, without duplicates. Bodies are read one after
/// the other, so that no more of them are in memory than the page holds.
fn merged(connection: &Connection, feed: &Feed, recent: Vec<Entry>, part: &Part) -> Result<EventPage> {
    let (sql, key) = scan(feed, part);
    let mut statement = connection.prepare_cached(&sql)?;
    let mut page = EventPage::default();
    let mut indexed = statement.query_map(params_from_iter(key), stored)?;
    let mut recent = recent.into_iter().peekable();
    let mut next = indexed.next().transpose()?;
    while let Some(is_recent) = is_recent_next(next.as_ref(), recent.peek(), part.order) {
        let read = page.events.len() + page.unreadable.len();
        if read >= part.limit || (read > 0 && page.bytes >= part.bytes) {
            page.more = true;
            break;
        }
        let found = if is_recent {
            let entry = recent.next();
            let sql = "SELECT uuid, body FROM events WHERE seq = ?1 AND uuid = ?2";
            let read = |Entry { uuid, seq }| sql::one(connection, sql, params![seq, uuid.as_bytes()], stored);
            entry.map_or(Ok(None), read)?
        } else {
            let same = |entry: &Entry| next.as_ref().is_some_and(|(uuid, _)| *uuid == entry.uuid.as_bytes());
            recent.next_if(same);
            mem::replace(&mut next, indexed.next().transpose()?)
        };
        if let Some((uuid, body)) = found {
            page.bytes += body.len();
            match jeton_core::json::from_slice(&body) {
                Ok(event) => page.events.push(event),
                Err(error) => {
                    let uuid = Uuid::from_slice(&uuid).unwrap_or_default();
                    tracing::error!(%uuid, %error, "an event cannot be read");
                    page.unreadable.push(uuid);
                }
            }
        }
    }
    drop(indexed);
    sql::used_an_index(&statement, &sql, page.events.len() + page.unreadable.len() + 1);
    Ok(page)
}

/// Whether the next event is a recent one that the index may lack; `None` at the end.
fn is_recent_next(indexed: Option<&Stored>, recent: Option<&Entry>, order: Order) -> Option<bool> {
    Some(match (indexed, recent) {
        (None, None) => return None,
        (indexed, None) => indexed.is_none(),
        (None, Some(_)) => true,
        (Some((indexed, _)), Some(Entry { uuid, .. })) => match order {
            Order::Ascending => uuid.as_bytes()[..] < indexed[..],
            Order::Descending => uuid.as_bytes()[..] > indexed[..],
        },
    })
}

/// A scan of the feed's index, with its parameters. A token's feed has two, which SQLite merges.
fn scan(feed: &Feed, part: &Part) -> (String, Vec<Value>) {
    const BETWEEN: &str = "uuid >= ?1 AND uuid < ?2";
    let scan = |index, which| {
        format!("SELECT uuid, body FROM events INDEXED BY {index} WHERE {which} AND {BETWEEN}")
    };
    let (scans, key) = match feed {
        Feed::Token(project, token) => (
            format!(
                "SELECT of.uuid, body FROM events_of_token of CROSS JOIN events USING (seq)
                    WHERE of.project = ?4 AND token = ?5 AND of.uuid >= ?1 AND of.uuid < ?2 UNION ALL {}",
                scan("events_about", "project = ?4 AND about = ?5")
            ),
            vec![Value::from(project.number()), Value::from(sql_id(*token))],
        ),
        Feed::Project(project) => (
            scan("events_in_project", "project = ?4 AND in_project_feed = 1"),
            vec![Value::from(project.number())],
        ),
        Feed::Object(project, kind, id) => (
            scan("events_of_object", "project = ?4 AND object_type = ?5 AND object_id = ?6"),
            vec![Value::from(project.number()), Value::from(kind.clone()), Value::from(id.clone())],
        ),
        Feed::Manage(id) => (
            format!("SELECT uuid, body FROM manage_events WHERE manage_token = ?4 AND {BETWEEN}"),
            vec![Value::from(id.number())],
        ),
    };
    let direction = match part.order {
        Order::Ascending => "ASC",
        Order::Descending => "DESC",
    };
    // One more shows whether there is a further page.
    let limit = sql_limit(part.limit.saturating_add(1));
    let bounds = [Value::from(part.from.clone()), Value::from(part.until.clone()), Value::from(limit)];
    (format!("{scans} ORDER BY uuid {direction} LIMIT ?3"), bounds.into_iter().chain(key).collect())
}

fn stored(row: &rusqlite::Row<'_>) -> Result<Stored> {
    // As bytes: on a failing disk they need not be text.
    let bytes = |column| Ok::<_, Error>(row.get_ref(column)?.as_bytes()?.to_vec());
    Ok((bytes(0)?, bytes(1)?))
}
