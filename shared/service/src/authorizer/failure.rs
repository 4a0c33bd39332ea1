//! Why the authorizer fails instead of answering.

use super::event::BadEvent;

/// Why the function fails instead of answering. The gateway lets nothing in then either.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// No token, or none that lives. The gateway makes 401 of this very text.
    #[error("Unauthorized")]
    Unauthorized,
    /// The event is not one of those that an authorizer is made for.
    #[error(transparent)]
    Event(#[from] BadEvent),
    /// The store is not available. Why that is stands in the log only.
    #[error("Jeton is not available")]
    Unavailable,
}
