//! The projects of which there is anything, whether or not there is a project of that number.

use std::collections::BTreeSet;

use jeton_core::id::ProjectId;
use rusqlite::{Connection, Result};

use super::reads::one;

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
        // One lookup for each project, not a look at every row of each.
        while let Some(project) = one(connection, &sql, [after], |row| row.get::<_, i64>(0))? {
            after = project;
            known.extend(u32::try_from(project).ok().and_then(ProjectId::new));
        }
    }
    Ok(known)
}
