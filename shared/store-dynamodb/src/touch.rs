//! Small changes beside the versioned state: attempts at a share, and the day of last use.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use jeton_core::{
    id::{ProjectId, TokenId},
    share::{AttemptId, MAX_ATTEMPTS, ShareId},
    store::Unavailable,
    time::Day,
};
use jeton_store_support::span;
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

impl DynamoDb {
    /// Reserves an attempt at a pending share.
    pub(super) async fn reserve(
        &self,
        share: &ShareId,
        attempt: &AttemptId,
    ) -> Result<Option<u8>, Unavailable> {
        let update = "SET #attempts = #attempts + :one ADD #reserved :attempts";
        let condition = "#state = :open AND #attempts < :max AND NOT contains(#reserved, :attempt)";
        let values = [(":max", item::number(&MAX_ATTEMPTS)), (":open", item::text(OPEN))];
        let counted = self.count(share, attempt, "attempts", (update, condition), &values).await?;
        if counted.is_some() {
            return Ok(counted);
        }
        // A request whose answer was lost may have reserved it.
        let Some(found) = self.get(&Key::share(share)).await? else { return Ok(None) };
        let open = item::text_of(&found, "state") == Some(OPEN);
        let reserved = open && item::attempts(&found, item::RESERVED).contains(attempt);
        Ok(item::number_of(&found, "attempts").filter(|_| reserved))
    }

    /// Counts an attempt at a share as wrong. A share of an earlier version has no such count.
    pub(super) async fn count_wrong_code(
        &self,
        share: &ShareId,
        attempt: &AttemptId,
    ) -> Result<Option<u8>, Unavailable> {
        let update = "ADD #refused :one, #wrong :attempts";
        let condition = "attribute_exists(#state) AND NOT contains(#wrong, :attempt)";
        let counted = self.count(share, attempt, "refused", (update, condition), &[]).await?;
        if counted.is_some() {
            return Ok(counted);
        }
        Ok(self.get(&Key::share(share)).await?.and_then(|found| item::number_of(&found, "refused")))
    }

    /// Increments a number of a share, and adds this attempt to a set, under a condition; returns the new
    /// number. `None` if the condition fails.
    async fn count(
        &self,
        share: &ShareId,
        attempt: &AttemptId,
        attribute: &str,
        (update, condition): (&str, &str),
        values: &[(&str, AttributeValue)],
    ) -> Result<Option<u8>, Unavailable> {
        let of_attempt = [
            (":one", item::number(&1)),
            (":attempt", item::text(attempt.as_str())),
            (":attempts", AttributeValue::Ss(vec![attempt.as_str().to_owned()])),
        ];
        let values = values.iter().cloned().chain(of_attempt);
        let values: HashMap<_, _> = values.map(|(name, value)| (name.to_owned(), value)).collect();
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
                Failure::Contended { .. } if backoff.wait().await => {}
                failure => return Err(Unavailable(failure.why())),
            }
        }
    }

    /// Sets the day of last use in both items of a token. Does nothing if the token is gone, or being
    /// changed: the next verify finds the day still unset.
    pub(super) async fn touch(
        &self,
        project: ProjectId,
        token: TokenId,
        day: Day,
    ) -> Result<(), Unavailable> {
        let key = Key::verify(project, token);
        if self.spread.is_some() && self.replicas.stored(&key) > 0 {
            // Replicas do not have the day, so another process has mostly stored it.
            let Some(found) = self.get(&key).await? else { return Ok(()) };
            self.note(&found);
            if item::last_used(&found) >= Some(day) {
                return Ok(());
            }
        }
        let ops = [key.clone(), Key::token(project, token)].map(|key| {
            Op::update(key, "SET #lastUsed = :day")
                .when("attribute_exists(#body) AND (attribute_not_exists(#lastUsed) OR #lastUsed < :day)")
                .with(":day", item::text(day.to_string()))
        });
        match self.send(&ops, &request_token(&self.table, &ops)).await {
            Ok(()) | Err(Failure::Condition(_)) => {
                self.replicas.note_used(&key, day);
                Ok(())
            }
            Err(Failure::Contended { .. }) => Ok(()),
            Err(failure) => Err(Unavailable(failure.why())),
        }
    }
}
