//! Sealed history: seals past days, verifies them in a store or a file, and exports them.
//!
//! The rules are in [`jeton_core::seal`]. This module counts events: for sealing, for verification, and from the lines of a
//! file.

mod anchor;
mod beginning;
mod counted;
mod day;
mod delivery;
mod export;
mod file;
mod judge;
mod key;
mod notary;
mod part;
mod report;
mod sealer;
mod tallies;
mod verify;

pub use anchor::Anchors;
pub use day::Steps;
pub use export::export;
pub use file::{BadLines, verify_file, verify_lines};
pub use judge::Expected;
pub use key::{PublicKey, SealKey, SealKeySource};
pub use notary::AnchorPlace;
pub use report::{Finding, Report};
pub use sealer::{Moment, SealOutcome, Sealer, Waits};
pub use verify::{gone, verify};

use jeton_core::id::ProjectId;

/// Why history cannot be verified or exported.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// The store is not available, or has no such project.
    #[error(transparent)]
    Store(#[from] jeton_core::Error),
    /// A file cannot be read or written.
    #[error("{0}: {1}")]
    Io(String, std::io::Error),
    /// A project has no sealed day.
    #[error(
        "project {0} has no sealed day, so there is nothing to write; with JETON_SEAL_KEY, each day is sealed once it is over"
    )]
    NothingSealed(ProjectId),
    /// There is no project.
    #[error("there is no project in the store, so nothing was verified")]
    NoProject,
    /// A file is not an export of history, or cannot be continued.
    #[error("{0}: {1}")]
    File(String, String),
}

impl From<jeton_core::store::Unavailable> for HistoryError {
    fn from(unavailable: jeton_core::store::Unavailable) -> Self {
        Self::Store(unavailable.into())
    }
}
