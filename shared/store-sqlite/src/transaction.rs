//! The transaction of a group, and the events that it appends.

use std::{
    cell::{Cell, RefCell},
    ops::Deref,
};

use jeton_core::id::{ProjectId, TokenId};
use rusqlite::{Connection, Params, Result};
use uuid::Uuid;

use super::{
    statements::Statements,
    tail::{NewEvent, TrailingFeed},
    trailing::TrailingIndex,
};

/// The connection of the writer during the transaction of a group.
pub(super) struct Transaction<'a, 'c> {
    statements: &'a Statements<'c>,
    index: &'a TrailingIndex,
    /// The events that it has appended so far, in their order.
    events: RefCell<Vec<NewEvent>>,
    /// No event of the transaction has a uuid after this.
    newest: Cell<Uuid>,
}

impl<'a, 'c> Transaction<'a, 'c> {
    /// A transaction that has just begun.
    pub(super) fn new(statements: &'a Statements<'c>, index: &'a TrailingIndex) -> Self {
        Self { statements, index, events: RefCell::default(), newest: Cell::new(index.newest()) }
    }

    /// Whether an event of a project and author is stored, or appended by this transaction. `feed` is its first
    /// feed, if the index of that trails behind; `in_file` looks it up in an index of the file.
    pub(super) fn has(
        &self,
        uuid: Uuid,
        (project, by): (ProjectId, Option<TokenId>),
        feed: Option<&TrailingFeed>,
        in_file: impl FnOnce() -> Result<bool>,
    ) -> Result<bool> {
        if uuid > self.newest.get() {
            return Ok(false);
        }
        let is_it = |event: &NewEvent| event.entry.uuid == uuid && event.project == project && event.by == by;
        Ok(self.events.borrow().iter().any(is_it) || self.index.has(uuid, feed, in_file)?)
    }

    /// Appends an event, by the parameters of [`Statements::insert_event`]. Returns its number.
    pub(super) fn insert_event(&self, row: impl Params) -> Result<i64> {
        self.statements.insert_event.execute(row)?;
        Ok(self.last_insert_rowid())
    }

    /// Notes an event that was appended.
    pub(super) fn appended(&self, event: NewEvent) {
        self.newest.set(self.newest.get().max(event.entry.uuid));
        self.events.borrow_mut().push(event);
    }

    /// How many events it has appended so far.
    pub(super) fn count(&self) -> usize {
        self.events.borrow().len()
    }

    /// Forgets the events after so many, which were rolled back.
    pub(super) fn roll_back_to(&self, count: usize) {
        self.events.borrow_mut().truncate(count);
    }

    /// The events that it has appended.
    pub(super) fn into_events(self) -> Vec<NewEvent> {
        self.events.into_inner()
    }
}

impl Deref for Transaction<'_, '_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.statements.connection
    }
}
