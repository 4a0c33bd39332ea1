//! Members and their console sessions, with those whose records cannot be read.

use jeton_core::{
    email::Email,
    id::{MemberId, ProjectId},
    member::{Member, Membership, UnreadableMember},
    session::{Session, SessionId},
    share::ShareId,
};
use jeton_store_support::unreadable;
use rusqlite::{Connection, Error, OptionalExtension as _, Result};

use super::sql::{changes, many, one, parsed};

/// Reads a member, or what is known of one whose record cannot be read.
type Found = std::result::Result<Member, UnreadableMember>;

pub(super) fn member(connection: &Connection, project: ProjectId, member: MemberId) -> Result<Option<Found>> {
    let sql = "SELECT body FROM members WHERE project = ?1 AND id = ?2";
    let found =
        one(connection, sql, (project.number(), member.number()), |row| Ok(parsed::<Member>(row, 0)))?;
    found.map(|found| or_unreadable(connection, project, member, found)).transpose()
}

pub(super) fn members(connection: &Connection, project: ProjectId) -> Result<Vec<Found>> {
    let sql = "SELECT body, id FROM members WHERE project = ?1 ORDER BY id";
    let rows = many(connection, sql, [project.number()], |row| {
        Ok(MemberId::new(row.get(1)?).map(|id| (id, parsed::<Member>(row, 0))))
    })?;
    let found = rows.into_iter().flatten();
    found.map(|(id, found)| or_unreadable(connection, project, id, found)).collect()
}

pub(super) fn membership(
    connection: &Connection,
    project: ProjectId,
    email: &Email,
) -> Result<Option<Membership>> {
    let sql = "SELECT invitation, members.body, member
        FROM addresses LEFT JOIN members ON members.project = addresses.project AND members.id = member
        WHERE addresses.project = ?1 AND address = ?2";
    one(connection, sql, (project.number(), email.key()), |row| {
        let invitation: Option<String> = row.get(0)?;
        if let Some(share) = invitation.as_deref().and_then(ShareId::parse) {
            return Ok(Membership::Invited(share));
        }
        let error = match parsed(row, 1) {
            Ok(member) => return Ok(Membership::Member(member)),
            Err(error) => error,
        };
        let id = row.get::<_, Option<u32>>(2)?.and_then(MemberId::new).ok_or(Error::QueryReturnedNoRows)?;
        unreadable::tell("a member", format_args!("{project}-{id}"), error);
        let email = Email::parse(&email.key());
        Ok(Membership::Unreadable(UnreadableMember { project, id, email }))
    })
}

/// Removes a member by their id alone, with the address that refers to them.
pub(super) fn remove_unreadable(connection: &Connection, member: &UnreadableMember) -> Result<bool> {
    let row = (member.project.number(), member.id.number());
    let record = changes(connection, "DELETE FROM members WHERE project = ?1 AND id = ?2", row)?;
    let address = changes(connection, "DELETE FROM addresses WHERE project = ?1 AND member = ?2", row)?;
    Ok(record || address)
}

/// Reads a session; one that cannot be read is not valid.
pub(super) fn session(connection: &Connection, session: &SessionId) -> Result<Option<Session>> {
    let sql = "SELECT body FROM sessions WHERE id = ?1";
    let found = one(connection, sql, [session.as_str()], |row| {
        Ok(parsed(row, 0).inspect_err(|error| unreadable::tell("a session", session, error)).ok())
    })?;
    Ok(found.flatten())
}

pub(super) fn sessions(connection: &Connection, email: &Email) -> Result<Vec<Session>> {
    let sql = "SELECT body, id FROM sessions WHERE address = ?1 ORDER BY id";
    let found = many(connection, sql, [email.key()], |row| {
        let id: String = row.get(1)?;
        Ok(parsed(row, 0).inspect_err(|error| unreadable::tell("a session", id, error)).ok())
    })?;
    Ok(found.into_iter().flatten().collect())
}

fn or_unreadable(
    connection: &Connection,
    project: ProjectId,
    id: MemberId,
    found: Result<Member>,
) -> Result<Found> {
    let error = match found {
        Ok(member) => return Ok(Ok(member)),
        Err(error) => error,
    };
    unreadable::tell("a member", format_args!("{project}-{id}"), error);
    // Scans the addresses of the project, but only after an unreadable record.
    let sql = "SELECT address FROM addresses WHERE project = ?1 AND member = ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let address =
        statement.query_row((project.number(), id.number()), |row| row.get::<_, String>(0)).optional()?;
    let email = address.and_then(|address| Email::parse(&address));
    Ok(Err(UnreadableMember { project, id, email }))
}
