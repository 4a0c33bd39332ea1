//! Checks the database with another reader than its writer.

use std::path::Path;

use rusqlite::Connection;

/// The events of changes of a token.
const CHANGES: &str = "('storage.tokenCreated', 'storage.tokenUpdated', 'storage.tokenRefreshed', \
                       'storage.tokenShared', 'storage.tokenDeleted')";

/// Checks that the file is sound, and that every change in it has its event and every event its change.
pub fn is_sound(path: &Path) {
    let file = Connection::open(path).unwrap();
    let check: String = file.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(check, "ok");

    // Reads each event once for all checks: after hundreds of rounds there are tens of thousands.
    // A token's change of itself has no `about`: then it is both. The columns have the types of those that
    // they are compared with, without which SQLite does not use the index.
    file.execute_batch(&format!(
        "CREATE TEMP TABLE told (project INTEGER, token INTEGER, name TEXT, body TEXT);
         INSERT INTO told SELECT json_extract(body, '$.project'), coalesce(about, by_token),
             json_extract(body, '$.event') AS name, body FROM events WHERE name IN {CHANGES};
         CREATE INDEX temp.told_of ON told (token, project, name);"
    ))
    .unwrap();

    // The version of a token counts its changes, so it has as many events.
    let of = "told.project = t.project AND told.token = t.id";
    nothing(
        &file,
        &format!(
            "SELECT t.id, t.version, t.body FROM tokens t \
             WHERE t.version <> (SELECT count(*) FROM told WHERE {of})"
        ),
    );
    nothing(
        &file,
        &format!(
            "SELECT t.id, 0, t.body FROM tombstones t \
             WHERE 1 <> (SELECT count(*) FROM told WHERE {of} AND name = 'storage.tokenDeleted')"
        ),
    );
    nothing(
        &file,
        &format!(
            "SELECT token, 0, body FROM told WHERE name = 'storage.tokenDeleted' \
             AND NOT EXISTS (SELECT 1 FROM tombstones t WHERE {of})"
        ),
    );
    nothing(
        &file,
        &format!(
            "SELECT token, 0, body FROM told WHERE NOT EXISTS (SELECT 1 FROM tokens t WHERE {of}) \
             AND NOT EXISTS (SELECT 1 FROM tombstones t WHERE {of})"
        ),
    );
    // One event for each share.
    let count = |sql: &str| file.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    let shared = count("SELECT count(*) FROM told WHERE name = 'storage.tokenShared'");
    assert_eq!(count("SELECT count(*) FROM shares"), shared);
    assert!(count("SELECT count(*) FROM events") > 0, "there is something to look at");
}

/// Expects no rows; a failure shows the first one.
fn nothing(file: &Connection, sql: &str) {
    let row = |row: &rusqlite::Row<'_>| {
        Ok(format!("{} {} {}", row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get::<_, String>(2)?))
    };
    let mut statement = file.prepare(sql).unwrap();
    let found = statement.query_map([], row).unwrap().next();
    assert!(found.is_none(), "{sql}\nfound {:?}", found.unwrap());
}
