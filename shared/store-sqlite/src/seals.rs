//! Seals of history, and the heads of its days.

use jeton_core::{
    id::ProjectId,
    seal::{Delivered, Digest, Seal, Sealed, SignedHead, SignedProgress, Unreadable},
    time::{Day, Timestamp},
};
use rusqlite::{Connection, Result};

use super::sql::{json, many, one, parsed, sql_id, sql_limit};

/// What a file of version 4 lacks. The seal of the project itself has the number 0, which no token has.
pub(super) const SINCE_4: &str = "
CREATE TABLE heads (
    project INTEGER NOT NULL,
    day TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (project, day)
) STRICT, WITHOUT ROWID;
CREATE INDEX heads_day ON heads (day);

CREATE TABLE seals (
    project INTEGER NOT NULL,
    day TEXT NOT NULL,
    token INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (project, day, token)
) STRICT, WITHOUT ROWID;
CREATE INDEX seals_day ON seals (day);
";

/// Stores seals of one day. False if it has a head.
pub(super) fn put(connection: &Connection, seals: &[Seal]) -> Result<bool> {
    let Some(first) = seals.first() else { return Ok(true) };
    let sealed = "SELECT 1 FROM heads WHERE project = ?1 AND day = ?2";
    if connection.prepare_cached(sealed)?.exists((first.project.number(), first.day.to_string()))? {
        return Ok(false);
    }
    let sql = "INSERT INTO seals (project, day, token, body) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT DO UPDATE SET body = excluded.body";
    let mut insert = connection.prepare_cached(sql)?;
    for seal in seals {
        let token = match seal.of {
            Sealed::Project => 0,
            Sealed::Token(token) => sql_id(token),
        };
        insert.execute((seal.project.number(), seal.day.to_string(), token, json(seal)?))?;
    }
    Ok(true)
}

pub(super) fn of_day(
    connection: &Connection,
    project: ProjectId,
    day: Day,
) -> Result<Vec<std::result::Result<Seal, Unreadable>>> {
    let sql = "SELECT body FROM seals WHERE project = ?1 AND day = ?2 ORDER BY token";
    many(connection, sql, (project.number(), day.to_string()), |row| {
        Ok(parsed(row, 0).map_err(|error| unreadable(&day.to_string(), &error)))
    })
}

pub(super) fn insert_head(connection: &Connection, head: &SignedHead) -> Result<bool> {
    let sql = "INSERT INTO heads (project, day, body) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
    let (project, day) = (head.head.project.number(), head.head.day.to_string());
    connection.prepare_cached(sql)?.execute((project, day, json(head)?)).map(|rows| rows == 1)
}

pub(super) fn heads(
    connection: &Connection,
    project: ProjectId,
    from: Day,
    limit: usize,
) -> Result<Vec<std::result::Result<SignedHead, Unreadable>>> {
    let sql = "SELECT body, day FROM heads WHERE project = ?1 AND day >= ?2 ORDER BY day LIMIT ?3";
    many(connection, sql, (project.number(), from.to_string(), sql_limit(limit)), |row| {
        let day = String::from_utf8_lossy(row.get_ref(1)?.as_bytes()?).into_owned();
        let head = parsed::<SignedHead>(row, 0).map_err(|error| unreadable(&day, &error));
        Ok(head.and_then(|head| head.found_under(&day)))
    })
}

pub(super) fn last_head(connection: &Connection, project: ProjectId) -> Result<Option<SignedHead>> {
    let sql = "SELECT body FROM heads WHERE project = ?1 ORDER BY day DESC LIMIT 1";
    one(connection, sql, [project.number()], |row| parsed(row, 0))
}

fn unreadable(day: &str, error: &rusqlite::Error) -> Unreadable {
    Unreadable { day: day.to_owned(), why: error.to_string() }
}

/// What a file of version 6 lacks, unless an anchor was delivered from it.
pub(super) const SINCE_6: &str = "
CREATE TABLE IF NOT EXISTS delivered (
    project INTEGER NOT NULL,
    place TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (project, place)
) STRICT, WITHOUT ROWID;
";

/// In the column `place` of `delivered`, where no place is called so: how far the sealing of a day is.
const PROGRESS: &str = "progress";

pub(super) fn put_progress(connection: &Connection, progress: &SignedProgress) -> Result<()> {
    let sql = "INSERT INTO delivered (project, place, body) VALUES (?1, ?2, ?3)
        ON CONFLICT DO UPDATE SET body = excluded.body";
    let row = (progress.progress.project.number(), PROGRESS, json(progress)?);
    connection.prepare_cached(sql)?.execute(row).map(drop)
}

pub(super) fn progress(connection: &Connection, project: ProjectId) -> Result<Option<SignedProgress>> {
    let sql = "SELECT body FROM delivered WHERE project = ?1 AND place = ?2";
    let found = one(connection, sql, (project.number(), PROGRESS), |row| Ok(parsed(row, 0).ok()))?;
    Ok(found.flatten())
}

pub(super) fn put_delivered(
    connection: &Connection,
    project: ProjectId,
    place: Digest,
    delivered: &Delivered,
) -> Result<()> {
    let sql = "INSERT INTO delivered (project, place, body) VALUES (?1, ?2, ?3)
        ON CONFLICT DO UPDATE SET body = excluded.body";
    let row = (project.number(), place.to_string(), json(delivered)?);
    connection.prepare_cached(sql)?.execute(row).map(drop)
}

pub(super) fn delivered(
    connection: &Connection,
    project: ProjectId,
    place: Digest,
) -> Result<Option<Delivered>> {
    let sql = "SELECT body FROM delivered WHERE project = ?1 AND place = ?2";
    // A head that cannot be read is delivered again.
    let found = one(connection, sql, (project.number(), place.to_string()), |row| Ok(parsed(row, 0).ok()))?;
    Ok(found.flatten())
}

/// Removes some seals and heads of days whose events have been gone for a day.
pub(super) fn clean(connection: &Connection, start: Timestamp, at_a_time: u32) -> Result<usize> {
    let before = start.day().previous().to_string();
    let seals = "DELETE FROM seals WHERE (project, day, token) IN
        (SELECT project, day, token FROM seals WHERE day < ?1 LIMIT ?2)";
    let heads = "DELETE FROM heads WHERE (project, day) IN
        (SELECT project, day FROM heads WHERE day < ?1 LIMIT ?2)";
    let mut gone = 0;
    for sql in [seals, heads] {
        gone += connection.prepare_cached(sql)?.execute((&before, at_a_time))?;
    }
    Ok(gone)
}
