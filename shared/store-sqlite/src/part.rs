//! A part of a feed.

use jeton_core::event::{EventFields, Order};
use uuid::Uuid;

/// Events with `from <= uuid < until`.
pub(super) struct Part {
    pub(super) from: Vec<u8>,
    pub(super) until: Vec<u8>,
    pub(super) order: Order,
    pub(super) limit: usize,
    /// Stops once the events so far have this many bytes.
    pub(super) bytes: usize,
    /// Which fields of the events are read.
    pub(super) fields: EventFields,
}

impl Part {
    /// One event.
    pub(super) fn only(uuid: Uuid) -> Self {
        let (from, until) = (uuid.as_bytes().to_vec(), just_after(uuid));
        let fields = EventFields::All;
        Self { from, until, order: Order::Ascending, limit: 1, bytes: usize::MAX, fields }
    }
}

/// The least blob that is greater than this uuid.
pub(super) fn just_after(uuid: Uuid) -> Vec<u8> {
    [uuid.as_bytes(), [0].as_slice()].concat()
}
