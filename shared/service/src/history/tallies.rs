//! Counting of events by feed and day.

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicU64, Ordering},
};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jeton_core::{
    event::{Event, EventRange, Feed, Order, PAGE_BYTES, day_of, first_uuid_at},
    id::{ProjectId, TokenId},
    seal::{Sealed, Tallies, canonical},
    store::{Store, Unavailable},
    time::Day,
};
use uuid::Uuid;

/// Events or tokens per read.
pub const PAGE: usize = 500;

/// Tokens that are read concurrently.
pub const AT_ONCE: usize = 8;

/// Is told how many events were read, and of how many, if that is known.
pub type Progress<'a> = &'a (dyn Fn(u64, Option<u64>) + Sync);

/// Counts the events that are read, and tells it.
pub struct Reading<'a> {
    progress: Progress<'a>,
    of: Option<u64>,
    events: AtomicU64,
}

impl<'a> Reading<'a> {
    /// None is read yet, of so many.
    pub const fn new(progress: Progress<'a>, of: Option<u64>) -> Self {
        Self { progress, of, events: AtomicU64::new(0) }
    }

    fn one(&self) {
        (self.progress)(self.events.fetch_add(1, Ordering::Relaxed) + 1, self.of);
    }
}

/// The tokens of a project that may have events since a day: the existing ones, and deleted ones from the feed of the project,
/// which has an event of each deletion.
pub async fn tokens(
    store: &dyn Store,
    project: ProjectId,
    first: Day,
    reading: &Reading<'_>,
) -> Result<BTreeSet<TokenId>, Unavailable> {
    let mut tokens = BTreeSet::new();
    each_event(store, &Feed::Project(project), (first_of(first), None), |event| {
        reading.one();
        tokens.extend(event.by.token.iter().chain(&event.about));
        Ok::<_, Unavailable>(())
    })
    .await?;
    let mut after = None;
    loop {
        let page = store.tokens(project, after, Order::Ascending, PAGE, PAGE_BYTES).await?;
        after = page.last;
        tokens.extend(page.tokens.iter().map(|token| token.id).chain(page.unreadable));
        if !page.more {
            return Ok(tokens);
        }
    }
}

/// Counts the events of a project and of these tokens, by feed, over a range of days.
pub async fn tallies(
    store: &dyn Store,
    project: ProjectId,
    (first, last): (Day, Day),
    tokens: &BTreeSet<TokenId>,
    reading: &Reading<'_>,
) -> Result<Tallies, Unavailable> {
    let all = [Sealed::Project].into_iter().chain(tokens.iter().copied().map(Sealed::Token));
    let of_each = all.map(|of| of_feed(store, project, (first, last), of, reading));
    let mut of_each = stream::iter(of_each).buffer_unordered(AT_ONCE);
    let mut tallies = Tallies::new();
    while let Some(of_one) = of_each.try_next().await? {
        for (day, tally) in of_one {
            tallies.entry(day).or_default().extend(tally);
        }
    }
    Ok(tallies)
}

/// Counts the events of one feed.
pub async fn of_feed(
    store: &dyn Store,
    project: ProjectId,
    (first, last): (Day, Day),
    of: Sealed,
    reading: &Reading<'_>,
) -> Result<Tallies, Unavailable> {
    let mut tallies = Tallies::new();
    each_event(store, &of.feed(project), days(first, last), |event| {
        reading.one();
        count(&mut tallies, of, &event)
    })
    .await?;
    Ok(tallies)
}

fn count(tallies: &mut Tallies, of: Sealed, event: &Event) -> Result<(), Unavailable> {
    let text = canonical(event).map_err(|error| Unavailable(error.to_string()))?;
    tallies.entry(day_of(event.uuid)).or_default().entry(of).or_default().add(&text);
    Ok(())
}

/// A range of uuids, exclusive.
pub type Part = (Uuid, Option<Uuid>);

/// The range of days, inclusive.
pub fn days(first: Day, last: Day) -> Part {
    (first_of(first), Some(first_uuid_at(last.next().start())))
}

/// The uuid just before the first event of a day.
pub fn first_of(day: Day) -> Uuid {
    Uuid::from_u128(first_uuid_at(day.start()).as_u128().saturating_sub(1))
}

/// Calls a function with every event of a range of a feed, in uuid order.
pub async fn each_event<E: From<Unavailable>>(
    store: &dyn Store,
    feed: &Feed,
    (mut after, before): Part,
    mut each: impl FnMut(Event) -> Result<(), E>,
) -> Result<(), E> {
    loop {
        let range = EventRange { after: Some(after), before, ..EventRange::all(Order::Ascending, PAGE) };
        let page = store.events(feed, range).await?.whole()?;
        for event in page.events {
            after = event.uuid;
            each(event)?;
        }
        if !page.more {
            return Ok(());
        }
    }
}
