//! Seals of history, and the heads of its days.

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jeton_core::{
    id::ProjectId,
    seal::{Seal, SignedHead},
    store::Unavailable,
    time::Day,
};
use tracing::Instrument as _;

use super::{
    DynamoDb,
    failure::Failure,
    item::{self, Item, key_attributes},
    key::{Key, Span},
};
use crate::telemetry::span;

/// How many seals are stored at the same time.
const AT_ONCE: usize = 16;

impl DynamoDb {
    /// Stores seals, each by itself: they count only once there is a head.
    pub(super) async fn store_seals(&self, seals: &[Seal]) -> Result<(), Unavailable> {
        let items: Vec<Item> = seals
            .iter()
            .map(|seal| Ok(stored(&Key::seal(seal), seal.day, item::json(seal)?)))
            .collect::<Result<_, Unavailable>>()?;
        let puts = stream::iter(items).map(|item| self.put(item, None)).buffer_unordered(AT_ONCE);
        puts.try_for_each(|_| std::future::ready(Ok(()))).await
    }

    /// Stores a head where there is none.
    pub(super) async fn store_head(&self, head: &SignedHead) -> Result<bool, Unavailable> {
        let key = Key::head(head.head.project, head.head.day);
        self.put(stored(&key, head.head.day, item::json(head)?), Some("attribute_not_exists(pk)")).await
    }

    /// The seals of a day.
    pub(super) async fn seals_of(&self, project: ProjectId, day: Day) -> Result<Vec<Seal>, Unavailable> {
        let found = self.list(Span::seals(project, day), usize::MAX).await?;
        found.iter().filter_map(|found| item::body(found).transpose()).collect()
    }

    /// Heads from this day on, or from the last one backwards.
    pub(super) async fn heads_of(
        &self,
        project: ProjectId,
        from: Option<Day>,
        limit: usize,
    ) -> Result<Vec<SignedHead>, Unavailable> {
        let found = self.merged(vec![Span::heads(project, from)], from.is_some(), limit).await?;
        found.iter().filter_map(|found| item::body(found).transpose()).collect()
    }

    /// Stores an item. False when the condition does not hold.
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

/// An item that outlives the last event of its day by a day.
fn stored(key: &Key, day: Day, body: aws_sdk_dynamodb::types::AttributeValue) -> Item {
    let mut item = key_attributes(key);
    item.insert("body".to_owned(), body);
    item.insert("ttl".to_owned(), item::ttl(day.next().next().start().retention_end()));
    item
}
