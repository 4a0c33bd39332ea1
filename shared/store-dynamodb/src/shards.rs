//! The shards of feeds: how many there are, and how they grow.
//!
//! The events of a token are spread over 1 to 64 shards, those about another object over 8 to 64: a power of
//! two that only grows, in the verify item of the token or in an item of the object. An event is in a shard that
//! was valid when it was written, so readers query all shards, and the least ones are always valid.

use std::iter;

use jeton_core::{event::Feed, store::Unavailable};
use jeton_store_support::span;
use tracing::Instrument as _;
use uuid::Uuid;

use super::{DynamoDb, failure::Failure, item, key::Key, known_shards::OF_MANY, op::names};

/// The maximum of shards of a feed.
const MOST: u32 = 64;

/// The number of shards that a feed has at least.
pub(super) fn least(feed: &Feed) -> u32 {
    match feed {
        Feed::Token(..) | Feed::Manage(_) => 1,
        Feed::Project(_) | Feed::Object(..) => OF_MANY,
    }
}

/// The shard of an event among the least ones, for a change, which need not know how many there are.
pub(super) fn least_shard(feed: &Feed, uuid: Uuid) -> u32 {
    shard_of(uuid, least(feed))
}

/// The shard of an event among this many, a power of two: the uuid's last, random bits.
pub(super) fn shard_of(uuid: Uuid, shards: u32) -> u32 {
    let [.., a, b] = uuid.into_bytes();
    u32::from(u16::from_be_bytes([a, b])) & (shards - 1)
}

/// The shards that an event may be in, while its feed has so many.
pub(super) fn shards_of(feed: &Feed, uuid: Uuid, shards: u32) -> Vec<u32> {
    let powers = iter::successors(Some(least(feed)), |power| Some(power * 2));
    let mut of: Vec<u32> =
        powers.take_while(|power| *power <= shards).map(|power| shard_of(uuid, power)).collect();
    of.dedup();
    of
}

impl DynamoDb {
    /// The number of shards of a feed in which an event of this author is stored, as far as it is known here. `authors` is
    /// that of the author's own feed.
    pub(super) fn known_shards(&self, feed: &Feed, is_authors: bool, authors: u32) -> u32 {
        match feed {
            Feed::Token(..) if is_authors => authors.clamp(1, MOST).next_power_of_two(),
            Feed::Object(..) => self.objects.of(feed),
            _ => least(feed),
        }
    }

    /// Doubles the shards of a feed durably, unless another process has. Returns the stored number.
    pub(super) async fn raise_shards(&self, feed: &Feed, from: u32) -> Result<u32, Unavailable> {
        let Some(key) = key(feed).filter(|_| from < MOST) else { return Ok(from) };
        let update = "SET #shards = :to";
        let condition = match feed {
            Feed::Token(..) if from == 1 => {
                "attribute_exists(#pk) AND (attribute_not_exists(#shards) OR #shards = :from)"
            }
            Feed::Object(..) if from == OF_MANY => "attribute_not_exists(#shards) OR #shards = :from",
            _ => "#shards = :from",
        };
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
        let shards = match raised {
            Ok(_) => from * 2,
            Err(error) => {
                let failure = Failure::of(&error);
                tracing::debug!(%key, from, why = failure.why(), "the number of shards was not raised here");
                self.get(&key).await?.map_or(from, |found| item::shards(&found).max(least(feed)))
            }
        };
        match feed {
            Feed::Object(..) => self.objects.note(feed, shards),
            _ => self.replicas.note_shards(&key, shards),
        }
        Ok(shards)
    }

    /// The number of shards of a feed, for a reader.
    pub(super) async fn shards(&self, feed: &Feed) -> Result<u32, Unavailable> {
        let Some(key) = key(feed) else { return Ok(least(feed)) };
        let found = self.get(&key).await?;
        Ok(found.map_or(1, |found| item::shards(&found)).max(least(feed)))
    }
}

/// The item with the number of shards; `None` for a feed that does not grow.
fn key(feed: &Feed) -> Option<Key> {
    match feed {
        Feed::Token(project, token) => Some(Key::verify(*project, *token)),
        Feed::Object(project, kind, id) => Some(Key::shards(*project, kind, id)),
        Feed::Project(_) | Feed::Manage(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use jeton_core::id::ProjectId;

    use super::*;

    fn bucket(number: usize) -> Feed {
        Feed::Object(ProjectId::new(7).unwrap(), "bucket".to_owned(), format!("in.c-{number}"))
    }

    #[test]
    fn an_event_may_be_in_one_shard_for_each_number_that_its_feed_had() {
        let uuid = Uuid::from_u128(0b11_0101);
        assert_eq!(shards_of(&bucket(1), uuid, 8), [0b101]);
        assert_eq!(shards_of(&bucket(1), uuid, 64), [0b101, 0b1_0101, 0b11_0101]);
        let token = Feed::Token(ProjectId::new(7).unwrap(), jeton_core::id::TokenId::new(9).unwrap());
        assert_eq!(shards_of(&token, uuid, 4), [0, 1]);
    }
}
