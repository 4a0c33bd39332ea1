//! A file of version 8, whose events have an index of all uuids and one by object.

use std::path::{Path, PathBuf};

use jeton_core::{
    event::{Event, EventRange, Feed, Order},
    store::{CommitStore as _, HistoryStore as _, Maintenance as _},
};
use jeton_store_sqlite::Sqlite;
use jeton_tests::literal::{World, at, feed_of, insert};
use uuid::Uuid;

use crate::{behind_its_back, fresh_store, trailing::caught_up};

/// Makes the tables of events as version 8 made them.
pub const DOWNGRADE: &str = "
ALTER TABLE events RENAME TO kept;
CREATE TABLE events (
    seq INTEGER PRIMARY KEY,
    uuid BLOB NOT NULL UNIQUE,
    project INTEGER NOT NULL,
    by_token INTEGER,
    about INTEGER,
    in_project_feed INTEGER NOT NULL,
    object_type TEXT,
    object_id TEXT,
    body TEXT NOT NULL
) STRICT;
INSERT INTO events SELECT * FROM kept;
DROP TABLE kept;
CREATE INDEX events_about ON events (project, about, uuid) WHERE about IS NOT NULL;
CREATE INDEX events_in_project ON events (project, uuid) WHERE in_project_feed = 1;
CREATE INDEX events_of_object ON events (project, object_type, object_id, uuid) WHERE object_type IS NOT NULL;
DROP TABLE passkeys;
DROP TABLE passkey_owners;
DROP TABLE events_with_object;
DROP TABLE event_blocks;
ALTER TABLE events_indexed DROP COLUMN newest;
PRAGMA user_version = 8;
";

/// A file of version 8 with 2,000 events of a token about a table, of which every second one is old.
async fn file_of_version_8() -> (PathBuf, World, jeton_core::token::Token, Vec<Event>) {
    let ((store, path), mut world) = (fresh_store(), World::new());
    let created = world.token();
    store.commit(&insert(&created)).await.unwrap();
    let mut commit = world.commit([]);
    let mut events = Vec::new();
    // Each has a sequence of uuids of its own: none goes back in time.
    let (mut old, mut new) = (World::number(8), World::number(9));
    for number in 0..1000 {
        for (of, days) in [(&mut old, 100), (&mut new, 200)] {
            let context = of.event_context(days * 86_400 + number);
            let like = world.posted_about_table(&created.token);
            events.push(Event { uuid: context.uuid, created: context.now, ..like });
        }
    }
    commit.events.extend(events.clone());
    store.commit(&commit).await.unwrap();
    // All of it is in the index.
    caught_up(&path, 2002).await;
    drop(store);
    behind_its_back(&path).execute_batch(DOWNGRADE).unwrap();
    events.sort_by_key(|event| event.uuid);
    (path, world, created.token, events)
}

async fn all(store: &Sqlite, feed: &Feed) -> Vec<Uuid> {
    let range = EventRange { bytes: usize::MAX, ..EventRange::all(Order::Ascending, 9999) };
    store.events(feed, range).await.unwrap().events.iter().map(|event| event.uuid).collect()
}

fn is_sound(path: &Path) {
    let file = behind_its_back(path);
    let check: String = file.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(check, "ok");
}

#[tokio::test]
async fn its_events_are_in_all_of_their_feeds_afterwards() {
    let (path, mut world, token, events) = file_of_version_8().await;
    let store = Sqlite::open(&path).unwrap();
    let expected: Vec<Uuid> = events.iter().map(|event| event.uuid).collect();
    let table = Feed::Object(world.project.id, "table".to_owned(), "in.c-main.users".to_owned());
    assert_eq!(all(&store, &table).await, expected);
    assert_eq!(all(&store, &feed_of(&token)).await[1..], expected);
    assert_eq!(all(&store, &world.feed()).await[2..], expected);
    let next = world.posted_about_table(&token);
    store.append(&next, 1).await.unwrap();
    assert!(all(&store, &table).await.contains(&next.uuid));
    drop(store);
    is_sound(&path);
    drop(Sqlite::open(&path).unwrap());
}

#[tokio::test]
async fn its_events_are_recognised_when_they_come_again() {
    let (path, world, token, events) = file_of_version_8().await;
    let store = Sqlite::open(&path).unwrap();
    for event in [&events[0], &events[1000], &events[1999]] {
        store.append(event, 1).await.unwrap();
    }
    let mut commit = insert(&World::number(3).token());
    commit.events = vec![events[1999].clone()];
    assert_eq!(store.commit(&commit).await, Ok(()), "it was stored before");
    assert_eq!(all(&store, &feed_of(&token)).await.len(), 2001);
    assert_eq!(all(&store, &world.feed()).await.len(), 2002);
}

#[tokio::test]
async fn its_old_events_go_and_the_newer_ones_stay() {
    let (path, world, token, events) = file_of_version_8().await;
    let store = Sqlite::open(&path).unwrap();
    let now = at(320 * 86_400);
    let mut gone = 0;
    loop {
        match store.clean(now).await.unwrap() {
            0 => break,
            some => gone += some,
        }
    }
    assert_eq!(gone, 1002, "the old half, the creation of the token and the event beside it");
    let newer: Vec<Uuid> = events[1000..].iter().map(|event| event.uuid).collect();
    assert_eq!(all(&store, &feed_of(&token)).await, newer);
    assert_eq!(all(&store, &world.feed()).await, newer);
    drop(store);
    is_sound(&path);
}

#[tokio::test]
async fn a_table_of_events_that_somebody_has_changed_is_refused_and_not_touched() {
    let (path, ..) = file_of_version_8().await;
    let file = behind_its_back(&path);
    file.execute_batch("ALTER TABLE events ADD COLUMN more TEXT; PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    let refusal = Sqlite::open(&path).unwrap_err().to_string();
    assert!(refusal.contains("the table \"events\" is another"), "{refusal}");
    let version: u32 = file.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
    assert_eq!(version, 8);
}
