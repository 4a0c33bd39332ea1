//! Budgets: counters that DynamoDB forgets some time after their hour.

use jeton_core::{budget::Spend, store::Unavailable};

use uuid::Uuid;

use super::{DynamoDb, failure::Failure, item, key::Key, op::Op};

impl DynamoDb {
    /// Takes once out of each budget, or out of none. Without what tells it from others, DynamoDB would take a
    /// second mail to the same address for the first one sent again.
    pub(super) async fn spend_all(
        &self,
        budgets: &[Spend],
        once: Uuid,
    ) -> Result<Option<Spend>, Unavailable> {
        let ops: Vec<Op> = budgets.iter().map(|budget| op(budget, once)).collect();
        match self.transact(&ops).await {
            Ok(()) => Ok(None),
            Err(Failure::Condition(position)) => Ok(budgets.get(position).cloned()),
            Err(failure) => Err(Unavailable(failure.why())),
        }
    }
}

fn op(budget: &Spend, once: Uuid) -> Op {
    Op::update(Key::budget(budget), "SET #ttl = :ttl, #last = :last ADD #spent :one")
        .when("attribute_not_exists(#spent) OR #spent < :limit")
        .with(":ttl", item::ttl(budget.ends))
        .with(":last", item::text(once.to_string()))
        .with(":one", item::number(&1))
        .with(":limit", item::number(&budget.limit))
}
