//! Errors of the authorizer.

use super::event::BadEvent;

/// Why the authorizer fails. The gateway then denies the request.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// There is no valid token. The gateway answers 401 to exactly this text.
    #[error("Unauthorized")]
    Unauthorized,
    /// The event is not one of a supported authorizer.
    #[error(transparent)]
    Event(#[from] BadEvent),
    /// The store is not available. The reason is only in the log.
    #[error("Jeton is not available")]
    Unavailable,
}
