//! Small changes beside the versioned state: attempts at a share, and the day of last use.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use jeton_core::{
    id::{ProjectId, TokenId},
    share::{MAX_ATTEMPTS, ShareId},
    store::Unavailable,
    time::Day,
};
use tracing::Instrument as _;

use super::{
    DynamoDb,
    commit::OPEN,
    failure::Failure,
    item,
    key::Key,
    op::{Op, names, request_token},
    transact::Backoff,
};
use crate::telemetry::span;

impl DynamoDb {
    /// Reserves an attempt at an open share.
    ///
    /// The SDK sends it again when an answer is lost, which may use up one more attempt.
    pub(super) async fn attempt(&self, share: &ShareId) -> Result<Option<u8>, Unavailable> {
        let update = "SET #attempts = #attempts + :one";
        let condition = "#state = :open AND #attempts < :max";
        let values = [(":max", item::number(&MAX_ATTEMPTS)), (":open", item::text(OPEN))];
        self.count(share, "attempts", update, condition, &values).await
    }

    /// Counts a refused attempt at a share. A share from before there was this count has none.
    pub(super) async fn refusal(&self, share: &ShareId) -> Result<Option<u8>, Unavailable> {
        self.count(share, "refused", "ADD #refused :one", "attribute_exists(#state)", &[]).await
    }

    /// Adds one to a number of a share under a condition, and tells what it has become.
    async fn count(
        &self,
        share: &ShareId,
        attribute: &str,
        update: &str,
        condition: &str,
        values: &[(&str, AttributeValue)],
    ) -> Result<Option<u8>, Unavailable> {
        let values = values.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
        let values: HashMap<_, _> = values.chain([(":one".to_owned(), item::number(&1))]).collect();
        let mut backoff = Backoff::of(share.as_str());
        loop {
            let request = self
                .client
                .update_item()
                .table_name(&self.table)
                .set_key(Some(item::key_attributes(&Key::share(share))))
                .update_expression(update)
                .condition_expression(condition)
                .set_expression_attribute_names(names(&[update, condition]))
                .set_expression_attribute_values(Some(values.clone()))
                .return_values(ReturnValue::UpdatedNew);
            let failure = match request.send().instrument(span::store("dynamodb", "UpdateItem")).await {
                Ok(answer) => {
                    let count = answer.attributes.and_then(|found| item::number_of(&found, attribute));
                    return count.map(Some).ok_or_else(|| Unavailable("no count was told".to_owned()));
                }
                Err(error) => Failure::of(&error),
            };
            match failure {
                Failure::Condition(_) => return Ok(None),
                Failure::Contended(_) if backoff.wait().await => {}
                failure => return Err(Unavailable(failure.why())),
            }
        }
    }

    /// Sets the day of last use in both items of a token. When the token is gone, or being changed
    /// just now, nothing happens: the next verify finds the day still unset.
    pub(super) async fn touch(
        &self,
        project: ProjectId,
        token: TokenId,
        day: Day,
    ) -> Result<(), Unavailable> {
        let ops = [Key::verify(project, token), Key::token(project, token)].map(|key| {
            Op::update(key, "SET #lastUsed = :day")
                .when("attribute_exists(#body) AND (attribute_not_exists(#lastUsed) OR #lastUsed < :day)")
                .with(":day", item::text(day.to_string()))
        });
        match self.send(&ops, &request_token(&self.table, &ops)).await {
            Ok(()) | Err(Failure::Condition(_) | Failure::Contended(_)) => Ok(()),
            Err(failure) => Err(Unavailable(failure.why())),
        }
    }
}
