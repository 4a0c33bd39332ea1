//! A server's verify items in memory equal those in the file, whichever process writes.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use jeton_core::{
    store::{CommitStore as _, TokenStore as _},
    time::Timestamp,
    token::Token,
};
use jeton_store_sqlite::Sqlite;
use jeton_tests::{
    literal::{World, insert, replace},
    store::fresh_folder,
};
use tokio::task::JoinSet;

use crate::behind_its_back;

/// The number of changes of a token in a test.
const CHANGES: u64 = 100;

/// The version of a token in verify; `None` if it is not valid.
async fn version(store: &Sqlite, token: &Token) -> Option<u64> {
    store.verify_item(token.project, token.id).await.unwrap().map(|item| item.item.version)
}

/// A server with a verified token.
async fn verified() -> (Sqlite, std::path::PathBuf, World, Token) {
    let path = fresh_folder().join("jeton.db");
    let (store, mut world) = (Sqlite::open_alone(&path).unwrap(), World::new());
    let created = world.token();
    store.commit(&insert(&created)).await.unwrap();
    assert_eq!(version(&store, &created.token).await, Some(1));
    (store, path, world, created.token)
}

/// Reads a token repeatedly until `done`, and fails if a version is older than one whose change was answered before.
async fn see_no_older_version(
    store: Arc<Sqlite>,
    token: Token,
    answered: Arc<AtomicU64>,
    done: Arc<AtomicBool>,
) -> usize {
    let mut reads = 0;
    while !done.load(Ordering::SeqCst) {
        let least = answered.load(Ordering::SeqCst);
        let seen = version(&store, &token).await.unwrap();
        assert!(seen >= least, "version {seen} was verified after version {least} was stored");
        reads += 1;
        tokio::task::yield_now().await;
    }
    reads
}

/// Changes a token with `change` while many verify it.
async fn change_while_many_verify<F, Fut>(store: Arc<Sqlite>, token: &Token, mut change: F)
where
    F: FnMut(u64) -> Fut,
    Fut: Future<Output = u64>,
{
    let (answered, done) = (Arc::new(AtomicU64::new(1)), Arc::new(AtomicBool::new(false)));
    let mut readers = JoinSet::new();
    for _ in 0..4 {
        let (store, token) = (Arc::clone(&store), token.clone());
        readers.spawn(see_no_older_version(store, token, Arc::clone(&answered), Arc::clone(&done)));
    }
    for number in 0..CHANGES {
        answered.store(change(number).await, Ordering::SeqCst);
    }
    done.store(true, Ordering::SeqCst);
    assert!(readers.join_all().await.iter().all(|reads| *reads > 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_by_the_server_is_seen_by_every_verify_that_begins_after_its_answer() {
    let (store, _path, world, token) = verified().await;
    let store = Arc::new(store);
    let changed = Arc::new(tokio::sync::Mutex::new((world, token.clone())));
    change_while_many_verify(Arc::clone(&store), &token, |number| {
        let (store, changed) = (Arc::clone(&store), Arc::clone(&changed));
        async move {
            let (world, token) = &mut *changed.lock().await;
            let change = world.renamed(token, &format!("name {number}"));
            store.commit(&replace(&change)).await.unwrap();
            *token = change.token;
            token.version
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_by_a_command_is_seen_by_every_verify_of_the_server_that_begins_after_it() {
    let (store, path, world, token) = verified().await;
    let store = Arc::new(store);
    let changed = Arc::new(tokio::sync::Mutex::new((world, token.clone())));
    change_while_many_verify(Arc::clone(&store), &token, |number| {
        let (store, changed, path) = (Arc::clone(&store), Arc::clone(&changed), path.clone());
        async move {
            let (world, token) = &mut *changed.lock().await;
            let change = world.renamed(token, &format!("name {number}"));
            if number % 2 == 0 {
                store.commit(&replace(&change)).await.unwrap();
            } else {
                let command = Sqlite::open_beside(&path).unwrap();
                command.commit(&replace(&change)).await.unwrap();
                // The command ends, and the server switches its memory on before the next change.
                drop(command);
            }
            *token = change.token;
            token.version
        }
    })
    .await;
}

#[tokio::test]
async fn a_token_that_a_command_removes_is_verified_no_more() {
    let (store, path, mut world, token) = verified().await;
    let command = Sqlite::open_beside(&path).unwrap();
    command.commit(&world.removal(&token)).await.unwrap();
    assert_eq!(version(&store, &token).await, None);
    drop(command);
    assert_eq!(version(&store, &token).await, None);
}

#[tokio::test]
async fn the_day_of_the_last_use_is_seen_at_once() {
    let (store, _path, _world, token) = verified().await;
    let day = Timestamp::from_millis(1_800_000_000_000).day();
    store.mark_used(token.project, token.id, day).await.unwrap();
    let item = store.verify_item(token.project, token.id).await.unwrap().unwrap();
    assert_eq!(item.last_used, Some(day));
}

#[tokio::test]
async fn what_another_program_writes_is_seen_with_the_next_change_of_the_server() {
    let (store, path, mut world, token) = verified().await;
    let other = World::number(2).token();
    verified_until_in_memory(&store, &token).await;
    remove_behind_its_back(&path, &token);
    store.commit(&insert(&other)).await.unwrap();
    assert_eq!(version(&store, &token).await, None);
    store.commit(&insert(&world.token())).await.unwrap();
}

/// No write is needed: an idle server checks once a second.
#[tokio::test]
async fn what_another_program_writes_is_seen_by_a_server_that_changes_nothing() {
    let (store, path, _world, token) = verified().await;
    verified_until_in_memory(&store, &token).await;
    remove_behind_its_back(&path, &token);
    while version(&store, &token).await.is_some() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Verifies a token for longer than a server needs to switch its memory on.
async fn verified_until_in_memory(store: &Sqlite, token: &Token) {
    for _ in 0..20 {
        assert_eq!(version(store, token).await, Some(1));
        thread::sleep(Duration::from_millis(1));
    }
}

fn remove_behind_its_back(path: &Path, token: &Token) {
    let sql = "DELETE FROM tokens WHERE project = ?1 AND id = ?2";
    let key = (token.project.number(), token.id.number().cast_signed());
    assert_eq!(behind_its_back(path).execute(sql, key).unwrap(), 1);
}
