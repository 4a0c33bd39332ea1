//! Batches: sends concurrent requests of one process together, verify items by `BatchGetItem`, and events of
//! events by `BatchWriteItem`.
//!
//! Each caller gets the outcome of its own item: an event that was not stored, an item that was not read, and
//! everything in a failed request are sent again one by one, each by its caller.

use std::{collections::HashMap, fmt, sync::Arc};

use async_trait::async_trait;
use aws_sdk_dynamodb::types::{KeysAndAttributes, PutRequest, WriteRequest};
use jeton_core::{store::Unavailable, token::StoredVerifyItem};
use jeton_store_support::span;
use tracing::Instrument as _;

use super::{
    DynamoDb,
    failure::{Failure, chain},
    gather::{BatchSender, Gathering},
    item::{Item, key_attributes, text_of},
    key::Key,
    op::Op,
    shared::Shared,
};

/// Where requests of many callers are batched.
struct Batches {
    reads: Gathering<Reads>,
    events: Gathering<Events>,
}

impl DynamoDb {
    /// For a process that answers many callers at once: sends their concurrent requests together, and keeps parsed verify items.
    #[must_use]
    pub fn shared(self) -> Self {
        let table = Self { parsed: Some(Arc::default()), ..self };
        let batches = Batches {
            reads: Gathering::new(Reads(table.clone())),
            events: Gathering::new(Events(table.clone())),
        };
        Self { shared: Some(Arc::new(batches)), ..table }
    }
}

#[async_trait]
impl Shared for Batches {
    async fn verify_item(&self, key: Key) -> Read {
        self.reads.send(key).await.flatten()
    }

    async fn put(&self, op: Op) -> Option<Result<(), Failure>> {
        self.events.send(op).await.flatten()
    }
}

/// Reads of verify items.
struct Reads(DynamoDb);

/// A read item, or the error; `None` if the batch left it unprocessed.
type Read = Option<Result<Option<StoredVerifyItem>, Unavailable>>;

impl BatchSender for Reads {
    type Load = Key;
    type Outcome = Read;
    /// The limit of keys in one `BatchGetItem`.
    const MOST: usize = 100;

    async fn alone(&self, key: Key) -> Read {
        Some(self.0.read_verify_item(&key).await)
    }

    /// Reads each item once, for all its callers.
    async fn together(&self, keys: Vec<Key>) -> Vec<Read> {
        let distinct: HashMap<&str, &Key> = keys.iter().map(|key| (key.pk.as_str(), key)).collect();
        let found = match keys.as_slice() {
            [first, ..] if distinct.len() == 1 => {
                HashMap::from([(first.pk.as_str(), self.alone(first.clone()).await)])
            }
            _ => self.read_all(&distinct).await,
        };
        keys.iter().map(|key| found.get(key.pk.as_str()).cloned().flatten()).collect()
    }
}

impl Reads {
    /// The answer for each partition key, without unprocessed ones.
    async fn read_all<'a>(&self, asked: &HashMap<&'a str, &Key>) -> HashMap<&'a str, Read> {
        let Self(table) = self;
        // The verify items themselves, or replicas of them.
        let places: Vec<(Key, &Key, &str)> =
            asked.iter().map(|(partition, key)| (table.place(key), *key, *partition)).collect();
        let keys = places.iter().map(|(place, ..)| key_attributes(place)).collect();
        let places: HashMap<&str, _> = places.iter().map(|place| (place.0.pk.as_str(), place)).collect();
        let place_of = |item: &Item| text_of(item, "pk").and_then(|partition| places.get(partition).copied());
        let Ok(keys) = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build() else {
            return HashMap::new();
        };
        let request = table.single.batch_get_item().request_items(&table.table, keys);
        let answer = match request.send().instrument(span::store("dynamodb", "BatchGetItem")).await {
            Ok(answer) => answer,
            Err(error) => {
                tracing::debug!(why = chain(&error), "verify items are read one by one");
                return HashMap::new();
            }
        };
        // A key that is neither returned nor unprocessed has no item. In place of a replica, the verify item is read alone then.
        let are_verify_items = places.values().filter(|(place, key, _)| place == *key);
        let mut found: HashMap<&str, Read> =
            are_verify_items.map(|(.., partition)| (*partition, Some(Ok(None)))).collect();
        for key in answer
            .unprocessed_keys()
            .into_iter()
            .flat_map(|keys| keys.values())
            .flat_map(KeysAndAttributes::keys)
        {
            if let Some((_, key, partition)) = place_of(key) {
                table.note_throttled(key);
                found.remove(partition);
            }
        }
        for item in answer.responses().into_iter().flat_map(|tables| tables.values()).flatten() {
            match place_of(item) {
                Some((place, key, partition)) if place == *key => {
                    table.note(item);
                    found.insert(partition, Some(table.parsed(key, item)));
                }
                Some((_, key, partition)) => {
                    found.extend(table.in_replica(key, item).map(|item| (*partition, Some(Ok(Some(item))))));
                }
                None => {}
            }
        }
        found
    }
}

/// Events, each in one of its feeds.
struct Events(DynamoDb);

/// The outcome of an event; `None` if the batch did not store it, or that is unknown.
type Put = Option<Result<(), Failure>>;

impl BatchSender for Events {
    type Load = Op;
    type Outcome = Put;
    /// The limit of items in one `BatchWriteItem`.
    const MOST: usize = 25;

    async fn alone(&self, op: Op) -> Put {
        Some(self.0.put_event(op).await)
    }

    async fn together(&self, ops: Vec<Op>) -> Vec<Put> {
        let Self(table) = self;
        let keys: Vec<Key> = ops.iter().map(|op| op.key.clone()).collect();
        let left = |_: &Key| -> Put { None };
        let put = |op: Op| PutRequest::builder().set_item(op.into_put_item()).build();
        let write = |put| WriteRequest::builder().put_request(put).build();
        let puts: Result<Vec<WriteRequest>, _> = ops.into_iter().map(|op| put(op).map(write)).collect();
        let Ok(puts) = puts else { return keys.iter().map(left).collect() };
        let request = table.single.batch_write_item().request_items(&table.table, puts);
        let answer = request.send().instrument(span::store("dynamodb", "BatchWriteItem")).await;
        let unprocessed = match answer {
            Ok(answer) => answer.unprocessed_items.unwrap_or_default(),
            Err(error) => {
                tracing::debug!(why = chain(&error), "events are stored one by one");
                return keys.iter().map(left).collect();
            }
        };
        let unprocessed: Vec<&Item> = unprocessed
            .values()
            .flatten()
            .filter_map(WriteRequest::put_request)
            .map(PutRequest::item)
            .collect();
        let is_left = |key: &Key| {
            let is_it =
                |item: &&Item| text_of(item, "sk") == Some(&key.sk) && text_of(item, "pk") == Some(&key.pk);
            unprocessed.iter().any(is_it)
        };
        keys.iter().map(|key| if is_left(key) { None } else { Some(Ok(())) }).collect()
    }
}

impl fmt::Debug for Batches {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Batches")
    }
}
