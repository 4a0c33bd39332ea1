//! Why a share is closed.

use crate::time::Timestamp;

/// Why a share can no longer be picked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closed {
    /// It was picked up at this time.
    Used(Timestamp),
    /// Too many wrong codes were entered.
    Locked,
    /// It has expired.
    Expired,
    /// The shared token or copy was refreshed or deleted, or the share was withdrawn.
    Ended,
}
