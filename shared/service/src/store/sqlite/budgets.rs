//! Budgets: how much of each is used.

use jeton_core::budget::Spend;
use rusqlite::{Connection, OptionalExtension as _, Result};

/// Takes once out of each budget, or out of none.
pub(super) fn spend(connection: &Connection, budgets: &[Spend]) -> Result<Option<Spend>> {
    let sql = "SELECT spent FROM budgets WHERE key = ?1";
    for budget in budgets {
        let spent: Option<u32> =
            connection.prepare_cached(sql)?.query_row([&budget.key], |row| row.get(0)).optional()?;
        if spent.is_some_and(|spent| spent >= budget.limit) {
            return Ok(Some(budget.clone()));
        }
    }
    let sql = "INSERT INTO budgets (key, spent, ends) VALUES (?1, 1, ?2)
        ON CONFLICT DO UPDATE SET spent = spent + 1";
    for budget in budgets {
        connection.prepare_cached(sql)?.execute((&budget.key, budget.ends.millis()))?;
    }
    Ok(None)
}
