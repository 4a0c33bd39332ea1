//! Events: how they are laid out, and how a feed is read.
//!
//! Each event is one row, and each feed an index in the order of the uuids, of which that of a token trails
//! behind (`token_feed`).

use jeton_core::{
    event::{Event, EventRange, Feed, Order},
    id::{ProjectId, TokenId},
};
use rusqlite::{Connection, Error, Result, params, params_from_iter, types::Value};
use uuid::Uuid;

use super::{
    commit::sql_id,
    reads::{self, from_json, json, many, sql_limit},
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
    project: ProjectId,
    by: Option<TokenId>,
    about: Option<TokenId>,
    in_project_feed: bool,
    object: Option<(String, String)>,
    body: Result<String>,
}

impl Row {
    pub(super) fn new(event: &Event) -> Self {
        let mut row = Self {
            uuid: event.uuid,
            project: event.project,
            by: event.by.token,
            about: event.about,
            in_project_feed: false,
            object: None,
            body: json(event),
        };
        for feed in event.feeds() {
            match feed {
                Feed::Token(..) => {}
                Feed::Project(_) => row.in_project_feed = true,
                Feed::Object(_, kind, id) => row.object = Some((kind, id)),
            }
        }
        row
    }

    /// Stores the event, unless it is stored already.
    pub(super) fn insert(&self, connection: &Connection) -> Result<()> {
        let sql = "INSERT INTO events
                (uuid, project, by_token, about, in_project_feed, object_type, object_id, body)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO NOTHING";
        let body =
            self.body.as_ref().map_err(|error| Error::ToSqlConversionFailure(error.to_string().into()))?;
        connection.prepare_cached(sql)?.execute(params![
            self.uuid.as_bytes(),
            self.project.number(),
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
) -> Result<Vec<Event>> {
    let from = range.after.map_or(Vec::new(), just_after);
    // No uuid is as great as this, which is a byte longer than any.
    let until = range.before.map_or(vec![0xFF; 17], |uuid| uuid.as_bytes().to_vec());
    let part = Part { from, until, order: range.order, limit: range.limit };
    match feed {
        Feed::Token(project, token) => of_token(connection, tail, *project, *token, &part),
        Feed::Project(..) | Feed::Object(..) => parse(of_index(connection, feed, &part)?),
    }
}

pub(super) fn one(connection: &Connection, tail: &Tail, feed: &Feed, uuid: Uuid) -> Result<Option<Event>> {
    let (from, until) = (uuid.as_bytes().to_vec(), just_after(uuid));
    let only = Part { from, until, order: Order::Ascending, limit: 1 };
    let mut found = match feed {
        Feed::Token(project, token) => of_token(connection, tail, *project, *token, &only)?,
        Feed::Project(..) | Feed::Object(..) => parse(of_index(connection, feed, &only)?)?,
    };
    Ok(found.pop())
}

/// The least blob that is greater than this uuid.
fn just_after(uuid: Uuid) -> Vec<u8> {
    [uuid.as_bytes(), [0].as_slice()].concat()
}

/// Events with `from <= uuid < until`.
pub(super) struct Part {
    pub(super) from: Vec<u8>,
    pub(super) until: Vec<u8>,
    pub(super) order: Order,
    pub(super) limit: usize,
}

/// An event that has not been decoded: its uuid, which is its place, and its body.
type Stored = (Vec<u8>, String);

/// What a token did and what was done to it: the index, what the index does not have yet, and what other
/// processes have written meanwhile, all as of one moment.
fn of_token(
    connection: &Connection,
    tail: &Tail,
    project: ProjectId,
    token: TokenId,
    part: &Part,
) -> Result<Vec<Event>> {
    // Before the moment: what leaves the tail after this is in the index by then.
    let (seen, recent) = tail.of(project, token, part);
    let moment = connection.unchecked_transaction()?;
    let mut found = of_index(&moment, &Feed::Token(project, token), part)?;
    for Entry { uuid, seq } in recent {
        let sql = "SELECT uuid, body FROM events WHERE seq = ?1 AND uuid = ?2";
        found.extend(reads::one(&moment, sql, params![seq, uuid.as_bytes()], stored)?);
    }
    // By place alone: the index of uuids would go through all that anybody did in that time.
    let sql = "SELECT uuid, body FROM events NOT INDEXED
        WHERE seq > max(?1, (SELECT upto FROM events_indexed)) AND project = ?2 AND by_token = ?3
            AND uuid >= ?4 AND uuid < ?5";
    let key = params![seen, project.number(), sql_id(token), part.from, part.until];
    found.extend(many(&moment, sql, key, stored)?);
    // What is in two of them is there once.
    found.sort_unstable();
    found.dedup_by(|one, other| one.0 == other.0);
    if part.order == Order::Descending {
        found.reverse();
    }
    found.truncate(part.limit);
    parse(found)
}

/// By a scan of the feed's index. A token's feed has two, which SQLite merges as it goes.
fn of_index(connection: &Connection, feed: &Feed, part: &Part) -> Result<Vec<Stored>> {
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
    };
    let direction = match part.order {
        Order::Ascending => "ASC",
        Order::Descending => "DESC",
    };
    let sql = format!("{scans} ORDER BY uuid {direction} LIMIT ?3");
    let bounds =
        [Value::from(part.from.clone()), Value::from(part.until.clone()), Value::from(sql_limit(part.limit))];
    many(connection, &sql, params_from_iter(bounds.into_iter().chain(key)), stored)
}

fn stored(row: &rusqlite::Row<'_>) -> Result<Stored> {
    Ok((row.get(0)?, row.get(1)?))
}

fn parse(stored: Vec<Stored>) -> Result<Vec<Event>> {
    stored.into_iter().map(|(_, body)| from_json(&body, 1)).collect()
}
