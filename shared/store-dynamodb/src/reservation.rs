//! Reservations of tokens: a revocation is stored although other processes change the token all the time.
//!
//! A reservation is an attribute of the verify item, or of the manage token, the time at which it is over. Commits have the condition
//! that the token is not reserved, except urgent ones that change it: they remove the attribute. If their process ends before, the time
//! passes. An urgent commit that only checks the token, because it is the caller, has the condition, too. Otherwise a token that keeps
//! revoking others could hold up its own revocation.

use std::time::Duration;

use jeton_core::{store::Unavailable, time::Timestamp};
use jeton_store_support::span;
use tokio::time::sleep;
use tracing::Instrument as _;

use super::{
    DynamoDb,
    failure::Failure,
    heeds::{LASTS, SKEW},
    item::{key_attributes, number},
    key::Key,
    op::names,
};

/// After how many milliseconds the token can be reserved again, unless it was changed by a commit that is not urgent: so
/// reservations hold up other changes for half of the time at most.
const AGAIN: i64 = 2 * LASTS;

/// How often to try while transactions hold the item, and the pause: longer together than most transactions.
const TRIES: u32 = 5;
const BETWEEN_TRIES: Duration = Duration::from_millis(4);

const RESERVABLE: &str = "attribute_exists(#body) AND \
    (attribute_not_exists(#reservableFrom) OR NOT #reservableFrom BETWEEN :now AND :longest)";

impl DynamoDb {
    /// Reserves the token with this verify item, or the manage token. Returns when that ends, or none if it was not reserved.
    pub(super) async fn reserve_item(
        &self,
        item: &Key,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, Unavailable> {
        let (now, update) = (now.millis(), "SET #reservedUntil = :until, #reservableFrom = :from");
        let request = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key_attributes(item)))
            .update_expression(update)
            .condition_expression(RESERVABLE)
            .set_expression_attribute_names(names(&[update, RESERVABLE]))
            .expression_attribute_values(":now", number(&now))
            .expression_attribute_values(":longest", number(&(now + AGAIN + SKEW)))
            .expression_attribute_values(":until", number(&(now + LASTS)))
            .expression_attribute_values(":from", number(&(now + AGAIN)));
        for _ in 0..TRIES {
            match request.clone().send().instrument(span::store("dynamodb", "UpdateItem")).await {
                Ok(_) => return Ok(Some(Timestamp::from_millis(now + LASTS))),
                Err(error) => match Failure::of(&error) {
                    Failure::Condition(_) => return Ok(None),
                    Failure::Contended { .. } => sleep(BETWEEN_TRIES).await,
                    failure => return Err(Unavailable(failure.why())),
                },
            }
        }
        Ok(None)
    }
}
