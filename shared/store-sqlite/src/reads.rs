//! Reads of everything but members, sessions, shares and events. Each is one statement, and so one consistent view.

use std::sync::Arc;

use jeton_core::{
    email::Email,
    event::Order,
    id::{ProjectId, TokenId},
    idempotency::{IdempotencyRecord, IdempotencyRecordId},
    project::Project,
    store::{Due, TokenPage},
    time::Timestamp,
    token::{StoredVerifyItem, Token, Tombstone, VerifyItem},
};
use rusqlite::{Connection, Result, Row};

use super::sql::{
    day, many, one, parsed, project_id, sql_id, sql_limit, token_id, unreadable, used_an_index,
};

/// The number of shards of a token's events: a file has no partitions to spread them over.
pub(super) const SHARDS: u32 = 1;

/// The verify item of a token.
pub(super) fn verify_item(
    connection: &Connection,
    project: ProjectId,
    token: TokenId,
) -> Result<Option<StoredVerifyItem>> {
    of_token(connection, "verify, last_used", project, token, |row| {
        let text = row.get_ref(0)?.as_str()?;
        let item: VerifyItem = jeton_core::json::from_str(text).map_err(|error| unreadable(0, error))?;
        Ok(StoredVerifyItem { item: Arc::new(item), shards: SHARDS, last_used: day(row, 1)? })
    })
}

pub(super) fn token(connection: &Connection, project: ProjectId, token: TokenId) -> Result<Option<Token>> {
    of_token(connection, "body, last_used, verify", project, token, token_in)
}

/// Reads the row of a token.
///
/// Its number mostly is the id of the token, so that one tree is searched rather than two. It is another one if the
/// number was taken by a token of another project, and in rows of earlier builds.
fn of_token<T>(
    connection: &Connection,
    columns: &str,
    project: ProjectId,
    token: TokenId,
    read: impl Fn(&Row<'_>) -> Result<T>,
) -> Result<Option<T>> {
    let key = (project.number(), sql_id(token));
    let by_number =
        format!("SELECT {columns} FROM tokens NOT INDEXED WHERE rowid = ?2 AND project = ?1 AND id = ?2");
    if let Some(found) = one(connection, &by_number, key, &read)? {
        return Ok(Some(found));
    }
    one(connection, &format!("SELECT {columns} FROM tokens WHERE project = ?1 AND id = ?2"), key, read)
}

/// Whether this is a master token, by its verify item.
pub(super) fn is_master(connection: &Connection, project: ProjectId, token: TokenId) -> Result<bool> {
    let sql = "SELECT verify FROM tokens WHERE project = ?1 AND id = ?2";
    let item = one(connection, sql, (project.number(), sql_id(token)), |row| parsed::<VerifyItem>(row, 0))?;
    Ok(item.is_some_and(|item| item.identity.is_master()))
}

pub(super) fn tokens(
    connection: &Connection,
    project: ProjectId,
    after: Option<TokenId>,
    order: Order,
    limit: usize,
    bytes: usize,
) -> Result<TokenPage> {
    let (sql, after) = match order {
        Order::Ascending => (
            "SELECT body, last_used, verify, id FROM tokens WHERE project = ?1 AND id > ?2 ORDER BY id LIMIT ?3",
            after.map_or(0, sql_id),
        ),
        Order::Descending => (
            "SELECT body, last_used, verify, id FROM tokens WHERE project = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3",
            after.map_or(i64::MAX, sql_id),
        ),
    };
    let limit = sql_limit(limit.saturating_add(1));
    let mut statement = connection.prepare_cached(sql)?;
    let (mut page, mut count) = (TokenPage::default(), 0);
    let mut rows = statement.query((project.number(), after, limit))?;
    while let Some(row) = rows.next()? {
        if count + 1 >= limit || (count > 0 && page.bytes >= bytes) {
            page.more = true;
            break;
        }
        count += 1;
        page.bytes += row.get_ref(0)?.as_bytes()?.len();
        let id = token_id(row, 3)?;
        page.last = Some(id);
        match token_in(row) {
            Ok(token) => page.tokens.push(token),
            Err(error) => {
                tracing::error!(%project, token = %id, %error, "a token cannot be read");
                page.unreadable.push(id);
            }
        }
    }
    drop(rows);
    used_an_index(&statement, sql, page.tokens.len());
    Ok(page)
}

pub(super) fn configuration_token(
    connection: &Connection,
    project: ProjectId,
    component: &str,
    configuration: &str,
) -> Result<Option<TokenId>> {
    let sql = "SELECT token FROM configurations WHERE project = ?1 AND component = ?2 AND configuration = ?3";
    one(connection, sql, (project.number(), component, configuration), |row| token_id(row, 0))
}

pub(super) fn tombstone(
    connection: &Connection,
    project: ProjectId,
    token: TokenId,
) -> Result<Option<Tombstone>> {
    let sql = "SELECT body FROM tombstones WHERE project = ?1 AND id = ?2";
    one(connection, sql, (project.number(), sql_id(token)), |row| parsed(row, 0))
}

pub(super) fn project(connection: &Connection, project: ProjectId) -> Result<Option<Project>> {
    one(connection, "SELECT body FROM projects WHERE id = ?1", [project.number()], |row| parsed(row, 0))
}

pub(super) fn projects(connection: &Connection, limit: usize) -> Result<Vec<ProjectId>> {
    let sql = "SELECT id FROM projects WHERE id BETWEEN 1 AND ?2 ORDER BY id LIMIT ?1";
    many(connection, sql, (sql_limit(limit), ProjectId::MAX.number()), |row| project_id(row, 0))
}

pub(super) fn no_projects(connection: &Connection, limit: usize) -> Result<Vec<String>> {
    let sql = "SELECT id FROM projects WHERE id < 1
        UNION ALL SELECT id FROM projects WHERE id > ?2 LIMIT ?1";
    let key = (sql_limit(limit), ProjectId::MAX.number());
    many(connection, sql, key, |row| row.get::<_, i64>(0).map(|id| id.to_string()))
}

pub(super) fn projects_of(connection: &Connection, email: &Email) -> Result<Vec<ProjectId>> {
    let sql = "SELECT project FROM addresses WHERE address = ?1 AND member IS NOT NULL ORDER BY project";
    many(connection, sql, [email.key()], |row| project_id(row, 0))
}

pub(super) fn idempotency_record(
    connection: &Connection,
    id: &IdempotencyRecordId,
) -> Result<Option<IdempotencyRecord>> {
    one(connection, "SELECT body FROM receipts WHERE id = ?1", [id.as_str()], |row| parsed(row, 0))
}

pub(super) fn due(
    connection: &Connection,
    now: Timestamp,
    after: Option<Due>,
    limit: usize,
) -> Result<Vec<Due>> {
    let sql = "SELECT due, project, id FROM tokens
        WHERE due <= ?1 AND (due, project, id) > (?2, ?3, ?4) ORDER BY due, project, id LIMIT ?5";
    let (at, project, token) = after
        .map_or((i64::MIN, 0, 0), |after| (after.at.millis(), after.project.number(), sql_id(after.token)));
    many(connection, sql, (now.millis(), at, project, token, sql_limit(limit)), |row| {
        let at = Timestamp::from_millis(row.get(0)?);
        Ok(Due { at, project: project_id(row, 1)?, token: token_id(row, 2)? })
    })
}

/// Reads a row of body, day of last use, and verify item, which replaces a body that cannot be read.
fn token_in(row: &Row<'_>) -> Result<Token> {
    let token = match parsed(row, 0) {
        Ok(token) => token,
        Err(error) => {
            let item: VerifyItem = parsed(row, 2)?;
            tracing::error!(project = %item.project, token = %item.id, %error, "the record of a token cannot be read");
            Token::placeholder(&item)
        }
    };
    Ok(Token { last_used: day(row, 1)?, ..token })
}
