//! Relocation: moves a project to another store (close, export, import, compare, open), restores a backup of a whole store,
//! and closes a whole store.
//!
//! A token is never valid in two stores. A project is closed, with all of its tokens disabled, before its export starts. It is
//! imported closed, and opened only after everything was read back and compared. Copies of tokens stay valid, because their
//! hashes are exported.

mod check;
mod close;
mod close_all;
mod compare;
mod export;
mod file;
mod import;
mod record;
#[cfg(feature = "sqlite")]
mod restore;

pub use close::{close, open};
pub use close_all::{ClosedAll, ClosedProject, close_all};
pub use compare::compare;
pub use export::{Exported, Target, export};
pub use file::{Bad, Parts, Read, check, read};
pub use import::{ImportState, import, import_state};
pub use record::{Counts, Record};
#[cfg(feature = "sqlite")]
pub use restore::{RestoreProgress, restore, sqlite_file};

use jeton_core::{
    Error,
    event::{Order, PAGE_BYTES},
    id::TokenId,
    token::Token,
};

use crate::app::App;

/// Records per read.
const PAGE: usize = 500;

/// Why an export or import failed.
#[derive(Debug, thiserror::Error)]
pub enum MoveError {
    /// The store failed, or its state does not allow the operation.
    #[error(transparent)]
    Store(#[from] Error),
    /// The file cannot be read or written.
    #[error("{0}: {1}")]
    Io(String, std::io::Error),
    /// The file is not a complete export, or was changed.
    #[error("{0} is not a complete export: {1}")]
    File(String, String),
    /// The store cannot be opened, or does not support backups by Jeton.
    #[error(transparent)]
    Start(#[from] crate::runtime::StartError),
    /// The store differs from the file.
    #[error("{0}")]
    Differs(String),
}

/// Calls a function with every token of a project after this id, in id order.
async fn tokens(
    app: &App,
    project: jeton_core::id::ProjectId,
    mut after: Option<TokenId>,
    mut each: impl AsyncFnMut(Token) -> Result<(), MoveError>,
) -> Result<(), MoveError> {
    loop {
        let page = app
            .store
            .tokens(project, after, Order::Ascending, PAGE, PAGE_BYTES)
            .await
            .map_err(Error::from)?;
        after = page.last;
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
