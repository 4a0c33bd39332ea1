//! A number by which a database whose log was lost is told from one that is whole.
//!
//! It is in the database and, once it is on the disk there, in the file beside it. Whoever finds a lower number in the database than
//! beside it, or none, has lost what was written last. Whether the log itself is there says less: other programs may take
//! it into the database.

use std::{
    fs::File,
    io::{self, Read as _, Seek as _, Write as _},
};

use rusqlite::{Connection, OptionalExtension as _};

/// After how many groups of writes the number grows, when none of them takes rights away.
const GROUPS: u32 = 32;

/// A database of an earlier build gets it when it is served; there is nothing else to take over.
const TABLE: &str = "CREATE TABLE IF NOT EXISTS served (one INTEGER PRIMARY KEY CHECK (one = 1), number INTEGER NOT NULL) STRICT";

/// What a server keeps, in the thread that writes.
#[derive(Debug)]
pub(super) struct Mark {
    beside: File,
    number: i64,
    groups: u32,
}

impl Mark {
    /// The number in a database, which a server goes on with, and the file that has it beside the database.
    pub(super) fn new(connection: &Connection, beside: File) -> rusqlite::Result<Self> {
        connection.execute_batch(TABLE)?;
        let number = number_in(connection)?.unwrap_or_default();
        Ok(Self { beside, number, groups: GROUPS })
    }

    /// Counts a group, and raises the number in the database when it is time: at once for a group that takes rights away, which
    /// would be given back if it were lost. True when it was, with the transaction of the group.
    pub(super) fn count(&mut self, connection: &Connection, takes_away: bool) -> rusqlite::Result<bool> {
        self.groups += 1;
        if self.groups < GROUPS && !takes_away {
            return Ok(false);
        }
        let sql = "INSERT INTO served VALUES (1, ?1) ON CONFLICT DO UPDATE SET number = excluded.number";
        connection.prepare_cached(sql)?.execute([self.number + 1])?;
        Ok(true)
    }

    /// Notes the number beside the database, now that it is in there.
    pub(super) fn counted(&mut self) {
        self.number += 1;
        self.groups = 0;
        if let Err(error) = write(&self.beside, &format!("{}\n", self.number)) {
            tracing::warn!(%error, "the number that shows a lost log was not noted beside the database");
        }
    }
}

/// Whether a database has what was in it when the file beside it was written.
pub(super) fn is_whole(connection: &Connection, mut beside: &File) -> io::Result<bool> {
    let mut text = String::new();
    beside.rewind()?;
    beside.take(64).read_to_string(&mut text)?;
    let Ok(noted) = text.trim().parse::<i64>() else { return Ok(true) };
    // A database without the table has none.
    Ok(number_in(connection).ok().flatten().is_some_and(|number| number >= noted))
}

/// Forgets the number beside a database, after which the database may be replaced.
pub(super) fn forget(beside: &File) -> io::Result<()> {
    write(beside, "")
}

fn number_in(connection: &Connection) -> rusqlite::Result<Option<i64>> {
    connection.query_row("SELECT number FROM served", [], |row| row.get(0)).optional()
}

fn write(mut file: &File, text: &str) -> io::Result<()> {
    file.rewind()?;
    file.write_all(text.as_bytes())?;
    file.set_len(text.len() as u64)
}
