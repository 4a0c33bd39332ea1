//! Events: their tables, and reads of a feed.
//!
//! Each event is one row, and each feed an index in uuid order. The indexes by author and by object trail
//! behind (`trailing`).

use std::{mem, sync::Arc};

use jeton_core::{
    event::{CountedEvent, Event, EventFields, EventPage, EventRange, Feed, Order, WrittenEvent},
    id::{ManageTokenId, ProjectId, TokenId},
    json::from_slice,
};
use rusqlite::{Connection, Error, Result, params, params_from_iter, types::Value};
use uuid::Uuid;

use super::{
    manage,
    part::{self, Part},
    sql::{self, many, sql_id, sql_limit},
    tail::{Entry, NewEvent, Object, Tail, TrailingFeed},
    trailing,
    transaction::Transaction,
};

pub(super) const TABLES: &str = "
CREATE TABLE events (
    seq INTEGER PRIMARY KEY,
    uuid BLOB NOT NULL,
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
    object: Option<Arc<Object>>,
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
                Feed::Object(project, kind, id) => row.object = Some(Arc::new(Object { project, kind, id })),
                Feed::Manage(id) => row.manage_tokens.push(id),
            }
        }
        row
    }

    /// Stores the event, unless it is stored already.
    pub(super) fn insert(&self, transaction: &Transaction<'_, '_>) -> Result<()> {
        let Some(project) = self.project else {
            for id in &self.manage_tokens {
                manage::insert_event(transaction, *id, self.uuid, &self.body)?;
            }
            return Ok(());
        };
        if self.is_stored_in(transaction, project)? {
            return Ok(());
        }
        let seq = transaction.insert_event(params![
            self.uuid.as_bytes(),
            project.number(),
            self.by.map(sql_id),
            self.about.map(sql_id),
            self.in_project_feed,
            self.object.as_ref().map(|object| &object.kind),
            self.object.as_ref().map(|object| &object.id),
            self.body,
        ])?;
        let entry = Entry { uuid: self.uuid, seq };
        transaction.appended(NewEvent { project, by: self.by, object: self.object.clone(), entry });
        Ok(())
    }

    /// Whether the event is stored already.
    pub(super) fn is_stored(&self, transaction: &Transaction<'_, '_>) -> Result<bool> {
        match self.project {
            Some(project) => self.is_stored_in(transaction, project),
            None => manage::event_exists(transaction, self.uuid),
        }
    }

    fn is_stored_in(&self, transaction: &Transaction<'_, '_>, project: ProjectId) -> Result<bool> {
        // Each event is in the feed of a token or of its project; one that is in neither can only be in that of
        // its object.
        let feed = match (self.by, &self.object) {
            (Some(token), _) => Some(TrailingFeed::Token(project, token)),
            (None, Some(object)) if self.about.is_none() && !self.in_project_feed => {
                Some(TrailingFeed::Object(Arc::clone(object)))
            }
            _ => None,
        };
        transaction.has(self.uuid, (project, self.by), feed.as_ref(), || match (&feed, self.about) {
            (Some(feed), _) => trailing::is_in_file(transaction, feed, self.uuid),
            (None, Some(about)) => transaction
                .prepare_cached("SELECT 1 FROM events WHERE project = ?1 AND about = ?2 AND uuid = ?3")?
                .exists(params![project.number(), sql_id(about), self.uuid.as_bytes()]),
            (None, None) => transaction
                .prepare_cached(
                    "SELECT 1 FROM events WHERE project = ?1 AND in_project_feed = 1 AND uuid = ?2",
                )?
                .exists(params![project.number(), self.uuid.as_bytes()]),
        })
    }
}

/// Whether an event of a project is stored.
pub(super) fn exists(connection: &Connection, tail: &Tail, event: &Event) -> Result<bool> {
    let Some(feed) = event.feeds().into_iter().next() else { return Ok(false) };
    let found = page(connection, tail, &feed, &Part::only(event.uuid))?;
    Ok(!found.events.is_empty() || !found.unreadable.is_empty())
}

pub(super) fn range(
    connection: &Connection,
    tail: &Tail,
    feed: &Feed,
    range: EventRange,
) -> Result<EventPage> {
    let from = range.after.map_or(Vec::new(), part::just_after);
    // Greater than every uuid, because it is a byte longer.
    let until = range.before.map_or(vec![0xFF; 17], |uuid| uuid.as_bytes().to_vec());
    let EventRange { order, limit, bytes, fields, .. } = range;
    let part = Part { from, until, order, limit, bytes, fields };
    page(connection, tail, feed, &part)
}

/// Finds stray events: those after a uuid that are in the feed of an object and in no sealed feed. Reads all
/// of these feeds, as a verification reads the sealed ones.
pub(super) fn strays(connection: &Connection, project: ProjectId, after: Uuid) -> Result<Vec<Uuid>> {
    let sql = "SELECT events.uuid FROM events_with_object listed CROSS JOIN events USING (seq)
        WHERE listed.project = ?1 AND listed.uuid > ?2 AND in_project_feed != 1 AND about IS NULL
            AND events.uuid = listed.uuid AND events.project = listed.project
            AND events.object_type = listed.object_type AND events.object_id = listed.object_id
            AND (by_token IS NULL OR seq <= (SELECT upto FROM events_indexed) AND NOT EXISTS
                (SELECT 1 FROM events_of_token of WHERE of.project = events.project AND of.token = by_token
                    AND of.uuid = events.uuid AND of.seq = events.seq))
        UNION SELECT uuid FROM events NOT INDEXED
        WHERE seq > (SELECT upto FROM events_indexed) AND project = ?1 AND uuid > ?2 AND object_type IS NOT NULL
            AND in_project_feed != 1 AND about IS NULL AND by_token IS NULL";
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
    let page = page(connection, tail, feed, &Part::only(uuid))?.whole();
    Ok(page.map_err(|error| sql::unreadable(1, error.0))?.events.pop())
}

/// An event that has not been decoded: its uuid, which orders it, and its body.
type Stored = (Vec<u8>, Vec<u8>);

/// Reads a page of a feed from its index. One that trails behind also needs the tail, which has the events
/// that are not in the index yet, and the newest writes of other processes. All of it is one consistent
/// snapshot.
fn page(connection: &Connection, tail: &Tail, feed: &Feed, part: &Part) -> Result<EventPage> {
    let Some(trailing) = TrailingFeed::of(feed) else { return merged(connection, feed, Vec::new(), part) };
    // Before the snapshot: what leaves the tail after this is in the index by then.
    let (seen, mut recent) = tail.of(&trailing, part);
    let moment = connection.unchecked_transaction()?;
    recent.extend(after(&moment, &trailing, seen, part)?);
    recent.sort_unstable();
    recent.dedup();
    if part.order == Order::Descending {
        recent.reverse();
    }
    merged(&moment, feed, recent, part)
}

/// The events of a feed that are neither in the tail, which has those up to `seen`, nor in the index.
fn after(connection: &Connection, feed: &TrailingFeed, seen: i64, part: &Part) -> Result<Vec<Entry>> {
    let (condition, key) = match feed {
        TrailingFeed::Token(project, token) => {
            ("by_token = ?5", vec![Value::from(project.number()), Value::from(sql_id(*token))])
        }
        TrailingFeed::Object(object) => (
            "object_type = ?5 AND object_id = ?6",
            vec![
                Value::from(object.project.number()),
                Value::from(object.kind.clone()),
                Value::from(object.id.clone()),
            ],
        ),
    };
    // By row number alone: an index of uuids would read all events of the project in that time.
    let sql = format!(
        "SELECT uuid, seq FROM events NOT INDEXED
        WHERE seq > max(?1, (SELECT upto FROM events_indexed)) AND uuid >= ?2 AND uuid < ?3
            AND project = ?4 AND {condition}"
    );
    let bounds = [Value::from(seen), Value::from(part.from.clone()), Value::from(part.until.clone())];
    many(connection, &sql, params_from_iter(bounds.into_iter().chain(key)), |row| {
        let uuid = Uuid::from_slice(row.get_ref(0)?.as_blob()?).unwrap_or_default();
        Ok(Entry { uuid, seq: row.get(1)? })
    })
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
            let read = match part.fields {
                EventFields::All => from_slice(&body),
                EventFields::ForCounting => from_slice::<CountedEvent>(&body).map(Event::from),
            };
            match read {
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
        // An entry that leads to another event is none of the feed: no seal covers what is in it.
        Feed::Object(project, kind, id) => (
            "SELECT listed.uuid AS uuid, body FROM events_with_object listed CROSS JOIN events USING (seq)
                WHERE listed.project = ?4 AND listed.object_type = ?5 AND listed.object_id = ?6
                    AND listed.uuid >= ?1 AND listed.uuid < ?2 AND events.uuid = listed.uuid
                    AND events.project = ?4 AND events.object_type = ?5 AND events.object_id = ?6"
                .to_owned(),
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
