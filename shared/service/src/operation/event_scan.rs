//! Reading a feed page by page, no further than one call may.

use jeton_core::{
    Error,
    event::{Event, EventPage, EventRange, Feed, Order, PAGE_BYTES, first_uuid_at},
    time::Timestamp,
};
use uuid::Uuid;

use crate::app::App;

/// How many events one call looks at, however few of them match.
pub const MAX_EXAMINED: usize = 10_000;

/// How many bytes of stored events one call looks at. The event that reaches it is the last.
pub const MAX_EXAMINED_BYTES: usize = 16 << 20;

/// How many events are read from the store at a time.
pub const PAGE: usize = 1000;

/// How far the reading of a feed has come, and how much further it may go.
///
/// Between two pages the task waits for the store, and others have their turn: no page keeps a thread for long.
#[derive(Debug, Clone, Copy)]
pub struct EventScan {
    /// Where it goes on.
    pub range: EventRange,
    events: usize,
    bytes: usize,
}

impl EventScan {
    /// A reading of this part of a feed that examines as much as one call may.
    pub fn new(after: Option<Uuid>, before: Option<Uuid>, order: Order) -> Self {
        let range = EventRange { after, before, ..EventRange::all(order, PAGE) };
        Self { range, events: MAX_EXAMINED, bytes: MAX_EXAMINED_BYTES }
    }

    /// The newest events that are still kept, from before this one on.
    pub fn newest(before: Option<Uuid>, now: Timestamp) -> Self {
        Self::new(Some(kept_after(now)), before, Order::Descending)
    }

    /// The same, which may examine more.
    #[must_use]
    pub const fn at_most(self, events: usize, bytes: usize) -> Self {
        Self { events, bytes, ..self }
    }

    /// Reads on: at most so many events. None when enough was examined.
    pub async fn next(&mut self, app: &App, feed: &Feed, limit: usize) -> Result<Option<EventPage>, Error> {
        if self.events == 0 || self.bytes == 0 {
            return Ok(None);
        }
        self.range.limit = limit.min(PAGE).min(self.events);
        self.range.bytes = PAGE_BYTES.min(self.bytes);
        let mut page = app.store.events(feed, self.range).await?;
        self.name_unreadable(feed, &mut page);
        self.events = self.events.saturating_sub(page.events.len());
        self.bytes = self.bytes.saturating_sub(page.bytes);
        Ok(Some(page))
    }

    /// Puts what stands in for events that cannot be read in their places.
    fn name_unreadable(&self, feed: &Feed, page: &mut EventPage) {
        if page.unreadable.is_empty() {
            return;
        }
        page.events.extend(page.unreadable.drain(..).map(|uuid| Event::unreadable(feed, uuid)));
        page.events.sort_unstable_by_key(|event| event.uuid);
        if self.range.order == Order::Descending {
            page.events.reverse();
        }
    }

    /// Notes that this event has been dealt with: reading goes on behind it.
    pub const fn passed(&mut self, event: &Event) {
        match self.range.order {
            Order::Descending => self.range.before = Some(event.uuid),
            Order::Ascending => self.range.after = Some(event.uuid),
        }
    }
}

/// Events after this uuid are kept. An event is gone at the very millisecond its six months are over.
pub fn kept_after(now: Timestamp) -> Uuid {
    first_uuid_at(Timestamp::from_millis(now.retention_start().millis() + 1))
}
