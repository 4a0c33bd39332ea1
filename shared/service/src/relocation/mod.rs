//! Moving a project from one store to another: closed here, written to a file, read there, compared, opened. And
//! putting a backup of a whole store in place, which opens in the same way.
//!
//! Nothing is accepted in two places. A project is closed, and every token of it switched off, before the
//! first line of its file is written; there it arrives closed and switched off, and is opened only once all
//! of it has been read back and compared. Copies go on working then, since their hashes have come along.

mod check;
mod close;
mod compare;
mod export;
mod file;
mod import;
mod record;
#[cfg(feature = "sqlite")]
mod restore;

pub use close::{close, open};
pub use compare::compare;
pub use export::{Exported, Target, export};
pub use file::{Bad, Parts, Read, check, read};
pub use import::{ImportState, import, import_state};
pub use record::{Counts, Record};
#[cfg(feature = "sqlite")]
pub use restore::{restore, sqlite_file};

use jeton_core::{Error, event::PAGE_BYTES, id::TokenId, token::Token};

use crate::app::App;

/// How many things are read from a store at a time.
const PAGE: usize = 500;

/// Why a project cannot move.
#[derive(Debug, thiserror::Error)]
pub enum MoveError {
    /// The store, or what is in it, is not as it has to be.
    #[error(transparent)]
    Store(#[from] Error),
    /// The file cannot be read or written.
    #[error("{0}: {1}")]
    Io(String, std::io::Error),
    /// The file is not one that an export has finished, or was changed since.
    #[error("{0} is no complete export: {1}")]
    File(String, String),
    /// The store cannot be opened, or is of a kind that has no backups of Jeton's own.
    #[error(transparent)]
    Start(#[from] crate::runtime::StartError),
    /// What is in the store is not what the file says.
    #[error("{0}")]
    Differs(String),
}

/// Does something with every token of a project, in the order of their ids after this one.
async fn tokens(
    app: &App,
    project: jeton_core::id::ProjectId,
    mut after: Option<TokenId>,
    mut each: impl AsyncFnMut(Token) -> Result<(), MoveError>,
) -> Result<(), MoveError> {
    loop {
        let page = app.store.tokens(project, after, PAGE, PAGE_BYTES).await.map_err(Error::from)?;
        after = page.last();
        if let Some(id) = page.unreadable.first() {
            return Err(MoveError::Differs(format!("token {project}-{id} cannot be read")));
        }
        for token in page.tokens {
            token.requires_record()?;
            each(token).await?;
        }
        if !page.more {
            return Ok(());
        }
    }
}
