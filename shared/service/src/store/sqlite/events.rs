//! Events: how they are laid out, and how a feed is read.
//!
//! Each event is one row, and each feed an index in the order of the uuids.

use jeton_core::{
    event::{Event, EventRange, Feed, Order},
    id::{ProjectId, TokenId},
};
use rusqlite::{Connection, Error, Result, params, params_from_iter, types::Value};
use uuid::Uuid;

use super::{
    commit::sql_id,
    reads::{json, many, parsed, sql_limit},
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

pub(super) fn range(connection: &Connection, feed: &Feed, range: EventRange) -> Result<Vec<Event>> {
    let from = range.after.map_or(Vec::new(), just_after);
    // No uuid is as great as this, which is a byte longer than any.
    let until = range.before.map_or(vec![0xFF; 17], |uuid| uuid.as_bytes().to_vec());
    select(connection, feed, (from, until), range.order, range.limit)
}

pub(super) fn one(connection: &Connection, feed: &Feed, uuid: Uuid) -> Result<Option<Event>> {
    let only = (uuid.as_bytes().to_vec(), just_after(uuid));
    Ok(select(connection, feed, only, Order::Ascending, 1)?.pop())
}

/// The least blob that is greater than this uuid.
fn just_after(uuid: Uuid) -> Vec<u8> {
    [uuid.as_bytes(), [0].as_slice()].concat()
}

/// Events of a feed with `from <= uuid < until`, by a scan of the feed's index. A token's feed
/// has two, which SQLite merges as it goes.
fn select(
    connection: &Connection,
    feed: &Feed,
    (from, until): (Vec<u8>, Vec<u8>),
    order: Order,
    limit: usize,
) -> Result<Vec<Event>> {
    let (scans, key): (&[(&str, &str)], _) = match feed {
        Feed::Token(project, token) => (
            &[
                ("events_by", "project = ?4 AND by_token = ?5"),
                ("events_about", "project = ?4 AND about = ?5"),
            ],
            vec![Value::from(project.number()), Value::from(sql_id(*token))],
        ),
        Feed::Project(project) => (
            &[("events_in_project", "project = ?4 AND in_project_feed = 1")],
            vec![Value::from(project.number())],
        ),
        Feed::Object(project, kind, id) => (
            &[("events_of_object", "project = ?4 AND object_type = ?5 AND object_id = ?6")],
            vec![Value::from(project.number()), Value::from(kind.clone()), Value::from(id.clone())],
        ),
    };
    let scan = |(index, which): &_| {
        format!("SELECT uuid, body FROM events INDEXED BY {index} WHERE {which} AND uuid >= ?1 AND uuid < ?2")
    };
    let scans: Vec<String> = scans.iter().map(scan).collect();
    let direction = match order {
        Order::Ascending => "ASC",
        Order::Descending => "DESC",
    };
    let sql = format!("{} ORDER BY uuid {direction} LIMIT ?3", scans.join(" UNION ALL "));
    let bounds = [Value::from(from), Value::from(until), Value::from(sql_limit(limit))];
    many(connection, &sql, params_from_iter(bounds.into_iter().chain(key)), |row| parsed(row, 1))
}
