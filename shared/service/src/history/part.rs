//! A part of a feed of one day, counted.

use jeton_core::{
    event::{EventRange, Order, day_of},
    id::{ProjectId, TokenId},
    seal::{Sealed, Tally, canonical},
    store::{Store, Unavailable},
    time::Day,
};
use uuid::Uuid;

use super::tallies::{PAGE, days, first_of};

/// A feed that is being counted.
pub(super) struct Part {
    pub(super) of: Sealed,
    pub(super) tally: Tally,
    pub(super) after: Uuid,
    /// Whether all of the day is counted.
    pub(super) ended: bool,
}

/// Of what a part of a feed is read, and how many events at most.
#[derive(Clone, Copy)]
pub(super) struct Reads<'a> {
    pub(super) store: &'a dyn Store,
    pub(super) project: ProjectId,
    pub(super) day: Day,
    pub(super) events: usize,
}

impl Part {
    pub(super) fn new(of: Sealed, day: Day) -> Self {
        Self { of, tally: Tally::default(), after: first_of(day), ended: false }
    }

    /// Counts further events, and shows by and about whom they are.
    pub(super) async fn read_on(
        mut self,
        Reads { store, project, day, events }: Reads<'_>,
        mut each: impl FnMut(Option<TokenId>, Option<TokenId>),
    ) -> Result<Self, Unavailable> {
        let (feed, before, mut read) = (self.of.feed(project), days(day, day).1, 0);
        while read < events {
            let limit = PAGE.min(events - read);
            let range =
                EventRange { after: Some(self.after), before, ..EventRange::all(Order::Ascending, limit) };
            let page = store.events(&feed, range).await?.whole()?;
            for event in page.events {
                debug_assert_eq!(day_of(event.uuid), day);
                let text = canonical(&event).map_err(|error| Unavailable(error.to_string()))?;
                self.tally.add(&text);
                each(event.by.token, event.about);
                (self.after, read) = (event.uuid, read + 1);
            }
            if !page.more {
                self.ended = true;
                break;
            }
        }
        Ok(self)
    }
}
