//! The error of every read of a store.

use crate::Error;

/// The store cannot be reached, or did not answer in time. The text is for the log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the store is not available: {0}")]
pub struct Unavailable(pub String);

impl Unavailable {
    /// An event could not be written, so nothing was stored.
    pub fn unwritten(error: &serde_json::Error) -> Self {
        Self(format!("an event is not JSON: {error}"))
    }
}

impl From<Unavailable> for Error {
    fn from(error: Unavailable) -> Self {
        Self::Unavailable(error.0)
    }
}
