//! Budgets: counters that DynamoDB forgets some time after their hour.

use jeton_core::{budget::Spend, store::Unavailable};
use uuid::Uuid;

use super::{
    DynamoDb,
    failure::Failure,
    item,
    key::Key,
    op::{Op, request_token},
    transact::Backoff,
};

/// How many answers may be lost.
const MAX_LOST: u32 = 3;

impl DynamoDb {
    /// Takes out of each budget, or out of none. Without what tells it from others, DynamoDB would take a
    /// second mail to the same address for the first one sent again.
    ///
    /// An answer that is lost is settled by reading back: each budget knows who took out of it last. Where somebody else
    /// did since, it is sent again, which the table recognises.
    pub(super) async fn spend_all(
        &self,
        budgets: &[Spend],
        once: Uuid,
    ) -> Result<Option<Spend>, Unavailable> {
        let ops: Vec<Op> = budgets.iter().map(|budget| op(budget, once)).collect();
        let token = request_token(&self.table, &ops);
        let (mut backoff, mut lost) = (Backoff::of(&token), 0);
        loop {
            let failure = match self.send(&ops, &token).await {
                Ok(()) => return Ok(None),
                // What leaves no room may have been this very spending.
                Err(Failure::Condition(position)) => {
                    let is_ours = lost > 0 && self.has_taken(budgets, once).await?;
                    return Ok(budgets.get(position).filter(|_| !is_ours).cloned());
                }
                Err(Failure::Lost(_)) if self.has_taken(budgets, once).await == Ok(true) => return Ok(None),
                Err(failure) => failure,
            };
            lost += u32::from(matches!(failure, Failure::Lost(_)));
            let again = !matches!(failure, Failure::Refused(_)) && lost <= MAX_LOST;
            if !again || !backoff.wait().await {
                return Err(Unavailable(failure.why()));
            }
        }
    }

    /// Whether this spending was the last to take out of one of the budgets, and so out of all of them.
    async fn has_taken(&self, budgets: &[Spend], once: Uuid) -> Result<bool, Unavailable> {
        let once = once.to_string();
        for budget in budgets {
            let found = self.get(&Key::budget(budget)).await?;
            if found.is_some_and(|found| item::text_of(&found, "last") == Some(&once)) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

fn op(budget: &Spend, once: Uuid) -> Op {
    Op::update(Key::budget(budget), "SET #ttl = :ttl, #last = :last ADD #spent :amount")
        .when("attribute_not_exists(#spent) OR #spent <= :room")
        .with(":ttl", item::ttl(budget.ends))
        .with(":last", item::text(once.to_string()))
        .with(":amount", item::number(&budget.amount))
        .with(":room", item::number(&i64::from(budget.limit).saturating_sub(budget.amount.into())))
}
