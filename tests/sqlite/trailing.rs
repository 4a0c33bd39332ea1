//! The indexes by token and by object trail behind the events, without any effect on reads or on retries.

use std::time::Duration;

use jeton_core::{
    event::{Event, EventRange, Feed, Order},
    store::{CommitStore as _, HistoryStore as _, Maintenance as _},
};
use jeton_tests::literal::{World, feed_of, insert};
use uuid::Uuid;

use crate::{behind_its_back, fresh_store};
use jeton_store_sqlite::Sqlite;

/// More than the tail may hold before it is written to the file as a batch.
const MANY: i64 = 200_000;

/// The state of the index in the file: how many entries, and the last event up to which it is complete.
fn index(path: &std::path::Path) -> (i64, i64) {
    let entries = "SELECT (SELECT count(*) FROM events_of_token), (SELECT upto FROM events_indexed)";
    behind_its_back(path).query_row(entries, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap()
}

/// Waits until the index has every event: it is filled while the writer is idle.
pub async fn caught_up(path: &std::path::Path, last: i64) {
    for _ in 0..2000 {
        if index(path).1 == last {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("the index does not catch up: {:?}", index(path));
}

async fn page(store: &Sqlite, feed: &Feed, order: Order, limit: usize, from: Option<Uuid>) -> Vec<Uuid> {
    let (after, before) = if order == Order::Ascending { (from, None) } else { (None, from) };
    let events = store
        .events(feed, EventRange { after, before, bytes: usize::MAX, ..EventRange::all(order, limit) })
        .await
        .unwrap()
        .events;
    events.into_iter().map(|event| event.uuid).collect()
}

/// All pages of a feed, one after the other.
async fn pages(store: &Sqlite, feed: &Feed, order: Order) -> Vec<Uuid> {
    let mut all: Vec<Uuid> = Vec::new();
    loop {
        let next = page(store, feed, order, 997, all.last().copied()).await;
        if next.is_empty() {
            return all;
        }
        all.extend(next);
    }
}

fn uuids(events: &[Event]) -> Vec<Uuid> {
    events.iter().map(|event| event.uuid).collect()
}

#[tokio::test]
async fn a_history_is_whole_and_in_order_wherever_the_index_has_come_to() {
    let ((store, path), mut world) = (fresh_store(), World::new());
    let token = world.token();
    store.commit(&insert(&token)).await.unwrap();
    let feed = feed_of(&token.token);
    let mut did = Vec::new();
    // One commit, so that this is fast; the next ones write the batch in small steps.
    let mut commit = world.commit([]);
    commit.events = (0..MANY).map(|_| world.posted_about_table(&token.token)).collect();
    did.extend(uuids(&commit.events));
    store.commit(&commit).await.unwrap();
    for _ in 0..40 {
        let event = world.posted_about_table(&token.token);
        did.push(event.uuid);
        store.append(&event, 1).await.unwrap();
    }
    let (entries, upto) = index(&path);
    assert!(entries > 0 && entries < MANY && upto == 0, "the batch is under way: {entries}, {upto}");
    let about_table = table(&world);
    // While most of it is in memory only.
    let newest: Vec<Uuid> = did.iter().rev().take(997).copied().collect();
    assert!(page(&store, &feed, Order::Descending, 997, None).await == newest);
    assert!(page(&store, &about_table, Order::Ascending, 997, None).await == did[..997]);
    assert!(pages(&store, &about_table, Order::Ascending).await == did);
    did.insert(0, token.event.uuid);
    assert!(pages(&store, &feed, Order::Ascending).await == did);
    did.reverse();
    assert!(pages(&store, &feed, Order::Descending).await == did);
    did.pop();
    assert!(pages(&store, &about_table, Order::Descending).await == did);
}

fn table(world: &World) -> Feed {
    Feed::Object(world.project.id, "table".to_owned(), "in.c-main.users".to_owned())
}

#[tokio::test]
async fn the_tail_is_found_again_after_a_crash_and_worked_off_while_nobody_asks() {
    let ((store, path), mut world) = (fresh_store(), World::new());
    let token = world.token();
    let feed = feed_of(&token.token);
    store.commit(&insert(&token)).await.unwrap();
    let events: Vec<Event> = (0..20).map(|_| world.posted_about_table(&token.token)).collect();
    for event in &events {
        store.append(event, 1).await.unwrap();
    }
    drop(store);
    // As after a crash in the middle of a batch: some entries, without a record of their progress.
    let file = behind_its_back(&path);
    file.execute_batch(
        "DELETE FROM events_of_token WHERE seq > 7; DELETE FROM events_with_object; DELETE FROM event_blocks;
        UPDATE events_indexed SET upto = 0, newest = x''",
    )
    .unwrap();

    let store = Sqlite::open(&path).unwrap();
    let expected: Vec<Uuid> = [vec![token.event.uuid], uuids(&events)].concat();
    assert_eq!(page(&store, &feed, Order::Ascending, 100, None).await, expected);
    assert_eq!(page(&store, &table(&world), Order::Ascending, 100, None).await, expected[1..]);
    caught_up(&path, 21).await;
    assert_eq!(page(&store, &feed, Order::Ascending, 100, None).await, expected);
    assert_eq!(page(&store, &table(&world), Order::Ascending, 100, None).await, expected[1..]);
}

#[tokio::test]
async fn what_another_process_writes_is_seen_at_once() {
    let ((store, path), mut world) = (fresh_store(), World::new());
    let token = world.token();
    let feed = feed_of(&token.token);
    store.commit(&insert(&token)).await.unwrap();
    let other = Sqlite::open(&path).unwrap();
    for turn in 1..=10 {
        other.append(&world.posted_about_table(&token.token), 1).await.unwrap();
        assert_eq!(page(&store, &feed, Order::Descending, 100, None).await.len(), 2 * turn);
        assert_eq!(page(&store, &table(&world), Order::Descending, 100, None).await.len(), 2 * turn - 1);
        store.append(&world.posted_about_table(&token.token), 1).await.unwrap();
        assert_eq!(page(&other, &feed, Order::Descending, 100, None).await.len(), 2 * turn + 1);
        assert_eq!(page(&other, &table(&world), Order::Ascending, 100, None).await.len(), 2 * turn);
    }
}

#[tokio::test]
async fn an_event_is_stored_once_wherever_its_first_copy_is() {
    let ((store, path), mut world) = (fresh_store(), World::new());
    let token = world.token();
    store.commit(&insert(&token)).await.unwrap();
    let of_token: Vec<Event> = (0..4).map(|_| world.posted_about_table(&token.token)).collect();
    let of_project = world.commit([]);
    let about = token.token.deleted_event(&world.event_context(3));
    let all = || of_token.iter().chain(&of_project.events).chain([&about]);
    let stored = async |store: &Sqlite| {
        for event in all().rev() {
            store.append(event, 1).await.unwrap();
        }
        store.commit(&of_project).await.unwrap();
        let count = "SELECT count(*), count(DISTINCT uuid) FROM events";
        let read = |row: &rusqlite::Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?));
        behind_its_back(&path).query_row(count, [], read).unwrap()
    };
    // In the same group, in memory, in the index, after a restart, and by another process.
    let twice = all().chain(all()).map(|event| store.append(event, 1));
    assert!(futures_util::future::join_all(twice).await.iter().all(Result::is_ok));
    assert_eq!(stored(&store).await, (7, 7));
    let other = Sqlite::open(&path).unwrap();
    assert_eq!(stored(&other).await, (7, 7));
    caught_up(&path, 7).await;
    assert_eq!(stored(&store).await, (7, 7));
    assert_eq!(stored(&other).await, (7, 7));
    drop((store, other));
    let store = Sqlite::open(&path).unwrap();
    assert_eq!(stored(&store).await, (7, 7));
    // Newer ones are recognised, too, beside those that were stored by somebody else meanwhile.
    let other = Sqlite::open(&path).unwrap();
    let newer = world.posted_by(&token.token);
    other.append(&newer, 1).await.unwrap();
    store.append(&newer, 1).await.unwrap();
    assert_eq!(stored(&store).await, (8, 8));
}

#[tokio::test]
async fn an_event_that_is_cleaned_takes_its_entry_along() {
    let ((store, path), mut world) = (fresh_store(), World::new());
    let token = world.token();
    store.commit(&insert(&token)).await.unwrap();
    for _ in 0..5 {
        store.append(&world.posted_about_table(&token.token), 1).await.unwrap();
    }
    caught_up(&path, 6).await;
    assert_eq!(index(&path).0, 5);
    store.clean(jeton_tests::literal::at(200 * 86_400)).await.unwrap();
    assert_eq!(index(&path), (1, 6), "the newest event of all stays");
    let about_objects = "SELECT count(*) FROM events_with_object";
    let left: i64 = behind_its_back(&path).query_row(about_objects, [], |row| row.get(0)).unwrap();
    assert_eq!(left, 1);
    store.append(&world.posted_by(&token.token), 1).await.unwrap();
    assert_eq!(page(&store, &feed_of(&token.token), Order::Ascending, 10, None).await.len(), 2);
}
