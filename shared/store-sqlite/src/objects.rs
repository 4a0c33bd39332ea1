//! Schema check: the exact tables and indexes that a file may have.
//!
//! A trigger, a view instead of a table or a constraint would change what a write does, such as keep a
//! deleted token alive.

use std::collections::BTreeMap;

use rusqlite::Connection;

use super::tables::make_tables;

/// Tables of others: SQLite's statistics for its query planner, and Litestream's progress.
const OF_OTHERS: [(&str, &str); 4] = [
    ("sqlite_stat1", "CREATE TABLE sqlite_stat1(tbl,idx,stat)"),
    ("sqlite_stat4", "CREATE TABLE sqlite_stat4(tbl,idx,neq,nlt,ndlt,sample)"),
    ("_litestream_seq", "CREATE TABLE _litestream_seq (id INTEGER PRIMARY KEY, seq INTEGER)"),
    ("_litestream_lock", "CREATE TABLE _litestream_lock (id INTEGER)"),
];

/// Kind and name of an object, and with them its table and its SQL.
type Objects = BTreeMap<(String, String), (String, Option<String>)>;

/// The difference between a file and one that Jeton creates, as a part of a sentence.
pub(super) fn changed(connection: &Connection) -> rusqlite::Result<Option<String>> {
    let made = Connection::open_in_memory()?;
    make_tables(&made)?;
    let (mut expected, found) = (objects(&made)?, objects(connection)?);
    for ((kind, name), object) in found {
        let of_others = |(other, sql): &(&str, &str)| *other == name && object.1.as_deref() == Some(sql);
        match expected.remove(&(kind.clone(), name.clone())) {
            Some(own) if own == object => {}
            Some(_) => return Ok(Some(format!("the {kind} {name:?} is another"))),
            None if kind == "table" && OF_OTHERS.iter().any(of_others) => {}
            None => return Ok(Some(format!("there is a {kind} {name:?} in it"))),
        }
    }
    Ok(expected.into_keys().next().map(|(kind, name)| format!("the {kind} {name:?} is gone")))
}

fn objects(connection: &Connection) -> rusqlite::Result<Objects> {
    let mut statement = connection.prepare("SELECT type, name, tbl_name, sql FROM sqlite_schema")?;
    let rows = statement.query_map([], |row| {
        let sql: Option<String> = row.get(3)?;
        let words = sql.map(|sql| sql.split_whitespace().collect::<Vec<_>>().join(" "));
        Ok(((row.get(0)?, row.get(1)?), (row.get(2)?, words)))
    })?;
    rows.collect()
}
