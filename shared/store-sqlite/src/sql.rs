//! Helpers of all statements: running them, and SQLite's forms of values.

use jeton_core::{
    id::{ProjectId, TokenId},
    time::Day,
};
use rusqlite::{
    Connection, Error, OptionalExtension as _, Params, Result, Row, Statement, StatementStatus, types::Type,
};
use serde::{Serialize, de::DeserializeOwned};

/// The first row, if there is one.
pub(super) fn one<T>(
    connection: &Connection,
    sql: &str,
    key: impl Params,
    read: impl FnOnce(&Row<'_>) -> Result<T>,
) -> Result<Option<T>> {
    let mut statement = connection.prepare_cached(sql)?;
    let row = statement.query_row(key, read).optional();
    used_an_index(&statement, sql, 1);
    row
}

/// All rows, in their order.
pub(super) fn many<T>(
    connection: &Connection,
    sql: &str,
    key: impl Params,
    read: impl FnMut(&Row<'_>) -> Result<T>,
) -> Result<Vec<T>> {
    let mut statement = connection.prepare_cached(sql)?;
    let rows: Result<Vec<T>> = statement.query_map(key, read)?.collect();
    used_an_index(&statement, sql, rows.as_ref().map_or(0, Vec::len));
    rows
}

/// Asserts that a read neither scans a whole table, nor sorts, nor reads much more than it returns; every
/// test checks this.
pub(super) fn used_an_index(statement: &Statement<'_>, sql: &str, rows: usize) {
    debug_assert_eq!(statement.get_status(StatementStatus::FullscanStep), 0, "{sql}");
    debug_assert_eq!(statement.get_status(StatementStatus::Sort), 0, "{sql}");
    if cfg!(debug_assertions) {
        // Counted since the statement was prepared, unless it is reset.
        let steps = statement.reset_status(StatementStatus::VmStep);
        let at_most = 1000 + 100 * i32::try_from(rows).unwrap_or(i32::MAX / 100);
        debug_assert!(steps <= at_most, "{steps} steps for {rows} rows: {sql}");
    }
}

/// Parses a value as it is stored.
pub(super) fn json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|error| Error::ToSqlConversionFailure(error.into()))
}

/// Parses a value that is stored as JSON.
pub(super) fn parsed<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> Result<T> {
    from_json(row.get_ref(column)?.as_str()?, column)
}

/// The same for a text that was read from this column.
pub(super) fn from_json<T: DeserializeOwned>(text: &str, column: usize) -> Result<T> {
    jeton_core::json::from_str(text).map_err(|error| unreadable(column, error))
}

/// A row limit; SQLite has signed integers.
pub(super) fn sql_limit(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// SQLite's count of the changes by other connections.
pub(super) fn data_version(connection: &Connection) -> Result<i64> {
    connection.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))
}

/// Runs a statement; returns whether it changed anything.
pub(super) fn changes(connection: &Connection, sql: &str, row: impl Params) -> Result<bool> {
    Ok(connection.prepare_cached(sql)?.execute(row)? > 0)
}

/// An id as a SQLite integer: ids of tokens stay far below the largest one.
pub(super) const fn sql_id(token: TokenId) -> i64 {
    token.number().cast_signed()
}

/// Parses a day that is stored as text.
pub(super) fn day(row: &Row<'_>, column: usize) -> Result<Option<Day>> {
    let text = row.get_ref(column)?.as_str_or_null()?;
    text.map(str::parse::<Day>).transpose().map_err(|error| unreadable(column, error.to_string()))
}

/// The id of a token.
pub(super) fn token_id(row: &Row<'_>, column: usize) -> Result<TokenId> {
    let number: i64 = row.get(column)?;
    TokenId::new(number.cast_unsigned()).ok_or(Error::IntegralValueOutOfRange(column, number))
}

/// The id of a project.
pub(super) fn project_id(row: &Row<'_>, column: usize) -> Result<ProjectId> {
    let number: u32 = row.get(column)?;
    ProjectId::new(number).ok_or(Error::IntegralValueOutOfRange(column, number.into()))
}

/// The error for a value of this column that cannot be parsed.
pub(super) fn unreadable(column: usize, error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::FromSqlConversionFailure(column, Type::Text, error.into())
}
