//! Budgets: how much of each is used.

use jeton_core::budget::Spend;
use rusqlite::{Connection, OptionalExtension as _, Result};

/// Takes from all budgets, or from none.
pub(super) fn spend(connection: &Connection, budgets: &[Spend]) -> Result<Option<Spend>> {
    let sql = "SELECT spent FROM budgets WHERE key = ?1";
    for budget in budgets {
        let spent: Option<u32> =
            connection.prepare_cached(sql)?.query_row([&budget.key], |row| row.get(0)).optional()?;
        if spent.unwrap_or_default().saturating_add(budget.amount) > budget.limit {
            return Ok(Some(budget.clone()));
        }
    }
    let sql = "INSERT INTO budgets (key, spent, ends) VALUES (?1, ?2, ?3)
        ON CONFLICT DO UPDATE SET spent = spent + excluded.spent, ends = max(ends, excluded.ends)";
    for budget in budgets {
        connection.prepare_cached(sql)?.execute((&budget.key, budget.amount, budget.ends.millis()))?;
    }
    Ok(None)
}
