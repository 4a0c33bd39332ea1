//! The tail: the newest entries of the feeds whose index trails behind (`trailing`), in memory, for readers.

use std::{
    collections::HashMap,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use foldhash::fast::RandomState;
use jeton_core::{
    event::{Feed, Order},
    id::{ProjectId, TokenId},
};
use uuid::Uuid;

use super::part::Part;

/// A feed whose index trails behind. Feeds are in the order of the tables.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum TrailingFeed {
    /// The events by a token. Those about it are in an index of SQLite's own.
    Token(ProjectId, TokenId),
    /// The events about another object.
    Object(Arc<Object>),
}

/// An object of events, such as a bucket.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Object {
    pub(super) project: ProjectId,
    pub(super) kind: String,
    pub(super) id: String,
}

impl TrailingFeed {
    /// The same feed; `None` for those that have an index of SQLite's own.
    pub(super) fn of(feed: &Feed) -> Option<Self> {
        match feed {
            Feed::Token(project, token) => Some(Self::Token(*project, *token)),
            Feed::Object(project, kind, id) => {
                Some(Self::Object(Arc::new(Object { project: *project, kind: kind.clone(), id: id.clone() })))
            }
            Feed::Project(_) | Feed::Manage(_) => None,
        }
    }
}

/// The position of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Entry {
    pub(super) uuid: Uuid,
    pub(super) seq: i64,
}

/// A stored event, as far as the indexes need it.
#[derive(Debug)]
pub(super) struct NewEvent {
    pub(super) project: ProjectId,
    pub(super) by: Option<TokenId>,
    pub(super) object: Option<Arc<Object>>,
    pub(super) entry: Entry,
}

/// The events of a batch, and the feeds that they are in, in order.
///
/// A feed has the numbers of its entries, not the entries: those of an event are in two feeds, and the more events a
/// batch has, the fewer pages it writes for each.
#[derive(Debug, Default)]
pub(super) struct Sorted {
    entries: Vec<Entry>,
    feeds: Vec<(TrailingFeed, Numbers)>,
}

/// The numbers of the entries of a feed, in the order of their uuids, so that the history of a busy token is fast.
type Numbers = Vec<u32>;

/// The entries of a feed.
#[derive(Clone, Copy)]
pub(super) struct Entries<'a> {
    all: &'a [Entry],
    numbers: &'a [u32],
}

/// The entries that are in memory only.
#[derive(Debug, Default)]
pub(super) struct Tail(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    /// All events up to here are in the file's index or below.
    seen: i64,
    recent: Recent,
    /// The batch that is being written to the file.
    leaving: Arc<Sorted>,
}

/// The events that are in no batch yet.
#[derive(Debug, Default)]
struct Recent {
    entries: Vec<Entry>,
    feeds: HashMap<TrailingFeed, Numbers, RandomState>,
}

impl Tail {
    /// The tail's entries within a part, in the part's order, and the last event that the tail includes:
    /// other processes may write to the file, too.
    pub(super) fn of(&self, feed: &TrailingFeed, part: &Part) -> (i64, Vec<Entry>) {
        let known = self.known();
        let of = [known.leaving.of(feed), known.recent.of(feed)].into_iter().flatten();
        let mut found: Vec<Entry> = of.flat_map(|entries| entries.first_of(part).iter()).collect();
        let seen = known.seen;
        drop(known);
        found.sort_unstable();
        if part.order == Order::Descending {
            found.reverse();
        }
        found.truncate(part.limit.saturating_add(1));
        (seen, found)
    }

    /// Whether it has this event.
    pub(super) fn has(&self, feed: &TrailingFeed, uuid: Uuid) -> bool {
        let known = self.known();
        let mut of = [known.leaving.of(feed), known.recent.of(feed)].into_iter().flatten();
        of.any(|entries| entries.has(uuid))
    }

    /// The tokens of a project that have events in the tail.
    pub(super) fn tokens(&self, project: ProjectId) -> Vec<TokenId> {
        let known = self.known();
        let feeds = known.leaving.feeds.iter().map(|(feed, _)| feed).chain(known.recent.feeds.keys());
        let tokens = feeds.filter_map(|feed| match feed {
            TrailingFeed::Token(of, token) if *of == project => Some(*token),
            _ => None,
        });
        tokens.collect()
    }

    /// The last event that it includes, or that is in the file's index.
    pub(super) fn seen(&self) -> i64 {
        self.known().seen
    }

    /// Adds events, all up to `seen`. Returns how many are in a feed whose index trails behind.
    pub(super) fn add(&self, events: impl IntoIterator<Item = NewEvent>, seen: i64) -> usize {
        let (mut known, mut count) = (self.known(), 0);
        for NewEvent { project, by, object, entry } in events {
            let feeds =
                [by.map(|token| TrailingFeed::Token(project, token)), object.map(TrailingFeed::Object)];
            count += usize::from(feeds.iter().any(Option::is_some));
            known.recent.add(entry, feeds.into_iter().flatten());
        }
        known.seen = known.seen.max(seen);
        count
    }

    /// Makes the recent entries a batch.
    pub(super) fn take_batch(&self) -> Arc<Sorted> {
        let mut known = self.known();
        let Recent { entries, feeds } = mem::take(&mut known.recent);
        let mut feeds: Vec<_> = feeds.into_iter().collect();
        feeds.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        known.leaving = Arc::new(Sorted { entries, feeds });
        Arc::clone(&known.leaving)
    }

    /// Forgets the batch: it is in the file.
    pub(super) fn forget_batch(&self) {
        self.known().leaving = Arc::default();
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Recent {
    /// Adds an event, unless it is in no feed. Events come nearly in the order of their uuids.
    fn add(&mut self, entry: Entry, feeds: impl Iterator<Item = TrailingFeed>) {
        // Four billion events do not fit in memory.
        let number = u32::try_from(self.entries.len()).unwrap_or(u32::MAX);
        let mut is_in_a_feed = false;
        for feed in feeds {
            let numbers = self.feeds.entry(feed).or_default();
            let all = &self.entries;
            let is_earlier = |number: &u32| all.get(*number as usize).is_some_and(|earlier| *earlier < entry);
            let place = numbers.iter().rposition(is_earlier).map_or(0, |place| place + 1);
            numbers.insert(place, number);
            is_in_a_feed = true;
        }
        if is_in_a_feed {
            self.entries.push(entry);
        }
    }

    fn of(&self, feed: &TrailingFeed) -> Option<Entries<'_>> {
        Some(Entries { all: &self.entries, numbers: self.feeds.get(feed)? })
    }
}

impl Sorted {
    /// The number of feeds.
    pub(super) fn len(&self) -> usize {
        self.feeds.len()
    }

    /// A feed, by its place in the order.
    pub(super) fn feed(&self, place: usize) -> Option<(&TrailingFeed, Entries<'_>)> {
        let (feed, numbers) = self.feeds.get(place)?;
        Some((feed, Entries { all: &self.entries, numbers }))
    }

    fn of(&self, feed: &TrailingFeed) -> Option<Entries<'_>> {
        let place = self.feeds.binary_search_by(|(other, _)| other.cmp(feed)).ok()?;
        self.feed(place).map(|(_, entries)| entries)
    }
}

impl<'a> Entries<'a> {
    pub(super) fn len(self) -> usize {
        self.numbers.len()
    }

    /// An entry, by its place in the order.
    pub(super) fn get(self, place: usize) -> Option<Entry> {
        self.numbers.get(place).and_then(|number| self.numbered(*number))
    }

    fn numbered(self, number: u32) -> Option<Entry> {
        self.all.get(number as usize).copied()
    }

    fn iter(self) -> impl Iterator<Item = Entry> + 'a {
        self.numbers.iter().filter_map(move |number| self.numbered(*number))
    }

    fn has(self, uuid: Uuid) -> bool {
        let uuid = Some(uuid);
        self.numbers
            .binary_search_by_key(&uuid, |number| self.numbered(*number).map(|entry| entry.uuid))
            .is_ok()
    }

    /// Those within a part, up to its limit, from the end at which it begins.
    fn first_of(self, part: &Part) -> Self {
        let is_before = |bound: &[u8], number: u32| {
            self.numbered(number).is_some_and(|entry| &entry.uuid.as_bytes()[..] < bound)
        };
        let place = |bound: &[u8]| self.numbers.partition_point(|number| is_before(bound, *number));
        let within = self.numbers.get(place(&part.from)..place(&part.until)).unwrap_or_default();
        // One more shows whether there is a further page.
        let limit = part.limit.saturating_add(1).min(within.len());
        let numbers = match part.order {
            Order::Ascending => &within[..limit],
            Order::Descending => &within[within.len() - limit..],
        };
        Self { numbers, ..self }
    }
}
