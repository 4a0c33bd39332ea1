//! Manage tokens and their events.

use jeton_core::{
    id::ManageTokenId,
    manage::ManageToken,
    time::{Day, Timestamp},
};
use jeton_store_support::unreadable;
use rusqlite::{Connection, Result, Row, params};
use uuid::Uuid;

use super::sql::{changes, day, json, many, one, parsed, sql_limit};

/// The version of a row: 0 if its body has none; NULL if the body is not JSON, which every other JSON function rejects.
macro_rules! version {
    () => {
        "CASE WHEN json_valid(body) THEN coalesce(body ->> 'version', 0) END"
    };
}

pub(super) fn token(connection: &Connection, id: ManageTokenId) -> Result<Option<ManageToken>> {
    let sql = "SELECT body, last_used FROM manage_tokens WHERE id = ?1 AND deleted IS NULL";
    one(connection, sql, [id.number()], |row| Ok(token_in(row, id)))
}

pub(super) fn tokens(
    connection: &Connection,
    after: Option<ManageTokenId>,
    limit: usize,
) -> Result<Vec<ManageToken>> {
    let sql = "SELECT body, last_used, id FROM manage_tokens INDEXED BY manage_tokens_in_use
        WHERE id > ?1 AND deleted IS NULL ORDER BY id LIMIT ?2";
    let after = after.map_or(0, ManageTokenId::number);
    let listed = many(connection, sql, (after, sql_limit(limit)), |row| {
        Ok(ManageTokenId::new(row.get(2)?).map(|id| token_in(row, id)))
    })?;
    Ok(listed.into_iter().flatten().collect())
}

/// What a file of version 6 lacks: deleted manage tokens stay for months, and lists skip them.
pub(super) const SINCE_6: &str = "
CREATE INDEX manage_tokens_in_use ON manage_tokens (id) WHERE deleted IS NULL;
CREATE INDEX manage_tokens_deleted ON manage_tokens (deleted) WHERE deleted IS NOT NULL;
";

pub(super) fn insert(connection: &Connection, token: &ManageToken) -> Result<bool> {
    let sql = "INSERT INTO manage_tokens (id, body) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
    changes(connection, sql, (token.id.number(), json(token)?))
}

/// A row of an earlier version has no version in its body.
pub(super) fn replace(connection: &Connection, token: &ManageToken) -> Result<bool> {
    let sql = concat!(
        "UPDATE manage_tokens SET body = ?2 WHERE id = ?1 AND deleted IS NULL AND ",
        version!(),
        " = ?3 - 1"
    );
    changes(connection, sql, (token.id.number(), json(token)?, token.version.cast_signed()))
}

pub(super) fn remove(connection: &Connection, token: &ManageToken, at: Timestamp) -> Result<bool> {
    let sql = concat!(
        "UPDATE manage_tokens SET body = '{}', last_used = NULL, deleted = ?3
        WHERE id = ?1 AND deleted IS NULL AND (?4 OR ",
        version!(),
        " = ?2)"
    );
    let row = (token.id.number(), token.version.cast_signed(), at.millis(), token.is_placeholder);
    changes(connection, sql, row)
}

pub(super) fn is_in_version(connection: &Connection, id: ManageTokenId, version: u64) -> Result<bool> {
    let sql =
        concat!("SELECT 1 FROM manage_tokens WHERE id = ?1 AND deleted IS NULL AND ", version!(), " = ?2");
    connection.prepare_cached(sql)?.exists((id.number(), version.cast_signed()))
}

/// Records a day of use. Never moves it back.
pub(super) fn mark_used(connection: &Connection, id: ManageTokenId, day: Day) -> Result<()> {
    let sql = "UPDATE manage_tokens SET last_used = max(?2, coalesce(last_used, ''))
        WHERE id = ?1 AND deleted IS NULL";
    changes(connection, sql, (id.number(), day.to_string())).map(drop)
}

pub(super) fn insert_event(connection: &Connection, id: ManageTokenId, uuid: Uuid, body: &str) -> Result<()> {
    let sql =
        "INSERT INTO manage_events (manage_token, uuid, body) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
    changes(connection, sql, params![id.number(), uuid.as_bytes(), body]).map(drop)
}

pub(super) fn event_exists(connection: &Connection, uuid: Uuid) -> Result<bool> {
    connection.prepare_cached("SELECT 1 FROM manage_events WHERE uuid = ?1")?.exists([uuid.as_bytes()])
}

/// Removes some expired rows: events from before `start`, and manage tokens that were deleted or expired a
/// day before that. `start` is the first moment of the events kept; a uuid is never of an earlier time than its event.
pub(super) fn clean(connection: &Connection, start: Timestamp, at_a_time: u32) -> Result<usize> {
    const DAY: i64 = 86_400_000;
    let first = jeton_core::event::first_uuid_at(start);
    let events = connection
        .prepare_cached(
            "DELETE FROM manage_events WHERE uuid IN
                (SELECT uuid FROM manage_events WHERE uuid < ?1 ORDER BY uuid LIMIT ?2)",
        )?
        .execute(params![first.as_bytes(), at_a_time])?;
    let deleted = connection
        .prepare_cached(
            "DELETE FROM manage_tokens WHERE id IN
                (SELECT id FROM manage_tokens INDEXED BY manage_tokens_deleted WHERE deleted < ?1 LIMIT ?2)",
        )?
        .execute((start.millis() - DAY, at_a_time))?;
    // Few are in use, so a scan is cheap.
    let ended = connection
        .prepare_cached(
            "DELETE FROM manage_tokens WHERE id IN
                (SELECT id FROM manage_tokens INDEXED BY manage_tokens_in_use
                    WHERE deleted IS NULL AND CASE WHEN json_valid(body) THEN body ->> 'expires' END < ?1 LIMIT ?2)",
        )?
        .execute((start.millis() - DAY, at_a_time))?;
    Ok(events + deleted + ended)
}

/// Disables all manage tokens, for a restored backup: those that were deleted, disabled or refreshed since it
/// was made would be valid again.
pub(super) fn disable_all(connection: &Connection) -> Result<()> {
    let sql = "UPDATE manage_tokens SET body = json_set(body, '$.disabled', json('true'),
            '$.version', coalesce(body ->> 'version', 0) + 1)
        WHERE deleted IS NULL AND CASE WHEN json_valid(body) THEN coalesce(body ->> 'disabled', 0) = 0 ELSE 0 END";
    connection.execute(sql, []).map(drop)
}

/// Reads a row of body and day of last use.
fn token_in(row: &Row<'_>, id: ManageTokenId) -> ManageToken {
    let read = parsed(row, 0).and_then(|token| Ok(ManageToken { last_used: day(row, 1)?, ..token }));
    read.unwrap_or_else(|error| {
        unreadable::tell("a manage token", id, error);
        ManageToken::unreadable(id)
    })
}
