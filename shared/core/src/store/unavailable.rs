//! The error of every read of a store.

use crate::Error;

/// The store cannot be reached, or did not answer in time. The text is for the log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the store is not available: {0}")]
pub struct Unavailable(pub String);

impl From<Unavailable> for Error {
    fn from(error: Unavailable) -> Self {
        Self::Unavailable(error.0)
    }
}
