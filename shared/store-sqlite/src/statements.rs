//! The statements of each group of writes, prepared once: to look a prepared statement up takes longer than to
//! run some of them.

use std::cell::RefCell;

use rusqlite::{Connection, Params, Result, Statement};

/// The connection of the writer, with its statements.
pub(super) struct Statements<'c> {
    pub(super) connection: &'c Connection,
    pub(super) begin: Kept<'c>,
    pub(super) commit: Kept<'c>,
    /// SQLite's count of changes by others.
    pub(super) data_version: Kept<'c>,
    /// An event: uuid, project, author, the token it is about, whether it is in the feed of the project, type and
    /// id of its object, and its body.
    pub(super) insert_event: Kept<'c>,
    /// An entry in the index by token: project, token, uuid, number.
    pub(super) index_by_token: Kept<'c>,
    /// An entry in the index by object: project, type, id, uuid, number.
    pub(super) index_by_object: Kept<'c>,
}

impl<'c> Statements<'c> {
    /// The statements of a connection.
    pub(super) fn of(connection: &'c Connection) -> Self {
        let kept = |sql| Kept { connection, sql, statement: RefCell::default() };
        Self {
            connection,
            begin: kept("BEGIN IMMEDIATE"),
            commit: kept("COMMIT"),
            data_version: kept("PRAGMA data_version"),
            insert_event: kept(
                "INSERT INTO events
                    (uuid, project, by_token, about, in_project_feed, object_type, object_id, body)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            ),
            index_by_token: kept(
                "INSERT INTO events_of_token (project, token, uuid, seq) VALUES (?1, ?2, ?3, ?4)
                    ON CONFLICT DO NOTHING",
            ),
            index_by_object: kept(
                "INSERT INTO events_with_object (project, object_type, object_id, uuid, seq)
                    VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING",
            ),
        }
    }
}

/// A statement that is prepared when it is first run.
pub(super) struct Kept<'c> {
    connection: &'c Connection,
    sql: &'static str,
    statement: RefCell<Option<Statement<'c>>>,
}

impl Kept<'_> {
    /// Runs it.
    pub(super) fn execute(&self, parameters: impl Params) -> Result<()> {
        self.run(|statement| statement.execute(parameters).map(drop))
    }

    /// Runs it, and returns the number that it finds.
    pub(super) fn number(&self) -> Result<i64> {
        self.run(|statement| statement.query_row([], |row| row.get(0)))
    }

    fn run<T>(&self, run: impl FnOnce(&mut Statement<'_>) -> Result<T>) -> Result<T> {
        let mut kept = self.statement.borrow_mut();
        match &mut *kept {
            Some(statement) => run(statement),
            none => run(none.insert(self.connection.prepare(self.sql)?)),
        }
    }
}
