//! Reservations of tokens: a revocation is stored although other processes change the token all the time.
//!
//! A reservation is an attribute of the verify item, the time at which it is over. Commits that are not urgent have the condition
//! that the token is not reserved. An urgent commit removes the attribute, and if its process ends before, the time passes.

use std::time::Duration;

use jeton_core::{store::Unavailable, time::Timestamp};
use jeton_store_support::span;
use tokio::time::sleep;
use tracing::Instrument as _;

use super::{
    DynamoDb,
    failure::Failure,
    item::{key_attributes, number},
    key::Key,
    lanes::{LASTS, SKEW},
    op::{Op, names},
};

/// After how many milliseconds the token can be reserved again, unless it was changed by a commit that is not urgent: so
/// reservations hold up other changes for half of the time at most.
const AGAIN: i64 = 2 * LASTS;

/// How often to try while transactions hold the item, and the pause: longer together than most transactions.
const TRIES: u32 = 5;
const BETWEEN_TRIES: Duration = Duration::from_millis(4);

const NOT_RESERVED: &str =
    "attribute_not_exists(#reservedUntil) OR NOT #reservedUntil BETWEEN :now AND :longest";

const RESERVABLE: &str = "attribute_exists(#body) AND \
    (attribute_not_exists(#reservableFrom) OR NOT #reservableFrom BETWEEN :now AND :longest)";

impl Op {
    /// A change also lets the token be reserved again at once.
    pub(super) fn reservable(self) -> Self {
        self.removing("#reservableFrom")
    }

    /// Adds the condition that the token is not reserved at this time.
    pub(super) fn unless_reserved(self, now: Timestamp) -> Self {
        self.and(NOT_RESERVED)
            .with(":now", number(&now.millis()))
            .with(":longest", number(&(now.millis() + LASTS + SKEW)))
    }
}

impl DynamoDb {
    /// Reserves the token with this verify item. False if it was not reserved.
    pub(super) async fn reserve_verify_item(
        &self,
        verify: &Key,
        now: Timestamp,
    ) -> Result<bool, Unavailable> {
        let (now, update) = (now.millis(), "SET #reservedUntil = :until, #reservableFrom = :from");
        let request = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key_attributes(verify)))
            .update_expression(update)
            .condition_expression(RESERVABLE)
            .set_expression_attribute_names(names(&[update, RESERVABLE]))
            .expression_attribute_values(":now", number(&now))
            .expression_attribute_values(":longest", number(&(now + AGAIN + SKEW)))
            .expression_attribute_values(":until", number(&(now + LASTS)))
            .expression_attribute_values(":from", number(&(now + AGAIN)));
        for _ in 0..TRIES {
            match request.clone().send().instrument(span::store("dynamodb", "UpdateItem")).await {
                Ok(_) => return Ok(true),
                Err(error) => match Failure::of(&error) {
                    Failure::Condition(_) => return Ok(false),
                    Failure::Contended { .. } => sleep(BETWEEN_TRIES).await,
                    failure => return Err(Unavailable(failure.why())),
                },
            }
        }
        Ok(false)
    }
}
