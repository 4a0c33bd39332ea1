//! Several processes, or several stores, on one file.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use jeton_core::{
    event::{EventRange, Feed, Order},
    store::{CommitStore as _, Store, TokenStore as _},
};
use jeton_store_sqlite::Sqlite;
use jeton_tests::{
    literal::{World, insert},
    store::fresh_folder,
};
use tokio::{process::Command, task::JoinSet};

use crate::fresh_store;

/// The variable with the file, for the child process of a test.
const FILE: &str = "JETON_TEST_SQLITE_FILE";

/// The world of the server, and that of the command beside it.
const SERVER: u64 = 1;
const COMMAND: u64 = 2;

#[tokio::test(flavor = "multi_thread")]
async fn a_command_has_its_turn_beside_a_busy_server_and_nothing_is_lost() {
    if let Some(path) = file_of_the_parent() {
        return add_tokens(&path).await;
    }
    let (store, path) = fresh_store();
    let (store, done) = (Arc::new(store), Arc::new(AtomicBool::new(false)));
    let mut clients = JoinSet::new();
    for client in 0..32 {
        let (store, done) = (Arc::clone(&store), Arc::clone(&done));
        clients.spawn(async move { append_until(&*store, &done, 100 + client).await });
    }
    let command = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "processes::a_command_has_its_turn_beside_a_busy_server_and_nothing_is_lost"])
        .env(FILE, &path)
        .output()
        .await
        .unwrap();
    done.store(true, Ordering::Relaxed);
    assert!(command.status.success(), "{command:?}");

    assert_eq!(
        store
            .tokens(World::number(COMMAND).project.id, None, Order::Ascending, 100, usize::MAX)
            .await
            .unwrap()
            .tokens
            .len(),
        10
    );
    for (feed, appended) in clients.join_all().await {
        assert_eq!(count(&*store, &feed).await, appended);
    }
}

/// The work of the command: ten changes, one after the other.
async fn add_tokens(path: &Path) {
    let (store, mut world) = (Sqlite::open(path).unwrap(), World::number(COMMAND));
    for _ in 0..10 {
        store.commit(&insert(&world.token())).await.unwrap();
    }
}

/// The work of a client of the server: one event after the other.
async fn append_until(store: &dyn Store, done: &AtomicBool, world: u64) -> (Feed, usize) {
    let (mut world, mut appended) = (World::number(world), 0);
    while !done.load(Ordering::Relaxed) {
        store.append(&world.commit([]).events[0], 1).await.unwrap();
        appended += 1;
    }
    (world.feed(), appended)
}

async fn count(store: &dyn Store, feed: &Feed) -> usize {
    let range = EventRange { bytes: usize::MAX, ..EventRange::all(Order::Ascending, usize::MAX) };
    store.events(feed, range).await.unwrap().events.len()
}

fn file_of_the_parent() -> Option<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "this is how a test speaks to the process it starts")]
    std::env::var_os(FILE).map(PathBuf::from)
}

#[tokio::test(flavor = "multi_thread")]
async fn two_stores_on_one_file_lose_nothing() {
    let (one, path) = fresh_store();
    let stores = [Arc::new(one), Arc::new(Sqlite::open(&path).unwrap())];
    let mut world = World::number(SERVER);
    let mut writes = JoinSet::new();
    for number in 0..200 {
        let (store, created) = (Arc::clone(&stores[number % 2]), world.token());
        writes.spawn(async move { store.commit(&insert(&created)).await });
    }
    assert!(writes.join_all().await.iter().all(Result::is_ok));
    for store in stores {
        assert_eq!(
            store
                .tokens(world.project.id, None, Order::Ascending, 1000, usize::MAX)
                .await
                .unwrap()
                .tokens
                .len(),
            200
        );
    }
}

#[test]
fn a_new_file_may_be_opened_by_many_at_once() {
    let path = fresh_folder().join("jeton.db");
    let openers: Vec<_> = (0..8)
        .map(|_| {
            let path = path.clone();
            thread::spawn(move || Sqlite::open(&path).map(drop))
        })
        .collect();
    for opener in openers {
        opener.join().unwrap().unwrap();
    }
}
