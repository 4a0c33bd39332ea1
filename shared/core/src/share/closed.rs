//! Why a share is closed.

use crate::time::Timestamp;

/// Why a share can no longer be picked up, as its recipient is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closed {
    /// It was picked up then.
    Used(Timestamp),
    /// Too many wrong codes.
    Locked,
    /// Its time is over.
    Expired,
    /// What it offered was refreshed, deleted or taken back.
    Ended,
}
