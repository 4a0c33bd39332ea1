//! Seals of history, and the heads of its days.

use std::collections::BTreeSet;

use jeton_core::{
    id::ProjectId,
    seal::{Delivered, Seal, SealProgress, SignedHead, SignedProgress, Unreadable},
    store::Unavailable,
    time::{Day, Timestamp},
};
use jeton_store_support::span;
use serde::de::DeserializeOwned;
use tracing::Instrument as _;

use super::{
    DynamoDb,
    failure::Failure,
    item::{self, Item, key_attributes},
    key::{Key, Span, parse_project},
    op::Op,
    transact::Backoff,
};

/// The number of seals in a transaction, which has at most a hundred operations, beside the check of the head.
const AT_ONCE: usize = 99;

impl DynamoDb {
    /// Stores seals of one day, if it has no head. One transaction after the other: at once they would conflict at the head.
    pub(super) async fn store_seals(&self, seals: &[Seal]) -> Result<bool, Unavailable> {
        for some in seals.chunks(AT_ONCE) {
            let mut ops = Vec::with_capacity(some.len() + 1);
            for seal in some {
                if ops.is_empty() {
                    ops.push(Op::check(Key::head(seal.project, seal.day)).when("attribute_not_exists(pk)"));
                }
                let attributes = [("body", item::json(seal)?), ("ttl", item::ttl(kept_until(seal.day)))];
                ops.push(Op::put(Key::seal(seal), attributes));
            }
            if !self.put_unless_sealed(&ops).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Sends such a transaction until it is stored, or the day has a head. Whoever stored other seals meanwhile, those of the last
    /// request are there in the end: with one token for the same seals the table would leave out the later one.
    async fn put_unless_sealed(&self, ops: &[Op]) -> Result<bool, Unavailable> {
        let mut backoff = Backoff::of(ops.last().map_or("", |op| op.key.pk.as_str()));
        loop {
            match self.send_as(ops, None).await {
                Ok(()) => return Ok(true),
                Err(Failure::Condition(_)) => return Ok(false),
                Err(Failure::Rejected(why)) => return Err(Unavailable(why)),
                Err(failure) if !backoff.wait().await => return Err(Unavailable(failure.why())),
                Err(_) => {}
            }
        }
    }

    /// Stores a head if there is none.
    pub(super) async fn store_head(&self, head: &SignedHead) -> Result<bool, Unavailable> {
        let key = Key::head(head.head.project, head.head.day);
        self.put(stored(&key, head.head.day, item::json(head)?), Some("attribute_not_exists(pk)")).await
    }

    /// The seals of a day.
    pub(super) async fn seals_of(
        &self,
        project: ProjectId,
        day: Day,
    ) -> Result<Vec<Result<Seal, Unreadable>>, Unavailable> {
        let found = self.list(Span::seals(project, day), usize::MAX).await?;
        Ok(found.iter().map(|found| read(found, &day.to_string())).collect())
    }

    /// Heads from this day on, or backwards from the last one.
    pub(super) async fn heads_of(
        &self,
        project: ProjectId,
        from: Option<Day>,
        limit: usize,
    ) -> Result<Vec<Result<SignedHead, Unreadable>>, Unavailable> {
        let found = self.merged(vec![Span::heads(project, from)], from.is_some(), limit).await?;
        let of_day = |found: &Item| {
            let day = item::text_of(found, "sk").unwrap_or_default();
            read::<SignedHead>(found, day).and_then(|head| head.found_under(day))
        };
        Ok(found.iter().map(of_day).collect())
    }

    /// Records the last head that was delivered to a place for anchors.
    pub(super) async fn store_delivered(&self, key: &Key, delivered: &Delivered) -> Result<(), Unavailable> {
        let mut item = key_attributes(key);
        item.insert("body".to_owned(), item::json(delivered)?);
        self.put(item, None).await.map(drop)
    }

    /// Stores how far the sealing of a day is. It counts for nothing once its day has a head, and is removed with that.
    pub(super) async fn store_seal_progress(&self, progress: &SignedProgress) -> Result<(), Unavailable> {
        let SealProgress { project, day, .. } = progress.progress;
        let stored = stored(&Key::seal_progress(project), day, item::json(progress)?);
        self.put(stored, None).await.map(drop)
    }

    /// The projects that have any item. Scans the whole table.
    pub(super) async fn all_known_projects(&self) -> Result<BTreeSet<ProjectId>, Unavailable> {
        let (mut known, mut start) = (BTreeSet::new(), None);
        loop {
            let page = self
                .client
                .scan()
                .table_name(&self.table)
                .consistent_read(true)
                .projection_expression("#pk")
                .expression_attribute_names("#pk", "pk")
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(|error| self.unread("all items", &error))?;
            let keys = page.items.iter().flatten().filter_map(|found| item::text_of(found, "pk"));
            known.extend(keys.filter_map(parse_project));
            start = page.last_evaluated_key;
            if start.is_none() {
                return Ok(known);
            }
        }
    }

    /// Stores an item. False if the condition fails.
    async fn put(&self, item: Item, condition: Option<&str>) -> Result<bool, Unavailable> {
        let request = self.client.put_item().table_name(&self.table).set_item(Some(item));
        let stored = request
            .set_condition_expression(condition.map(str::to_owned))
            .send()
            .instrument(span::store("dynamodb", "PutItem"))
            .await;
        match stored.map_err(|error| Failure::of_put(&error)) {
            Ok(_) => Ok(true),
            Err(Failure::Condition(_)) => Ok(false),
            Err(failure) => Err(Unavailable(failure.why())),
        }
    }
}

/// Reads a head or a seal of a day.
fn read<T: DeserializeOwned>(found: &Item, day: &str) -> Result<T, Unreadable> {
    let unreadable = |why| Unreadable { day: day.to_owned(), why };
    let body = item::body(found).map_err(|error| unreadable(error.0))?;
    body.ok_or_else(|| unreadable("it has no body".to_owned()))
}

/// An item that is kept a day longer than the events of its day.
fn stored(key: &Key, day: Day, body: aws_sdk_dynamodb::types::AttributeValue) -> Item {
    let mut item = key_attributes(key);
    item.insert("body".to_owned(), body);
    item.insert("ttl".to_owned(), item::ttl(kept_until(day)));
    item
}

/// When an item of a day is removed: a day later than the events of the day.
fn kept_until(day: Day) -> Timestamp {
    day.next().next().start().retention_end()
}
