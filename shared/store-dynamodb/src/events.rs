//! Events: their partitions, how they are added, and how they are read.

use std::slice;

use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::future::join_all;
use jeton_core::{
    event::{CountedEvent, Event, EventFields, EventPage, EventRange, Feed, Order, WrittenEvent},
    store::Unavailable,
};
use jeton_store_support::span;
use tracing::Instrument as _;
use uuid::Uuid;

use super::{
    DynamoDb,
    failure::Failure,
    item,
    key::{Key, Span},
    op::{Op, request_token},
    reads::{Merged, Part},
    shards::{least_shard, shard_of, shards_of},
    transact::Backoff,
};

/// How often to retry a request whose answer is lost, or that cannot be sent.
const MAX_LOST: u32 = 2;

/// Stores an event in each of its feeds, in their order, with a change.
pub(super) fn event_puts(event: &WrittenEvent) -> Vec<Op> {
    event.feeds.iter().map(|feed| event_put(event, feed, least_shard(feed, event.uuid))).collect()
}

fn event_put(event: &WrittenEvent, feed: &Feed, shard: u32) -> Op {
    let body = AttributeValue::S(event.json.clone());
    Op::put(Key::event(feed, shard, event.uuid), [("body", body), ("ttl", item::event_ttl(event))])
}

impl DynamoDb {
    /// Adds an event without another change. The author's own feed has so many shards.
    ///
    /// A question is written to each of its feeds by itself, which costs half of a transaction and takes part in batches. So one
    /// that was not acknowledged may be in one of its feeds only. What is in the feed of a project is in all of its feeds, or
    /// in none.
    pub(super) async fn add(&self, event: &WrittenEvent, shards: u32) -> Result<(), Unavailable> {
        if event.feeds.len() == 1 || event.feeds.iter().any(|feed| matches!(feed, Feed::Project(_))) {
            return self.add_to(&event.feeds, event, shards).await;
        }
        let each = event.feeds.iter().map(|feed| self.add_to(slice::from_ref(feed), event, shards));
        join_all(each).await.into_iter().collect()
    }

    /// Adds an event to all of these feeds, or to none.
    ///
    /// When a shard is throttled, the number of shards of its feed is doubled durably before the event is sent
    /// again. An event that is in two shards, because its answer was lost, is read once.
    async fn add_to(&self, feeds: &[Feed], event: &WrittenEvent, authors: u32) -> Result<(), Unavailable> {
        let is_authors = |feed: &Feed| matches!(feed, Feed::Token(_, token) if event.by == Some(*token));
        let mut shards: Vec<u32> =
            feeds.iter().map(|feed| self.known_shards(feed, is_authors(feed), authors)).collect();
        let mut backoff = Backoff::of(event.uuid.as_bytes());
        let mut lost = 0;
        loop {
            let Err(failure) = self.send_event(event, feeds, &shards).await else { return Ok(()) };
            match &failure {
                Failure::Throttled { hot, .. } => {
                    for place in hot {
                        let Some((feed, shards)) = feeds.get(*place).zip(shards.get_mut(*place)) else {
                            continue;
                        };
                        if is_authors(feed) || matches!(feed, Feed::Object(..)) {
                            *shards = self.raise_shards(feed, *shards).await?;
                        }
                    }
                }
                Failure::Contended { .. } => {}
                Failure::Lost(_) | Failure::NotSent(_) if lost < MAX_LOST => lost += 1,
                _ => return Err(Unavailable(failure.why())),
            }
            if !backoff.wait().await {
                return Err(Unavailable(failure.why()));
            }
        }
    }

    /// Sends an event once, to feeds with so many shards.
    async fn send_event(&self, event: &WrittenEvent, feeds: &[Feed], shards: &[u32]) -> Result<(), Failure> {
        let put = |(feed, shards): (&Feed, &u32)| event_put(event, feed, shard_of(event.uuid, *shards));
        let ([feed], [shards]) = (feeds, shards) else {
            let ops: Vec<Op> = feeds.iter().zip(shards).map(put).collect();
            return self.send(&ops, &request_token(&self.table, &ops)).await;
        };
        #[cfg(feature = "batch")]
        if let Some(shared) = &self.shared
            && let Some(stored) = shared.put(put((feed, shards))).await
        {
            return stored;
        }
        self.put_event(put((feed, shards))).await
    }

    /// Stores an event in one of its feeds.
    pub(super) async fn put_event(&self, put: Op) -> Result<(), Failure> {
        let request = self.single.put_item().table_name(&self.table).set_item(put.into_put_item());
        request
            .send()
            .instrument(span::store("dynamodb", "PutItem"))
            .await
            .map(|_| ())
            .map_err(|error| Failure::of_put(&error))
    }

    /// Reads a part of a feed.
    pub(super) async fn feed(&self, feed: &Feed, range: EventRange) -> Result<EventPage, Unavailable> {
        let Some((first, last)) = bounds(range) else { return Ok(EventPage::default()) };
        let shards = self.shards(feed).await?;
        let spans = (0..shards).map(|shard| Span::events(feed, shard, first, last)).collect();
        let part =
            Part { ascending: range.order == Order::Ascending, limit: range.limit, bytes: range.bytes };
        let Merged { items, bytes, more } = self.part(spans, part).await?;
        let mut page = EventPage { bytes, more, ..EventPage::default() };
        for found in &items {
            let read = match range.fields {
                EventFields::All => item::body(found),
                EventFields::ForCounting => {
                    item::body::<CountedEvent>(found).map(|counted| counted.map(Event::from))
                }
            };
            let why = match read {
                Ok(Some(event)) => {
                    page.events.push(event);
                    continue;
                }
                Ok(None) => "it has no body".to_owned(),
                Err(error) => error.0,
            };
            let uuid = item::text_of(found, "sk").unwrap_or_default();
            tracing::error!(uuid, why, "an event cannot be read");
            page.unreadable.push(uuid.parse().unwrap_or_default());
        }
        Ok(page)
    }

    /// Reads one event of a feed, from every shard that it may be in.
    pub(super) async fn one_event(&self, feed: &Feed, uuid: Uuid) -> Result<Option<Event>, Unavailable> {
        let shards = shards_of(feed, uuid, self.shards(feed).await?);
        let keys: Vec<Key> = shards.into_iter().map(|shard| Key::event(feed, shard, uuid)).collect();
        let found: Result<Vec<_>, _> =
            join_all(keys.iter().map(|key| self.get(key))).await.into_iter().collect();
        found?.into_iter().flatten().next().map_or(Ok(None), |found| item::body(&found))
    }
}

/// The first and the last uuid of a range, both included; `None` for an empty range.
fn bounds(range: EventRange) -> Option<(Uuid, Uuid)> {
    let first = range.after.map_or(Some(0), |after| after.as_u128().checked_add(1))?;
    let last = range.before.map_or(Some(u128::MAX), |before| before.as_u128().checked_sub(1))?;
    (first <= last).then(|| (Uuid::from_u128(first), Uuid::from_u128(last)))
}
