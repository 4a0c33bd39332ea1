//! Cache coherence: keeps the memory of a server equal to the database.
//!
//! The writing connection has triggers of its own (in the TEMP schema, so not in the file), which note each
//! row of `tokens` that is added, changed or removed, by any statement. So no caller can forget it. Writes of
//! other programs show in SQLite's count of their changes.

use std::sync::{Arc, Mutex, PoisonError};

use jeton_core::id::{ProjectId, TokenId};
use jeton_store_support::item_cache::Key;
use rusqlite::{Connection, functions::FunctionFlags};

use super::{
    memory::{Change, Memory},
    sql::data_version,
};

/// A row whose key changes is noted under both keys.
const TRIGGERS: &str = "
PRAGMA temp_store = MEMORY;
CREATE TEMP TRIGGER token_added AFTER INSERT ON main.tokens BEGIN
    SELECT note_token(new.project, new.id);
END;
CREATE TEMP TRIGGER token_changed AFTER UPDATE ON main.tokens BEGIN
    SELECT note_token(old.project, old.id), note_token(new.project, new.id);
END;
CREATE TEMP TRIGGER token_removed AFTER DELETE ON main.tokens BEGIN
    SELECT note_token(old.project, old.id);
END;
";

/// The writer's part in keeping memory and its database equal.
#[derive(Debug)]
pub(super) struct Coherence {
    memory: Arc<Memory>,
    /// The tokens that the transaction has changed so far.
    changed: Arc<Mutex<Vec<Key>>>,
    /// How often other connections have changed the database, in SQLite's count.
    by_others: i64,
}

impl Coherence {
    /// Starts to note the changes of this connection.
    pub(super) fn start(connection: &Connection, memory: Arc<Memory>) -> rusqlite::Result<Self> {
        let changed = Arc::<Mutex<Vec<Key>>>::default();
        let noted = Arc::clone(&changed);
        // Innocuous: a trigger may call it although the schema of the file is not trusted.
        let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_INNOCUOUS;
        connection.create_scalar_function("note_token", 2, flags, move |row| {
            // Ignores ids that no token can have: nobody can ask for them.
            let project = u32::try_from(row.get::<i64>(0)?).ok().and_then(ProjectId::new);
            let token = TokenId::new(row.get::<i64>(1)?.cast_unsigned());
            if let (Some(project), Some(token)) = (project, token) {
                noted.lock().unwrap_or_else(PoisonError::into_inner).push((project, token));
            }
            Ok(0)
        })?;
        connection.execute_batch(TRIGGERS)?;
        Ok(Self { memory, changed, by_others: data_version(connection)? })
    }

    /// Forgets everything when another program has written since the last call, and discards the notes of a
    /// transaction that was not committed. To be called at the beginning of a transaction, with SQLite's count
    /// of changes by others.
    pub(super) fn begin(&mut self, by_others: i64) {
        self.take();
        if by_others != self.by_others {
            self.by_others = by_others;
            self.memory.forget();
        }
    }

    /// The same when there is no transaction.
    pub(super) fn look(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        self.begin(data_version(connection)?);
        Ok(())
    }

    /// Forgets what the transaction has changed, until the returned guard is dropped, which is after the COMMIT.
    pub(super) fn about_to_commit(&self) -> Change<'_> {
        self.memory.change(&self.take())
    }

    fn take(&self) -> Vec<Key> {
        std::mem::take(&mut *self.changed.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
