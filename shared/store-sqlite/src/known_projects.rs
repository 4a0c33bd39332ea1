//! The projects that have any row, whether or not the project itself exists, and the same of tokens.

use std::collections::BTreeSet;

use jeton_core::id::{ProjectId, TokenId};
use rusqlite::{Connection, Result};

use super::sql::one;

/// Tables and the condition of an index of theirs that begins with the project.
const TABLES: [(&str, &str); 10] = [
    ("heads", ""),
    ("seals", ""),
    ("tokens", ""),
    ("tombstones", ""),
    ("configurations", ""),
    ("members", ""),
    ("addresses", ""),
    ("events INDEXED BY events_in_project", "in_project_feed = 1 AND"),
    ("events INDEXED BY events_about", "about IS NOT NULL AND"),
    ("events_of_token", ""),
];

pub(super) fn known_projects(connection: &Connection) -> Result<BTreeSet<ProjectId>> {
    let mut known = BTreeSet::new();
    for (table, condition) in TABLES {
        let sql =
            format!("SELECT project FROM {table} WHERE {condition} project > ?1 ORDER BY project LIMIT 1");
        let mut after = 0_i64;
        // One lookup for each project, instead of a scan of each table.
        while let Some(project) = one(connection, &sql, [after], |row| row.get::<_, i64>(0))? {
            after = project;
            known.extend(u32::try_from(project).ok().and_then(ProjectId::new));
        }
    }
    Ok(known)
}

/// Where rows refer to tokens, by an index that begins with the project and the token: the column, the table
/// and a condition.
const OF_TOKENS: [(&str, &str, &str); 4] = [
    ("id", "tokens", ""),
    ("id", "tombstones", ""),
    ("about", "events INDEXED BY events_about", "about IS NOT NULL AND"),
    ("token", "events_of_token", ""),
];

pub(super) fn known_tokens(connection: &Connection, project: ProjectId) -> Result<BTreeSet<TokenId>> {
    let mut known = BTreeSet::new();
    for (column, table, condition) in OF_TOKENS {
        let sql = format!(
            "SELECT {column} FROM {table} WHERE {condition} project = ?1 AND {column} > ?2 ORDER BY {column} LIMIT 1"
        );
        let mut after = 0_i64;
        while let Some(token) = one(connection, &sql, (project.number(), after), |row| row.get::<_, i64>(0))?
        {
            after = token;
            known.extend(TokenId::new(token.cast_unsigned()));
        }
    }
    Ok(known)
}
