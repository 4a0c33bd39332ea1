//! Budgets: counters that DynamoDB removes some time after their hour.

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

/// The limit of lost answers.
const MAX_LOST: u32 = 3;

impl DynamoDb {
    /// Takes from all budgets, or from none. `once` makes each spending distinct: else DynamoDB would take a
    /// second mail to the same address for a retry of the first one.
    ///
    /// After a lost answer, reads back: each budget has the last spending. If that is another one, sends this
    /// again, which the table recognises.
    pub(super) async fn spend_all(
        &self,
        budgets: &[Spend],
        once: Uuid,
    ) -> Result<Option<Spend>, Unavailable> {
        // DynamoDB rejects a transaction of no items.
        if budgets.is_empty() {
            return Ok(None);
        }
        let ops: Vec<Op> = budgets.iter().map(|budget| op(budget, once)).collect();
        let token = request_token(&self.table, &ops);
        let (mut backoff, mut lost) = (Backoff::of(&token), 0);
        loop {
            let failure = match self.send(&ops, &token).await {
                Ok(()) => return Ok(None),
                // Without the lost answer: this spending itself may have used the budget up.
                Err(Failure::Condition(position)) => {
                    let is_ours = lost > 0 && self.has_taken(budgets, once).await?;
                    return Ok(budgets.get(position).filter(|_| !is_ours).cloned());
                }
                Err(Failure::Lost(_)) if self.has_taken(budgets, once).await == Ok(true) => return Ok(None),
                Err(failure) => failure,
            };
            lost += u32::from(matches!(failure, Failure::Lost(_)));
            let again = !matches!(failure, Failure::Rejected(_)) && lost <= MAX_LOST;
            if !again || !backoff.wait().await {
                return Err(Unavailable(failure.why()));
            }
        }
    }

    /// Whether this spending was the last one of a budget, and so of all of them.
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
