//! Replicas: items that repeat a verify item in partitions of their own, so that one token is verified more often than one partition
//! allows.
//!
//! A process that has [`DynamoDb::with_replicas`] gives replicas to a token whose reads are throttled, and reads them and the verify
//! item in turns. The attribute `replicas` of the verify item says how many are stored. Every change of the token has the condition
//! that there are as many as it knows, and changes or empties all of them in its own transaction; otherwise it reads the item, and
//! tries again. So does a process that reads none. After the answer to a change no replica has the state before.
//!
//! A build that knows of no replicas changes the verify item alone. `replicatedVersion`, the version that they repeat, is another one
//! than that of the item then, and nobody who reads the item heeds them. But a process that knew of them before may read some of
//! them first. So no process may read replicas while such builds run.

use std::sync::atomic::Ordering;

use aws_sdk_dynamodb::{Client, config::retry::RetryConfig, types::AttributeValue};
use jeton_core::{store::Unavailable, time::Timestamp, token::StoredVerifyItem};
use jeton_store_support::span;
use tracing::Instrument as _;

use super::{
    DynamoDb,
    failure::Failure,
    item::{Item, key_attributes, number, number_of, ttl},
    key::Key,
    known_replicas::{Spread, current, stored},
    op::{Op, request_token},
};

/// The most replicas of a token. A transaction that changes the token writes all of them, and may have 100 operations.
pub const MOST_REPLICAS: u32 = 16;

/// The most bytes of all replicas of a token: a transaction that changes it has at most 4 MB. A token with a longer verify item has
/// no replicas.
const MOST_BYTES: usize = 1 << 20;

/// How long emptied replicas are kept. They are not removed at once, because most functions may not remove items.
const KEPT_SECONDS: u64 = 86_400;

/// The replicas of a token before and after a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Change {
    stored: u32,
    kept: u32,
}

impl DynamoDb {
    /// Reads replicas, and gives so many of them to each token whose reads are throttled; none by default.
    ///
    /// Only while no process runs that does not know of replicas. To be called before `shared`.
    #[must_use]
    pub fn with_replicas(self, most: u32) -> Self {
        let config = || self.client.config().to_builder().retry_config(RetryConfig::disabled()).build();
        let spread = || Spread { most: most.min(MOST_REPLICAS), first: Client::from_conf(config()) };
        Self { spread: (most > 0).then(spread), ..self }
    }

    /// The most replicas that a token has after a change by this process.
    pub(super) fn most_replicas(&self) -> u32 {
        self.spread.as_ref().map_or(0, |spread| spread.most)
    }

    /// Reads a verify item.
    pub(super) async fn read_verify_item(&self, key: &Key) -> Result<Option<StoredVerifyItem>, Unavailable> {
        let Some(spread) = &self.spread else {
            let Some(found) = self.get(key).await? else { return Ok(None) };
            self.note(&found);
            return self.parsed(key, &found);
        };
        let mut place = self.place(key);
        let mut read = get(&spread.first, &self.table, &place).await;
        if let Err(failure) = &read {
            if matches!(failure, Failure::Throttled { hot, .. } if !hot.is_empty()) {
                self.note_throttled(key);
            }
            place = self.place(key);
            read = get(&self.client, &self.table, &place).await;
        }
        let is_replica = place != *key;
        if is_replica {
            if let Ok(Some(found)) = &read
                && let Some(found) = self.in_replica(key, found)
            {
                return Ok(Some(found));
            }
            read = get(&self.client, &self.table, key).await;
        }
        let found = read.map_err(|failure| Unavailable(format!("reading {key}: {}", failure.why())))?;
        let Some(found) = found else { return Ok(None) };
        self.note(&found);
        // A replica that should be there and is not, or is too old: the table was restored from a backup that was not of one moment.
        let is_broken = is_replica && current(&found) > 0;
        let may_write = !self.unchecked.load(Ordering::Acquire);
        if may_write && (is_broken || (self.replicas.take_hot(key) && current(&found) < spread.most)) {
            self.raise_replicas(key, &found, spread.most).await;
        }
        self.parsed(key, &found)
    }

    /// Notes what a verify item says of guards and replicas.
    pub(super) fn note(&self, verify: &Item) {
        self.guards.note(verify);
        self.replicas.note(verify);
    }

    /// Notes that a read of a verify item was throttled.
    pub(super) fn note_throttled(&self, key: &Key) {
        if self.spread.is_some() {
            self.replicas.note_throttled(key);
        }
    }

    /// Where to read a verify item next: itself, or one of its replicas.
    pub(super) fn place(&self, key: &Key) -> Key {
        let number = self.spread.as_ref().and_then(|_| self.replicas.next(key));
        number.map_or_else(|| key.clone(), |number| Key::replica(key, number))
    }

    /// The verify item in one of its replicas; `None` if it is empty, cannot be read, or is older than the verify item was.
    pub(super) fn in_replica(&self, key: &Key, replica: &Item) -> Option<StoredVerifyItem> {
        let item = self.parsed_body(key, replica).ok().flatten()?;
        let beside = self.replicas.beside(key, item.version)?;
        Some(StoredVerifyItem { item, shards: beside.shards, last_used: beside.last_used })
    }

    /// Writes all replicas of this verify item. A failure is left to the next throttled read.
    async fn raise_replicas(&self, key: &Key, verify: &Item, most: u32) {
        let (before, version) = (stored(verify), number_of::<u64>(verify, "version"));
        let (Some(body), Some(version)) = (verify.get("body"), version) else { return };
        // It would hold up a revocation. After a reservation that nobody ended, the next change of the token ends it.
        if verify.contains_key("reservedUntil") {
            return;
        }
        let after = before.max(most);
        if fitting(after, body.as_s().map_or(0, String::len)) < after {
            return;
        }
        let update = Op::update(key.clone(), "SET #replicas = :kept, #replicatedVersion = :before")
            .when("#version = :before")
            .with(":before", number(&version));
        let change = Change { stored: before, kept: after };
        let replicas = (1..=after).map(|number| filled(key, number, body.clone()));
        let ops: Vec<Op> = std::iter::once(change.condition(update)).chain(replicas).collect();
        match self.send(&ops, &request_token(&self.table, &ops)).await {
            Ok(()) => {
                tracing::info!(%key, replicas = after, "reads of a token are throttled, so it has replicas now");
                let kept = [("replicas", u64::from(after)), ("replicatedVersion", version)];
                let mut verify = verify.clone();
                verify.extend(kept.map(|(name, value)| (name.to_owned(), number(&value))));
                self.replicas.note(&verify);
            }
            // Another process may have been faster, or has changed the token.
            Err(failure) => tracing::debug!(%key, why = failure.why(), "no replicas yet"),
        }
    }
}

impl Change {
    /// A change of a token with so many replicas to a verify item of so many bytes, by a process that keeps at most so many.
    pub(super) fn of(stored: u32, most: u32, bytes: usize) -> Self {
        Self { stored, kept: fitting(stored.min(most), bytes) }
    }

    /// The removal of a token with so many replicas.
    pub(super) fn to_none(stored: u32) -> Self {
        Self { stored, kept: 0 }
    }

    /// Whether replicas are left.
    pub(super) fn keeps_any(self) -> bool {
        self.kept > 0
    }

    /// Adds the condition that there are as many replicas as is known, and the number that is kept to an update that sets it.
    pub(super) fn condition(self, update: Op) -> Op {
        let update = match self.stored {
            0 => update.and("attribute_not_exists(#replicas)"),
            stored => update.and("#replicas = :stored").with(":stored", number(&stored)),
        };
        if self.keeps_any() {
            update.with(":kept", number(&self.kept))
        } else {
            update.removing("#replicas").removing("#replicatedVersion")
        }
    }

    /// Changes or empties all replicas of a verify item, as a part of a change of the token at this time.
    pub(super) fn ops(self, key: &Key, body: Option<&AttributeValue>, at: Timestamp) -> Vec<Op> {
        let end = at.plus_seconds(KEPT_SECONDS);
        let op = |number| match body {
            Some(body) if number <= self.kept => filled(key, number, body.clone()),
            _ => Op::update(Key::replica(key, number), "SET #ttl = :ttl REMOVE #body").with(":ttl", ttl(end)),
        };
        (1..=self.stored).map(op).collect()
    }
}

/// How many of so many replicas a token with a verify item of so many bytes has: all or none.
fn fitting(replicas: u32, bytes: usize) -> u32 {
    let all = bytes.saturating_mul(replicas as usize);
    if all <= MOST_BYTES { replicas } else { 0 }
}

fn filled(key: &Key, number: u32, body: AttributeValue) -> Op {
    Op::update(Key::replica(key, number), "SET #body = :body REMOVE #ttl").with(":body", body)
}

/// Reads one item, consistently.
async fn get(client: &Client, table: &str, key: &Key) -> Result<Option<Item>, Failure> {
    let request = client.get_item().table_name(table).consistent_read(true);
    let request = request.set_key(Some(key_attributes(key)));
    match request.send().instrument(span::store("dynamodb", "GetItem")).await {
        Ok(found) => Ok(found.item),
        Err(error) => Err(Failure::of_get(&error)),
    }
}
