//! History that can be relied on: days that are over are sealed, and whoever knows the public key can show later
//! that nothing of them was removed, added or changed, in the store or in a file.
//!
//! The rules are in [`jeton_core::seal`]. All that is done here is to count what is there: once by who seals,
//! once more by who verifies, and from the lines of a file by who has no store.

mod anchor;
mod beginning;
mod counted;
mod delivery;
mod export;
mod file;
mod judge;
mod key;
mod notary;
mod report;
mod sealer;
mod tallies;
mod verify;

pub use anchor::Anchors;
pub use export::export;
pub use file::{BadLines, verify_file, verify_lines};
pub use judge::Expected;
pub use key::{PublicKey, SealKey};
pub use notary::AnchorPlace;
pub use report::{Finding, Report};
pub use sealer::{SealOutcome, Sealer, Waits};
pub use verify::{gone, verify};

use jeton_core::id::ProjectId;

/// Why history could not be looked at.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// The store does not answer, or has no such project.
    #[error(transparent)]
    Store(#[from] jeton_core::Error),
    /// A file cannot be read or written.
    #[error("{0}: {1}")]
    Io(String, std::io::Error),
    /// A project has no sealed day.
    #[error(
        "project {0} has no sealed day, so there is nothing to write; the sweep seals a day once it is over, when JETON_SEAL_KEY is set"
    )]
    NothingSealed(ProjectId),
    /// There is nothing to look at.
    #[error("there is no project in the store, so nothing is proved")]
    NoProject,
    /// A file is not one of history, or what would have to follow its end is not there.
    #[error("{0}: {1}")]
    File(String, String),
}

impl From<jeton_core::store::Unavailable> for HistoryError {
    fn from(unavailable: jeton_core::store::Unavailable) -> Self {
        Self::Store(unavailable.into())
    }
}
