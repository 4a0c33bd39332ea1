//! The database file.

use std::{fs, path::Path};

use jeton_core::event::Order;
use jeton_core::store::{
    CommitStore as _, HistoryStore as _, Maintenance as _, MemberStore as _, TokenStore as _, Write,
};
use jeton_store_sqlite::Sqlite;
use jeton_tests::{
    literal::{World, feed_of, insert, replace},
    store::fresh_folder,
};

use crate::{behind_its_back, fresh_store, version_8::DOWNGRADE};

#[cfg(unix)]
#[tokio::test]
async fn every_file_is_readable_by_its_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;

    let (store, path) = fresh_store();
    let _lock = Sqlite::serve_lock(&path).unwrap();
    store.commit(&insert(&World::new().token())).await.unwrap();
    let mut names = Vec::new();
    for file in fs::read_dir(path.parent().unwrap()).unwrap() {
        let file = file.unwrap();
        names.push(file.file_name().into_string().unwrap());
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{names:?}");
    }
    names.sort();
    assert_eq!(
        names,
        ["jeton.db", "jeton.db-shm", "jeton.db-wal", "jeton.db.memory.lock", "jeton.db.serve.lock"]
    );
}

#[tokio::test]
async fn what_was_stored_is_there_when_the_file_is_opened_again() {
    let (store, path) = fresh_store();
    let created = World::new().token();
    store.commit(&insert(&created)).await.unwrap();
    drop(store);
    let store = Sqlite::open(&path).unwrap();
    assert!(store.token(created.token.project, created.token.id).await.unwrap().is_some());
}

#[test]
fn a_file_of_a_newer_jeton_is_rejected() {
    let (store, path) = fresh_store();
    drop(store);
    behind_its_back(&path).pragma_update(None, "user_version", 99).unwrap();
    let rejection = Sqlite::open(&path).unwrap_err().to_string();
    assert!(rejection.contains("was written by a newer Jeton"), "{rejection}");
    assert!(rejection.contains("version 99"), "{rejection}");
}

#[tokio::test]
async fn a_file_of_an_older_jeton_gets_what_it_lacks_and_keeps_the_rest() {
    let (store, path) = fresh_store();
    let mut world = World::new();
    let created = world.token();
    store.commit(&insert(&created)).await.unwrap();
    drop(store);
    let older = behind_its_back(&path);
    older.execute_batch(DOWNGRADE).unwrap();
    older
        .execute_batch(
            "DROP TABLE sessions; DROP TABLE receipts; DROP TABLE budgets; DROP TABLE heads; DROP TABLE seals;
            DROP TABLE manage_events; DROP TABLE delivered; DROP INDEX manage_tokens_deleted; DROP INDEX manage_tokens_in_use; ALTER TABLE manage_tokens DROP COLUMN last_used;
            ALTER TABLE manage_tokens DROP COLUMN deleted;
            DROP INDEX addresses_address; DROP TABLE served",
        )
        .unwrap();
    let index = "CREATE INDEX events_by ON events (project, by_token, uuid) WHERE by_token IS NOT NULL";
    older.execute_batch(&format!("DROP TABLE events_of_token; DROP TABLE events_indexed; {index}")).unwrap();
    older.pragma_update(None, "user_version", 1).unwrap();
    drop(older);

    let store = Sqlite::open(&path).unwrap();
    store.ready().await.unwrap();
    let found = store.event(&feed_of(&created.token), created.event.uuid).await.unwrap();
    assert_eq!(found, Some(created.event));
    assert!(store.token(created.token.project, created.token.id).await.unwrap().is_some());
    let session = world.session("ann@example.org");
    store.commit(&world.commit([Write::InsertSession(session.clone())])).await.unwrap();
    assert_eq!(store.sessions(&session.email).await.unwrap().len(), 1);
}

/// A server of version 6 left its count of groups in the file, without saying whether there is a log.
#[tokio::test]
async fn a_file_that_was_served_by_version_6_is_taken_over() {
    let (store, path) = fresh_store();
    let created = World::new().token();
    store.commit(&insert(&created)).await.unwrap();
    drop(store);
    let older = behind_its_back(&path);
    older.execute_batch(DOWNGRADE).unwrap();
    older
        .execute_batch(
            "DROP TABLE delivered; DROP INDEX manage_tokens_deleted; DROP INDEX manage_tokens_in_use; DROP TABLE served;
            CREATE TABLE served (one INTEGER PRIMARY KEY CHECK (one = 1), number INTEGER NOT NULL) STRICT;
            INSERT INTO served VALUES (1, 5); PRAGMA user_version = 6; PRAGMA wal_checkpoint(TRUNCATE)",
        )
        .unwrap();
    drop(older);
    for _ in 0..2 {
        let lock = Sqlite::serve_lock(&path).unwrap();
        let store = Sqlite::open_to_serve(&path, &lock).unwrap();
        assert!(store.token(created.token.project, created.token.id).await.unwrap().is_some());
    }
}

#[tokio::test]
async fn a_file_of_version_9_gets_the_tables_of_passkeys_and_keeps_the_rest() {
    let (store, path) = fresh_store();
    let mut world = World::new();
    let created = world.token();
    store.commit(&insert(&created)).await.unwrap();
    drop(store);
    let older = behind_its_back(&path);
    older.execute_batch("DROP TABLE passkeys; DROP TABLE passkey_owners; PRAGMA user_version = 9").unwrap();
    drop(older);
    let store = Sqlite::open(&path).unwrap();
    assert!(store.token(created.token.project, created.token.id).await.unwrap().is_some());
    let passkeys = world.with_passkey(None, "ann@example.org", "one");
    let change = Write::ChangePasskeys { before: None, after: passkeys.clone() };
    store.commit(&world.commit([change])).await.unwrap();
    let found = store.passkeys(&passkeys.email).await.unwrap().unwrap();
    assert_eq!(found.version, passkeys.version);
}

/// Builds up to version 8 numbered the rows of tokens in the order of their insertion.
#[tokio::test]
async fn a_token_is_found_whatever_number_its_row_has() {
    let (store, path) = fresh_store();
    let mut world = World::new();
    let [first, second] = [world.token(), world.token()];
    for created in [&first, &second] {
        store.commit(&insert(created)).await.unwrap();
    }
    let renumbered =
        "UPDATE tokens SET rowid = (SELECT count(*) FROM tokens of WHERE of.rowid >= tokens.rowid)";
    assert_eq!(behind_its_back(&path).execute(renumbered, []).unwrap(), 2);
    let project = world.project.id;
    for created in [&first, &second] {
        let found = store.token(project, created.token.id).await.unwrap().unwrap();
        assert_eq!(found.copies.len(), 1);
        let item = store.verify_item(project, created.token.id).await.unwrap().unwrap();
        assert!(item.keys[0].hash.matches(&created.token.copies[0].hash));
    }
    store.commit(&replace(&world.renamed(&first.token, "renamed"))).await.unwrap();
    let renamed = store.token(project, first.token.id).await.unwrap().unwrap();
    assert_eq!(renamed.identity.description, "renamed");
    store.commit(&world.removal(&renamed)).await.unwrap();
    assert!(store.token(project, first.token.id).await.unwrap().is_none());
    // A new token takes no number of another row.
    store.commit(&insert(&world.token())).await.unwrap();
    let listed = store.tokens(project, None, Order::Ascending, 10, usize::MAX).await.unwrap();
    assert_eq!(listed.tokens.len(), 2);
}

#[test]
fn a_file_that_is_no_database_is_rejected_and_left_as_it_is() {
    let path = fresh_folder().join("notes.txt");
    fs::write(&path, "Buy milk. ".repeat(100)).unwrap();
    let rejection = Sqlite::open(&path).unwrap_err().to_string();
    assert!(rejection.ends_with("notes.txt cannot be used: file is not a database"), "{rejection}");
    assert!(fs::read_to_string(&path).unwrap().starts_with("Buy milk."));
}

#[test]
fn a_folder_that_is_not_there_is_named() {
    let rejection = Sqlite::open(Path::new("not/there/jeton.db")).unwrap_err().to_string();
    assert!(rejection.starts_with("the database not/there/jeton.db cannot be opened:"), "{rejection}");
}

#[test]
fn a_second_server_is_rejected_while_the_first_one_runs() {
    let (_store, path) = fresh_store();
    let first = Sqlite::serve_lock(&path).unwrap();
    let rejection = Sqlite::serve_lock(&path).unwrap_err().to_string();
    assert!(rejection.starts_with("another `jeton serve` is running on the database"), "{rejection}");
    assert!(Sqlite::open(&path).is_ok(), "commands of the terminal need no claim");
    drop(first);
    assert!(Sqlite::serve_lock(&path).is_ok());
}

#[cfg(unix)]
#[test]
fn a_second_server_is_rejected_by_whatever_name_it_knows_the_file() {
    let (store, path) = fresh_store();
    drop(store);
    let (link, name) = (path.with_file_name("link.db"), path.with_file_name("name.db"));
    std::os::unix::fs::symlink(&path, &link).unwrap();
    fs::hard_link(&path, &name).unwrap();
    let first = Sqlite::serve_lock(&path).unwrap();
    for other in [&link, &name] {
        let rejection = Sqlite::serve_lock(other).unwrap_err().to_string();
        assert!(rejection.starts_with("another `jeton serve` is running"), "{rejection}");
    }
    let rejection = Sqlite::open_beside(&name).unwrap_err().to_string();
    assert!(rejection.contains("under another name of that file"), "{rejection}");
    for own in [&path, &link] {
        drop(Sqlite::open_beside(own).unwrap());
    }
    drop(first);
    drop(Sqlite::open_beside(&name).unwrap());
    drop(Sqlite::serve_lock(&name).unwrap());
}

#[cfg(unix)]
#[test]
fn the_lock_of_a_server_is_not_taken_through_a_link() {
    let path = fresh_folder().join("jeton.db");
    let other = path.with_file_name("other");
    fs::write(&other, "mine").unwrap();
    std::os::unix::fs::symlink(&other, path.with_file_name("jeton.db.serve.lock")).unwrap();
    Sqlite::serve_lock(&path).unwrap_err();
    assert_eq!(fs::read_to_string(&other).unwrap(), "mine");
}

#[test]
fn a_file_without_tables_that_is_not_new_is_rejected() {
    let (store, path) = fresh_store();
    drop(store);
    let file = behind_its_back(&path);
    let other = path.with_file_name("other.db");
    let others = behind_its_back(&other);
    others.execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE notes (text)").unwrap();
    let rejection = Sqlite::open(&other).unwrap_err().to_string();
    assert!(rejection.contains("has no tables although it is not new"), "{rejection}");
    drop(file);
    drop(Sqlite::open(&path).unwrap());
}

#[test]
fn a_file_that_somebody_has_changed_is_rejected_and_not_touched() {
    for (change, found) in [
        (
            "CREATE TRIGGER keep AFTER DELETE ON tokens BEGIN INSERT INTO tokens
                VALUES (old.project, old.id, old.version, old.body, old.verify, old.last_used, old.due); END",
            "there is a trigger \"keep\" in it",
        ),
        ("CREATE VIEW all_tokens AS SELECT * FROM tokens", "there is a view \"all_tokens\" in it"),
        (
            "CREATE TABLE other (project, id, FOREIGN KEY (project, id) REFERENCES tokens ON DELETE RESTRICT)",
            "there is a table \"other\" in it",
        ),
        ("CREATE UNIQUE INDEX one ON tombstones (project)", "there is a index \"one\" in it"),
        (
            "DROP TABLE tombstones; CREATE VIEW tombstones AS SELECT 1 AS project",
            "there is a view \"tombstones\" in it",
        ),
        (
            "ALTER TABLE tokens ADD COLUMN more TEXT CHECK (due IS NOT NULL)",
            "the table \"tokens\" is another",
        ),
        ("DROP INDEX tokens_due", "the index \"tokens_due\" is gone"),
    ] {
        let (store, path) = fresh_store();
        drop(store);
        behind_its_back(&path).execute_batch(change).unwrap();
        let before = fs::read(&path).unwrap();
        let lock = Sqlite::serve_lock(&path).unwrap();
        for rejection in
            [Sqlite::open_to_serve(&path, &lock).unwrap_err(), Sqlite::open_beside(&path).unwrap_err()]
        {
            let rejection = rejection.to_string();
            assert!(rejection.contains("is not as Jeton makes it: "), "{rejection}");
            assert!(rejection.contains(found), "{found}: {rejection}");
        }
        assert!(fs::read(&path).unwrap() == before, "{change}");
    }
}

#[test]
fn what_sqlite_and_litestream_keep_in_a_file_is_let_be() {
    let (store, path) = fresh_store();
    drop(store);
    let of_others = "ANALYZE; CREATE TABLE _litestream_seq (id INTEGER PRIMARY KEY, seq INTEGER);
        CREATE TABLE _litestream_lock (id INTEGER)";
    behind_its_back(&path).execute_batch(of_others).unwrap();
    drop(Sqlite::open_beside(&path).unwrap());
}

#[test]
fn a_command_that_needs_a_database_makes_none() {
    let folder = fresh_folder();
    for path in [folder.join("jeton.bd"), folder.join("not/there.db")] {
        let rejection = Sqlite::open_existing(&path).unwrap_err().to_string();
        assert!(rejection.starts_with("there is no database"), "{rejection}");
    }
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
}
