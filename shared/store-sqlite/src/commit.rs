//! Applies a commit to SQLite: each write under its condition, then the events.

use jeton_core::{
    email::Email,
    event::WrittenEvent,
    id::{ProjectId, TokenId},
    member::Member,
    share::ShareId,
    store::{Commit, Write},
    time::{Day, Timestamp},
    token::{Kind, Token, Tombstone},
};
use rusqlite::{Connection, Result};

use super::{
    events, manage, members, passkeys, shares,
    sql::{changes, json, sql_id},
    tail::Tail,
    transaction::Transaction,
    writer::Failure,
};

/// A commit with its events encoded in advance, to keep that work off the writer.
pub(super) struct EncodedCommit {
    commit: Commit,
    events: Vec<events::Row>,
}

impl EncodedCommit {
    pub(super) fn new(commit: Commit) -> serde_json::Result<Self> {
        let events = commit.events.iter().map(|event| WrittenEvent::new(event).map(events::Row::new));
        Ok(Self { events: events.collect::<Result<_, _>>()?, commit })
    }

    /// Applies the commit. Succeeds without writing if it was stored before, so that a retry is safe.
    ///
    /// Errors: [`Failure::Conflict`] with the index of the write whose condition does not hold. The caller must roll
    /// back the writes before it.
    pub(super) fn apply(&self, transaction: &Transaction<'_, '_>) -> Result<(), Failure> {
        let is_stored = match self.events.first() {
            Some(event) => event.is_stored(transaction)?,
            None => has_its_manage_token(transaction, &self.commit)?,
        };
        if is_stored {
            return Ok(());
        }
        for (index, write) in self.commit.writes.iter().enumerate() {
            if !apply_write(transaction, write)? {
                return Err(Failure::Conflict(index));
            }
        }
        for event in &self.events {
            event.insert(transaction)?;
        }
        Ok(())
    }
}

/// Whether a commit was stored before. Looks up its first event or, if it has none, its manage token.
pub(super) fn is_stored(connection: &Connection, tail: &Tail, commit: &Commit) -> Result<bool> {
    match commit.events.first() {
        Some(event) if event.project.is_none() => manage::event_exists(connection, event.uuid),
        Some(event) => events::exists(connection, tail, event),
        None => has_its_manage_token(connection, commit),
    }
}

/// Whether the manage token is stored that a commit without events adds.
fn has_its_manage_token(connection: &Connection, commit: &Commit) -> Result<bool> {
    let Some(Write::InsertManageToken(token)) = commit.writes.first() else { return Ok(false) };
    let stored = manage::token(connection, token.id)?;
    Ok(stored.is_some_and(|stored| stored.hash.matches(&token.hash)))
}

/// Records the day on which a token was last used. Never moves it back.
pub(super) fn mark_used(connection: &Connection, project: ProjectId, token: TokenId, day: Day) -> Result<()> {
    let sql = "UPDATE tokens SET last_used = max(?3, coalesce(last_used, '')) WHERE project = ?1 AND id = ?2";
    changes(connection, sql, (project.number(), sql_id(token), day.to_string())).map(drop)
}

/// Applies one write. Returns false if its condition does not hold.
fn apply_write(connection: &Connection, write: &Write) -> Result<bool> {
    match write {
        Write::InsertProject(project) => changes(
            connection,
            "INSERT INTO projects (id, body) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
            (project.id.number(), json(project)?),
        ),
        Write::ReplaceProject(project) => changes(
            connection,
            "UPDATE projects SET body = ?2 WHERE id = ?1",
            (project.id.number(), json(project)?),
        ),
        Write::RequireOpen(project) => connection
            .prepare_cached("SELECT 1 FROM projects WHERE id = ?1 AND body ->> 'closed' IS NULL")?
            .exists([project.number()]),
        Write::InsertToken(token) => insert_token(connection, token),
        Write::ReplaceToken(token) => replace_token(connection, token),
        Write::RemoveToken { token, tombstone } => remove_token(connection, token, tombstone),
        Write::RequireToken(project, token) => connection
            .prepare_cached("SELECT 1 FROM tokens WHERE project = ?1 AND id = ?2")?
            .exists((project.number(), sql_id(*token))),
        Write::RequireVersion(project, token, version) => connection
            .prepare_cached("SELECT 1 FROM tokens WHERE project = ?1 AND id = ?2 AND version = ?3")?
            .exists((project.number(), sql_id(*token), i64::try_from(*version).unwrap_or(i64::MAX))),
        Write::InsertShare(share) => shares::insert(connection, share),
        Write::InsertInvitation(share) => {
            // The earlier invitation keeps its row in `shares`. It is no longer pending, because the address refers to
            // the new one.
            let sql = "INSERT INTO addresses (project, address, invitation) VALUES (?1, ?2, ?3)
                ON CONFLICT DO UPDATE SET invitation = excluded.invitation WHERE member IS NULL";
            let row = (share.project.number(), share.recipient.key(), share.id.as_str());
            Ok(shares::insert(connection, share)? && changes(connection, sql, row)?)
        }
        Write::EndShare(share) => shares::end(connection, share),
        Write::RemoveUnreadableShare(share) => shares::remove(connection, share),
        Write::InsertMember { member, invitation } => insert_member(connection, member, invitation.as_ref()),
        Write::ReplaceMember(member) => changes(
            connection,
            "UPDATE members SET body = ?3 WHERE project = ?1 AND id = ?2",
            (member.project.number(), member.id.number(), json(member)?),
        ),
        Write::RemoveMember(member) => remove_member(connection, member),
        Write::RemoveUnreadableMember(member) => members::remove_unreadable(connection, member),
        Write::RemoveInvitation(project, email, share) => {
            remove_invitation(connection, *project, email, share)
        }
        Write::InsertSession(session) => changes(
            connection,
            "INSERT INTO sessions (id, address, expires, body) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
            (session.id.as_str(), session.email.key(), session.expires.millis(), json(session)?),
        ),
        Write::RequireSession(session) => {
            connection.prepare_cached("SELECT 1 FROM sessions WHERE id = ?1")?.exists([session.as_str()])
        }
        Write::RemoveSession(session) => {
            changes(connection, "DELETE FROM sessions WHERE id = ?1", [session.id.as_str()])
        }
        Write::ChangePasskeys { before, after } => passkeys::change(connection, before.as_ref(), after),
        Write::RemoveUnreadablePasskeys(found) => passkeys::remove_unreadable(connection, found),
        Write::RequireNoPasskeys(email) => passkeys::has_none(connection, email),
        Write::InsertManageToken(token) => manage::insert(connection, token),
        Write::ReplaceManageToken(token) => manage::replace(connection, token),
        Write::RemoveManageToken(token, at) => manage::remove(connection, token, *at),
        Write::RequireManageToken(id, version) => manage::is_in_version(connection, *id, *version),
        Write::InsertIdempotencyRecord(record) => changes(
            connection,
            // The table has the earlier name of these records.
            "INSERT INTO receipts (id, ends, body) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
            (record.id.as_str(), record.ends().millis(), json(record)?),
        ),
    }
}

fn insert_token(connection: &Connection, token: &Token) -> Result<bool> {
    // The number of the row is the id, so that rows are in the order of ids, unless another project has that id.
    let sql = "INSERT INTO tokens (rowid, project, id, version, body, verify, due)
        SELECT nullif(?2, (SELECT rowid FROM tokens WHERE rowid = ?2)), ?1, ?2, ?3, ?4, ?5, ?6
        WHERE NOT EXISTS (SELECT 1 FROM tombstones WHERE project = ?1 AND id = ?2)
        ON CONFLICT DO NOTHING";
    if !changes(connection, sql, token_row(token)?)? {
        return Ok(false);
    }
    let Kind::Configuration { component, configuration } = &token.identity.kind else { return Ok(true) };
    changes(
        connection,
        "INSERT INTO configurations (project, component, configuration, token) VALUES (?1, ?2, ?3, ?4)
            ON CONFLICT DO NOTHING",
        (token.project.number(), component, configuration, sql_id(token.id)),
    )
}

fn replace_token(connection: &Connection, token: &Token) -> Result<bool> {
    let sql = "UPDATE tokens SET version = ?3, body = ?4, verify = ?5, due = ?6
        WHERE project = ?1 AND id = ?2 AND version = ?3 - 1";
    changes(connection, sql, token_row(token)?)
}

fn token_row(token: &Token) -> Result<(u32, i64, i64, String, String, Option<i64>)> {
    Ok((
        token.project.number(),
        sql_id(token.id),
        token.version.cast_signed(),
        json(token)?,
        json(&token.verify_item())?,
        token.due().map(Timestamp::millis),
    ))
}

fn remove_token(connection: &Connection, token: &Token, tombstone: &Tombstone) -> Result<bool> {
    let (project, id) = (token.project.number(), sql_id(token.id));
    let sql = "DELETE FROM tokens WHERE project = ?1 AND id = ?2 AND version = ?3";
    if !changes(connection, sql, (project, id, token.version.cast_signed()))? {
        return Ok(false);
    }
    if let Kind::Configuration { component, configuration } = &token.identity.kind {
        let sql = "DELETE FROM configurations
            WHERE project = ?1 AND component = ?2 AND configuration = ?3 AND token = ?4";
        changes(connection, sql, (project, component, configuration, id))?;
    }
    let sql = "INSERT INTO tombstones (project, id, deleted, body) VALUES (?1, ?2, ?3, ?4)";
    changes(connection, sql, (project, id, tombstone.deleted.millis(), json(tombstone)?))
}

fn insert_member(connection: &Connection, member: &Member, invitation: Option<&ShareId>) -> Result<bool> {
    let (project, id, address) = (member.project.number(), member.id.number(), member.email.key());
    let sql = "INSERT INTO members (project, id, body) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
    if !changes(connection, sql, (project, id, json(member)?))? {
        return Ok(false);
    }
    if let Some(invitation) = invitation {
        let sql = "UPDATE addresses SET member = ?3, invitation = NULL
            WHERE project = ?1 AND address = ?2 AND invitation = ?4";
        return changes(connection, sql, (project, address, id, invitation.as_str()));
    }
    let sql = "INSERT INTO addresses (project, address, member) VALUES (?1, ?2, ?3)
        ON CONFLICT DO UPDATE SET member = excluded.member, invitation = NULL WHERE member IS NULL";
    changes(connection, sql, (project, address, id))
}

fn remove_member(connection: &Connection, member: &Member) -> Result<bool> {
    let (project, id) = (member.project.number(), member.id.number());
    let sql = "DELETE FROM members WHERE project = ?1 AND id = ?2";
    if !changes(connection, sql, (project, id))? {
        return Ok(false);
    }
    let sql = "DELETE FROM addresses WHERE project = ?1 AND address = ?2 AND member = ?3";
    changes(connection, sql, (project, member.email.key(), id))
}

/// Removes the pending invitation of an address. An accepted one is never found, because accepting it clears the
/// address's `invitation`.
pub(super) fn remove_invitation(
    connection: &Connection,
    project: ProjectId,
    email: &Email,
    share: &ShareId,
) -> Result<bool> {
    let sql = "DELETE FROM addresses WHERE project = ?1 AND address = ?2 AND invitation = ?3";
    changes(connection, sql, (project.number(), email.key(), share.as_str()))
}
