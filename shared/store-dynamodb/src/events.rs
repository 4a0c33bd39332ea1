//! Events: their partitions, how they are added, and how they are read.
//!
//! The events of a token are spread over 1 to 64 shards, a power of two in its verify item that only grows.
//! An event is in a shard that was valid when it was written, so readers query all shards, and shard 0 is always valid.

use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::future::join_all;
use jeton_core::{
    event::{Event, EventPage, EventRange, Feed, Order, WrittenEvent},
    id::{ProjectId, TokenId},
    store::Unavailable,
};
use jeton_store_support::span;
use tracing::Instrument as _;
use uuid::Uuid;

use super::{
    DynamoDb,
    failure::Failure,
    item,
    key::{Key, Span, fixed_shards, shard_of},
    op::{Op, names, request_token},
    reads::{Merged, Part},
    transact::Backoff,
};

/// The maximum of shards of a token's events.
const MAX_SHARDS: u32 = 64;

/// How often to retry a request whose answer is lost, or that cannot be sent.
const MAX_LOST: u32 = 2;

/// The shard of a feed for an event of a commit.
pub(super) fn committed_shard(feed: &Feed, uuid: Uuid) -> u32 {
    fixed_shards(feed).map_or(0, |shards| shard_of(uuid, shards))
}

/// Stores an event in each of its feeds, in their order; the author's feed has so many shards.
pub(super) fn places(event: &WrittenEvent, shards: u32) -> Vec<Op> {
    let place = |feed: &Feed| {
        let shard = match feed {
            Feed::Token(_, token) if event.by == Some(*token) => shard_of(event.uuid, shards),
            _ => committed_shard(feed, event.uuid),
        };
        let body = AttributeValue::S(event.json.clone());
        Op::put(Key::event(feed, shard, event.uuid), [("body", body), ("ttl", item::event_ttl(event))])
    };
    event.feeds.iter().map(place).collect()
}

impl DynamoDb {
    /// Adds an event without another change.
    ///
    /// When a shard is throttled, the author's number of shards is doubled durably before the event is sent
    /// again. An event that is in two shards, because its answer was lost, is read once.
    pub(super) async fn add(&self, event: &WrittenEvent, shards: u32) -> Result<(), Unavailable> {
        let mut shards = shards.clamp(1, MAX_SHARDS).next_power_of_two();
        let mut backoff = Backoff::of(&event.uuid.to_string());
        let mut lost = 0;
        loop {
            let ops = places(event, shards);
            let Err(failure) = self.send_event(&ops).await else { return Ok(()) };
            match (&failure, event.project.zip(event.by)) {
                // The author's feed is the first one of an event.
                (Failure::Throttled { hot, .. }, Some((project, author))) if hot.contains(&0) => {
                    shards = self.raise_shards(project, author, shards).await?;
                }
                (Failure::Throttled { .. } | Failure::Contended(_), _) => {}
                (Failure::Lost(_) | Failure::NotSent(_), _) if lost < MAX_LOST => lost += 1,
                _ => return Err(Unavailable(failure.why())),
            }
            if !backoff.wait().await {
                return Err(Unavailable(failure.why()));
            }
        }
    }

    async fn send_event(&self, ops: &[Op]) -> Result<(), Failure> {
        let [op] = ops else { return self.send(ops, &request_token(&self.table, ops)).await };
        #[cfg(feature = "batch")]
        if let Some(shared) = &self.shared
            && let Some(put) = shared.put(op.clone()).await
        {
            return put;
        }
        self.put_event(op).await
    }

    /// Stores an event that is in one feed.
    pub(super) async fn put_event(&self, op: &Op) -> Result<(), Failure> {
        let request = self.single.put_item().table_name(&self.table).set_item(op.put_item());
        request
            .send()
            .instrument(span::store("dynamodb", "PutItem"))
            .await
            .map(|_| ())
            .map_err(|error| Failure::of_put(&error))
    }

    /// Doubles the shards of a token, unless another process has. Returns the stored number.
    async fn raise_shards(&self, project: ProjectId, token: TokenId, from: u32) -> Result<u32, Unavailable> {
        if from >= MAX_SHARDS {
            return Ok(from);
        }
        let update = "SET #shards = :to";
        let condition = if from == 1 {
            "attribute_exists(#pk) AND (attribute_not_exists(#shards) OR #shards = :from)"
        } else {
            "#shards = :from"
        };
        let key = Key::verify(project, token);
        let raised = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(item::key_attributes(&key)))
            .update_expression(update)
            .condition_expression(condition)
            .set_expression_attribute_names(names(&[update, condition]))
            .expression_attribute_values(":from", item::number(&from))
            .expression_attribute_values(":to", item::number(&(from * 2)))
            .send()
            .instrument(span::store("dynamodb", "UpdateItem"))
            .await;
        let Err(error) = raised else { return Ok(from * 2) };
        let failure = Failure::of(&error);
        tracing::debug!(%key, from, why = failure.why(), "the number of shards was not raised here");
        Ok(self.get(&key).await?.map_or(from, |found| item::shards(&found)))
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
            let why = match item::body(found) {
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
        let candidates = if fixed_shards(feed).is_some() {
            vec![committed_shard(feed, uuid)]
        } else {
            let shards = self.shards(feed).await?;
            let powers = std::iter::successors(Some(1), |power| Some(power * 2));
            let mut own: Vec<u32> =
                powers.take_while(|power| *power <= shards).map(|power| shard_of(uuid, power)).collect();
            own.dedup();
            own
        };
        let keys: Vec<Key> = candidates.into_iter().map(|shard| Key::event(feed, shard, uuid)).collect();
        let found: Result<Vec<_>, _> =
            join_all(keys.iter().map(|key| self.get(key))).await.into_iter().collect();
        found?.into_iter().flatten().next().map_or(Ok(None), |found| item::body(&found))
    }

    async fn shards(&self, feed: &Feed) -> Result<u32, Unavailable> {
        match (fixed_shards(feed), feed) {
            (None, Feed::Token(project, token)) => {
                let found = self.get(&Key::verify(*project, *token)).await?;
                Ok(found.map_or(1, |found| item::shards(&found)))
            }
            (fixed, _) => Ok(fixed.unwrap_or(1)),
        }
    }
}

/// The first and the last uuid of a range, both included; `None` for an empty range.
fn bounds(range: EventRange) -> Option<(Uuid, Uuid)> {
    let first = range.after.map_or(Some(0), |after| after.as_u128().checked_add(1))?;
    let last = range.before.map_or(Some(u128::MAX), |before| before.as_u128().checked_sub(1))?;
    (first <= last).then(|| (Uuid::from_u128(first), Uuid::from_u128(last)))
}
