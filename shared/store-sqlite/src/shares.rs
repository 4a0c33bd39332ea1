//! Shares and invitations, and the attempts at their codes.

use jeton_core::{
    email::Email,
    id::ProjectId,
    share::{AttemptId, MAX_ATTEMPTS, Share, ShareId, State, UnreadableInvitation},
    time::Timestamp,
};
use jeton_store_support::unreadable;
use rusqlite::{Connection, Result, Row};

use super::sql::{changes, json, many, one, parsed};

pub(super) fn insert(connection: &Connection, share: &Share) -> Result<bool> {
    let sql = "INSERT INTO shares (id, open, attempts, expires, body) VALUES (?1, ?2, ?3, ?4, ?5)
        ON CONFLICT DO NOTHING";
    let open = share.state == State::Open;
    changes(connection, sql, (share.id.as_str(), open, share.attempts, share.expires.millis(), json(share)?))
}

pub(super) fn end(connection: &Connection, share: &Share) -> Result<bool> {
    let sql = "UPDATE shares SET open = 0, body = ?2 WHERE id = ?1 AND open = 1";
    changes(connection, sql, (share.id.as_str(), json(share)?))
}

pub(super) fn reserve_attempt(
    connection: &Connection,
    id: &ShareId,
    attempt: &AttemptId,
) -> Result<Option<u8>> {
    let Some(mut share) = share(connection, id)?.filter(|share| share.state == State::Open) else {
        return Ok(None);
    };
    if !share.reserved.insert(attempt.clone()) {
        return Ok(Some(share.attempts));
    }
    let sql =
        "UPDATE shares SET attempts = attempts + 1, body = ?3 WHERE id = ?1 AND open = 1 AND attempts < ?2
        RETURNING attempts";
    one(connection, sql, (id.as_str(), MAX_ATTEMPTS, json(&share)?), |row| row.get(0))
}

pub(super) fn count_wrong_code(
    connection: &Connection,
    id: &ShareId,
    attempt: &AttemptId,
) -> Result<Option<u8>> {
    let Some(mut share) = share(connection, id)? else { return Ok(None) };
    if !share.wrong.insert(attempt.clone()) {
        let sql = "SELECT refused FROM shares WHERE id = ?1";
        return one(connection, sql, [id.as_str()], |row| row.get(0));
    }
    let sql = "UPDATE shares SET refused = refused + 1, body = ?2 WHERE id = ?1 RETURNING refused";
    one(connection, sql, (id.as_str(), json(&share)?), |row| row.get(0))
}

pub(super) fn share(connection: &Connection, share: &ShareId) -> Result<Option<Share>> {
    one(connection, "SELECT body, attempts FROM shares WHERE id = ?1", [share.as_str()], share_in)
}

/// The same, or the id of one that cannot be read.
pub(super) fn found(
    connection: &Connection,
    share: &ShareId,
) -> Result<Option<std::result::Result<Share, ShareId>>> {
    one(connection, "SELECT body, attempts FROM shares WHERE id = ?1", [share.as_str()], |row| {
        Ok(share_in(row).map_err(|error| {
            unreadable::tell("a share", share, error);
            share.clone()
        }))
    })
}

pub(super) fn remove(connection: &Connection, share: &ShareId) -> Result<bool> {
    changes(connection, "DELETE FROM shares WHERE id = ?1", [share.as_str()])
}

/// The pending invitations, by the addresses of the project.
pub(super) fn invitations(
    connection: &Connection,
    project: ProjectId,
    now: Timestamp,
) -> Result<Vec<std::result::Result<Share, UnreadableInvitation>>> {
    let sql = "SELECT body, attempts, shares.id, address, expires
        FROM addresses CROSS JOIN shares ON shares.id = invitation
        WHERE addresses.project = ?1 AND member IS NULL AND open = 1";
    let found = many(connection, sql, [project.number()], |row| {
        let error = match share_in(row) {
            Ok(share) => return Ok(share.closed(now).is_none().then_some(Ok(share))),
            Err(error) => error,
        };
        let (id, recipient): (String, String) = (row.get(2)?, row.get(3)?);
        if Timestamp::from_millis(row.get(4)?) <= now {
            return Ok(None);
        }
        unreadable::tell("an invitation", &id, error);
        let named = ShareId::parse(&id).zip(Email::parse(&recipient));
        Ok(named.map(|(id, recipient)| Err(UnreadableInvitation { id, recipient })))
    })?;
    Ok(found.into_iter().flatten().collect())
}

/// Reads a row of body and attempts.
fn share_in(row: &Row<'_>) -> Result<Share> {
    Ok(Share { attempts: row.get(1)?, ..parsed(row, 0)? })
}
