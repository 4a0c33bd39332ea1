//! Looks at a file without changing it, for `jeton doctor`: opening it as a store would upgrade an older one.

use std::path::Path;

use rusqlite::config::DbConfig;

use super::{
    connection::connect_for_reading,
    lock, objects,
    open_error::{OpenError, is_there, name},
    schema::{self, BACKUP_MARK},
    tables::{VERSION, version},
};

/// The layout of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// The version of its tables.
    pub found: u32,
    /// The version that this program makes, and upgrades to.
    pub known: u32,
}

/// Reads the layout of a file, which a server may have open.
///
/// Errors: it cannot be read, is a backup, was written by a newer Jeton, lost its log, or was changed by somebody.
pub fn layout(path: &Path) -> Result<Layout, OpenError> {
    let unusable = |source| OpenError::Sqlite { path: name(path), source };
    is_there(path)?;
    lock::may_be_opened(path)?;
    let file = connect_for_reading(path).map_err(unusable)?;
    // The last connection would else write the log into the file.
    file.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).map_err(unusable)?;
    if schema::mark(&file).map_err(unusable)? == BACKUP_MARK {
        return Err(OpenError::Backup { path: name(path) });
    }
    lock::has_all(&file, path)?;
    match version(&file).map_err(unusable)? {
        0 => Err(OpenError::NotNew { path: name(path) }),
        VERSION => match objects::changed(&file).map_err(unusable)? {
            Some(found) => Err(OpenError::Changed { path: name(path), found }),
            None => Ok(Layout { found: VERSION, known: VERSION }),
        },
        found if found > VERSION => Err(OpenError::Newer { path: name(path), found, known: VERSION }),
        found => Ok(Layout { found, known: VERSION }),
    }
}
