//! Reading a feed page by page, within the limits of one call.

use jeton_core::{
    Error,
    event::{Event, EventFields, EventPage, EventRange, Feed, Order, PAGE_BYTES, first_uuid_at},
    time::Timestamp,
};
use uuid::Uuid;

use crate::app::App;

/// How many events one call reads at most, however few of them match.
pub const MAX_EXAMINED: usize = 10_000;

/// How many bytes of stored events one call reads. The event that reaches the limit is the last.
pub const MAX_EXAMINED_BYTES: usize = 16 << 20;

/// How many events are read from the store at a time.
pub const PAGE: usize = 1000;

/// The position in a feed, and how many more events may be read.
///
/// Between two pages the task waits for the store and yields, so no page keeps a thread for long.
#[derive(Debug, Clone, Copy)]
pub struct EventScan {
    /// Where to continue.
    pub range: EventRange,
    events: usize,
    bytes: usize,
}

impl EventScan {
    /// A scan of this part of a feed, with the limits of one call.
    pub fn new(after: Option<Uuid>, before: Option<Uuid>, order: Order) -> Self {
        let range = EventRange { after, before, ..EventRange::all(order, PAGE) };
        Self { range, events: MAX_EXAMINED, bytes: MAX_EXAMINED_BYTES }
    }

    /// A scan of the newest events that are still kept, before this one if given.
    pub fn newest(before: Option<Uuid>, now: Timestamp) -> Self {
        Self::new(Some(kept_after(now)), before, Order::Descending)
    }

    /// The same scan with other limits.
    #[must_use]
    pub const fn at_most(self, events: usize, bytes: usize) -> Self {
        Self { events, bytes, ..self }
    }

    /// The same scan of what counting needs.
    #[must_use]
    pub const fn for_counting(mut self) -> Self {
        self.range.fields = EventFields::ForCounting;
        self
    }

    /// How many more events and bytes may be read.
    pub const fn left(&self) -> (usize, usize) {
        (self.events, self.bytes)
    }

    /// Reads the next page, of at most `limit` events. None when a limit of the scan is reached.
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

    /// Adds placeholders for events that cannot be read, in their positions.
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

    /// Marks this event as processed: the scan continues after it.
    pub const fn passed(&mut self, event: &Event) {
        match self.range.order {
            Order::Descending => self.range.before = Some(event.uuid),
            Order::Ascending => self.range.after = Some(event.uuid),
        }
    }
}

/// Events after this uuid are kept. An event expires at the exact millisecond its six months end.
pub fn kept_after(now: Timestamp) -> Uuid {
    first_uuid_at(Timestamp::from_millis(now.retention_start().millis() + 1))
}
