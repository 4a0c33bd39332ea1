//! Seals of history, and the heads of its days.

use std::collections::BTreeSet;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jeton_core::{
    id::ProjectId,
    seal::{Delivered, Seal, SealProgress, SignedHead, SignedProgress, Unreadable},
    store::Unavailable,
    time::Day,
};
use jeton_store_support::span;
use serde::de::DeserializeOwned;
use tracing::Instrument as _;

use super::{
    DynamoDb,
    failure::{Failure, chain},
    item::{self, Item, key_attributes},
    key::{Key, Span, parse_project},
};

/// The number of seals that are stored concurrently.
const AT_ONCE: usize = 16;

impl DynamoDb {
    /// Stores seals, one by one: they count only once there is a head.
    pub(super) async fn store_seals(&self, seals: &[Seal]) -> Result<(), Unavailable> {
        let items: Vec<Item> = seals
            .iter()
            .map(|seal| Ok(stored(&Key::seal(seal), seal.day, item::json(seal)?)))
            .collect::<Result<_, Unavailable>>()?;
        let puts = stream::iter(items).map(|item| self.put(item, None)).buffer_unordered(AT_ONCE);
        puts.try_for_each(|_| std::future::ready(Ok(()))).await
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
                .map_err(|error| Unavailable(format!("reading the table: {}", chain(&error))))?;
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
    item.insert("ttl".to_owned(), item::ttl(day.next().next().start().retention_end()));
    item
}
