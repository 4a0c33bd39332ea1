//! Budgets: counters that DynamoDB forgets some time after their hour.

use jeton_core::{
    budget::Spend,
    store::{Contention, Unavailable},
};

use uuid::Uuid;

use super::{DynamoDb, failure::Failure, item, key::Key, op::Op};

impl DynamoDb {
    /// Takes out of each budget, or out of none. Without what tells it from others, DynamoDB would take a
    /// second mail to the same address for the first one sent again.
    pub(super) async fn spend_all(
        &self,
        budgets: &[Spend],
        once: Uuid,
    ) -> Result<Option<Spend>, Unavailable> {
        let ops: Vec<Op> = budgets.iter().map(|budget| op(budget, once)).collect();
        match self.transact(&ops, Contention::IsWaitedOut).await {
            Ok(()) => Ok(None),
            Err(Failure::Condition(position)) => Ok(budgets.get(position).cloned()),
            Err(failure) => Err(Unavailable(failure.why())),
        }
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
