//! A part of a feed.

use jeton_core::event::Order;

/// Events with `from <= uuid < until`.
pub(super) struct Part {
    pub(super) from: Vec<u8>,
    pub(super) until: Vec<u8>,
    pub(super) order: Order,
    pub(super) limit: usize,
    /// Stops once the events so far have this many bytes.
    pub(super) bytes: usize,
}
