//! Detects a database that lost its log, or the end of it.
//!
//! After each group of writes, a server notes beside the database how far it has come: the number of its
//! newest event, and a counter that grows with each group without an event. A database with less than its
//! note has lost its newest writes. Whether the log itself exists says less: other programs may checkpoint it.
//!
//! A copy or a hard link has no note. So the file itself says that it lacks its log, and the log says that it
//! does not: `lacks_log` is 1 in the file and 0 in the first entry of the log. A reader of both, or of a copy
//! made by SQLite, finds 0.

use std::{
    fs::File,
    io::{self, Read as _, Seek as _, Write as _},
    sync::{
        Arc,
        atomic::{AtomicI32, Ordering},
    },
};

use rusqlite::{Connection, Error, ErrorCode, OptionalExtension as _};

/// What a file of version 6 lacks. One that was served may have the table, without its last column.
pub(super) const SINCE_6: &str = "
CREATE TABLE IF NOT EXISTS served (one INTEGER PRIMARY KEY CHECK (one = 1), number INTEGER NOT NULL) STRICT;
ALTER TABLE served ADD COLUMN lacks_log INTEGER NOT NULL DEFAULT 0;
";

/// The progress of a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reached {
    number: i64,
    event: i64,
}

/// Writes the note beside a database: of a server, or of a command while there is a note.
#[derive(Debug)]
pub(super) struct Note {
    beside: File,
    noted: Reached,
    /// Whether other processes write the note, too.
    is_shared: bool,
    /// Whether the newest write says that there is no log.
    lacks_log: bool,
}

impl Note {
    /// The note of a command, where a server has written one.
    pub(super) fn of_others(beside: File) -> io::Result<Option<Self>> {
        let noted = noted(&beside)?;
        Ok(noted.map(|noted| Self { beside, noted, is_shared: true, lacks_log: false }))
    }

    /// The progress of the database with this group, in the transaction of the group, whose newest event has
    /// this number.
    pub(super) fn count(
        &self,
        connection: &Connection,
        begun: &Begun,
        event: i64,
    ) -> rusqlite::Result<Reached> {
        let mut reached = Reached { event, ..self.noted };
        if reached.event == begun.event && connection.total_changes() != begun.changes {
            let sql = "UPDATE served SET number = number + 1, lacks_log = 0 RETURNING number";
            reached.number = connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
        } else if self.lacks_log {
            set(connection, false)?;
        }
        Ok(reached)
    }

    /// Notes the progress of the database, after the commit.
    pub(super) fn counted(&mut self, mut reached: Reached) {
        self.lacks_log = false;
        if self.is_shared {
            // A server that ended in order has removed its note.
            let Ok(Some(noted)) = noted(&self.beside) else { return };
            reached.number = reached.number.max(noted.number);
            reached.event = reached.event.max(noted.event);
        }
        if reached != self.noted {
            self.noted = reached;
            self.write();
        }
    }

    fn write(&self) {
        // Fixed length, so that one write replaces all of it.
        let text = format!("{:020} {:020}\n", self.noted.number, self.noted.event);
        if let Err(error) = write(&self.beside, &text) {
            tracing::warn!(%error, "how far the database has come was not noted beside it");
        }
    }
}

/// A server's note and its checkpoints, in the writer thread.
#[derive(Debug)]
pub(super) struct Mark {
    pub(super) note: Note,
    /// How many pages the log has.
    log: Arc<AtomicI32>,
    /// The checkpoint threshold, in pages.
    full: i32,
    /// The threshold of the next attempt.
    next: i32,
    /// How many pages the log had at the last check.
    seen: i32,
}

impl Mark {
    /// Notes how far a database has come, and has the file say that it lacks its log. From now on
    /// [`Self::tend`] checkpoints the log at this many pages, and SQLite does not.
    pub(super) fn new(connection: &mut Connection, beside: File, pages: i32) -> rusqlite::Result<Self> {
        let log = Arc::new(AtomicI32::new(0));
        let counted = Arc::clone(&log);
        connection.wal_hook(Some(move |_: &mut _, pages| {
            counted.store(pages, Ordering::Relaxed);
            Ok(())
        }))?;
        connection.execute("INSERT INTO served (one, number) VALUES (1, 0) ON CONFLICT DO NOTHING", [])?;
        let noted = reached(connection)?.unwrap_or(Reached { number: 0, event: 0 });
        let note = Note { beside, noted, is_shared: false, lacks_log: false };
        note.write();
        let mut mark = Self { note, log, full: pages, next: pages, seen: 0 };
        mark.renew(connection);
        mark.seen = mark.log.load(Ordering::Relaxed);
        Ok(mark)
    }

    /// Checkpoints the log when it is long, or when another program has checkpointed it and it was begun
    /// anew. To be called when nobody waits for an answer.
    pub(super) fn tend(&mut self, connection: &Connection) {
        let pages = self.log.load(Ordering::Relaxed);
        if pages < self.seen || pages >= self.next {
            self.renew(connection);
        }
        self.seen = self.log.load(Ordering::Relaxed);
    }

    /// Checkpoints the log as far as no reader needs it, with `lacks_log` set in the file, and begins a new
    /// log with it cleared.
    pub(super) fn renew(&mut self, connection: &Connection) {
        let taken_in = || {
            set(connection, true)?;
            connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| {
                Ok(row.get::<_, i32>(1)? == row.get::<_, i32>(2)?)
            })
        };
        let taken_in = taken_in();
        let begun = set(connection, false);
        self.note.lacks_log = begun.is_err();
        match taken_in.and_then(|taken_in| begun.map(|()| taken_in)) {
            Ok(true) => self.next = self.full,
            // A reader still needs the log: try again when it has grown by a quarter.
            Ok(false) => self.next = self.log.load(Ordering::Relaxed) + self.full / 4 + 1,
            Err(error) => {
                self.next = self.log.load(Ordering::Relaxed) + self.full / 4 + 1;
                tracing::warn!(%error, "the log of the database was not taken in");
            }
        }
    }
}

/// The state before a group, to find out later whether the group has changed anything.
#[derive(Debug)]
pub(super) struct Begun {
    event: i64,
    changes: u64,
}

impl Begun {
    /// The present state, in the transaction of the group, with the number of the newest event.
    pub(super) fn now(connection: &Connection, event: i64) -> Self {
        Self { event, changes: connection.total_changes() }
    }
}

/// The noted progress of a database, if there is a note.
pub(super) fn noted(mut beside: &File) -> io::Result<Option<Reached>> {
    let mut text = String::new();
    beside.rewind()?;
    beside.take(64).read_to_string(&mut text)?;
    let mut numbers = text.split_whitespace().map(str::parse);
    let Some(Ok(number)) = numbers.next() else { return Ok(None) };
    // An earlier version noted one number.
    Ok(Some(Reached { number, event: numbers.next().and_then(Result::ok).unwrap_or_default() }))
}

/// Whether a database has everything up to this note.
pub(super) fn has(connection: &Connection, noted: Reached) -> rusqlite::Result<bool> {
    let found = reached(connection)?;
    Ok(found.is_some_and(|found| found.number >= noted.number && found.event >= noted.event))
}

/// Whether a database is a file without the log that belongs to it.
pub(super) fn lacks_log(connection: &Connection) -> rusqlite::Result<bool> {
    let lacks = connection.query_row("SELECT lacks_log FROM served", [], |row| row.get(0)).optional();
    Ok(if_there(lacks)?.flatten().unwrap_or_default())
}

/// Clears `lacks_log` in a copy, which needs no log.
pub(super) fn is_complete(connection: &Connection) -> rusqlite::Result<()> {
    if_there(set(connection, false)).map(drop)
}

/// Removes the note beside a database, after which the database may be replaced.
pub(super) fn forget(beside: &File) -> io::Result<()> {
    write(beside, "")?;
    beside.set_len(0)
}

fn set(connection: &Connection, lacks_log: bool) -> rusqlite::Result<()> {
    connection.prepare_cached("UPDATE served SET lacks_log = ?1")?.execute([lacks_log]).map(drop)
}

fn reached(connection: &Connection) -> rusqlite::Result<Option<Reached>> {
    let number = connection.query_row("SELECT number FROM served", [], |row| row.get(0)).optional();
    let Some(number) = if_there(number)?.flatten() else { return Ok(None) };
    Ok(Some(Reached { number, event: newest_event(connection)? }))
}

/// The number of the newest event. It never falls: retention keeps the newest one.
fn newest_event(connection: &Connection) -> rusqlite::Result<i64> {
    connection
        .prepare_cached("SELECT max(seq) FROM events")?
        .query_row([], |row| Ok(row.get::<_, Option<i64>>(0)?.unwrap_or_default()))
}

/// `None` for the error that there is no such table or column, as in a file of an earlier version.
fn if_there<T>(found: rusqlite::Result<T>) -> rusqlite::Result<Option<T>> {
    match found {
        Err(Error::SqliteFailure(error, _) | Error::SqlInputError { error, .. })
            if error.code == ErrorCode::Unknown =>
        {
            Ok(None)
        }
        found => found.map(Some),
    }
}

fn write(mut file: &File, text: &str) -> io::Result<()> {
    file.rewind()?;
    file.write_all(text.as_bytes())
}
