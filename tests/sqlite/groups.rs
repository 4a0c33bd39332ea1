//! Groups of writes, and concurrent reads.

use std::{fs, path::Path, sync::Arc};

use futures_util::future::join_all;
use jeton_core::{
    event::Order,
    store::{CommitError::Conflict, CommitStore as _, HistoryStore as _, TokenStore as _},
};
use jeton_store_sqlite::Sqlite;
use jeton_tests::literal::{World, insert};
use tokio::task::{JoinSet, yield_now};

use crate::{behind_its_back, fresh_store};

#[tokio::test]
async fn a_conflict_undoes_nothing_of_others_in_its_group() {
    let (store, path) = fresh_store();
    let (store, mut world) = (Arc::new(store), World::new());
    let taken = world.token();
    store.commit(&insert(&taken)).await.unwrap();

    // While another process has the lock, all of these wait for the writer.
    let rival = behind_its_back(&path);
    rival.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut commits: Vec<_> = (0..20).map(|_| insert(&world.token())).collect();
    commits[10].writes.extend(insert(&taken).writes);
    let mut answers = JoinSet::new();
    for (number, commit) in commits.into_iter().enumerate() {
        let store = Arc::clone(&store);
        answers.spawn(async move { (number, store.commit(&commit).await) });
    }
    yield_now().await;
    rival.execute_batch("COMMIT").unwrap();

    let mut answers = answers.join_all().await;
    answers.sort_by_key(|(number, _)| *number);
    for (number, answer) in answers {
        assert_eq!(answer, if number == 10 { Err(Conflict(1)) } else { Ok(()) }, "{number}");
    }
    // The first one, and 19 of the 20.
    assert_eq!(
        store.tokens(world.project.id, None, Order::Ascending, 100, usize::MAX).await.unwrap().tokens.len(),
        20
    );
}

#[tokio::test]
async fn writers_that_come_at_the_same_time_share_a_commit() {
    let ((store, path), mut world) = (fresh_store(), World::new());
    let mut events: Vec<_> = (0..20).map(|_| world.commit([]).events.remove(0)).collect();
    for event in &mut events {
        // Without a token, so that no index adds a commit of its own.
        (event.by.token, event.about) = (None, None);
    }
    let before = commits(&path);
    let stored = join_all(events.iter().map(|event| store.append(event, 1))).await;
    assert!(stored.iter().all(Result::is_ok));
    assert_eq!(commits(&path) - before, 1);
}

/// How many commits are in the log: its frames with the size of the database.
fn commits(path: &Path) -> usize {
    let log = fs::read(path.with_extension("db-wal")).unwrap();
    // It has no header before the first write.
    let frames = log.get(32..).unwrap_or_default();
    frames.chunks_exact(24 + 4096).filter(|frame| frame[4..8] != [0; 4]).count()
}

#[tokio::test]
async fn a_commit_that_was_stored_before_is_recognised() {
    let ((store, _), mut world) = (fresh_store(), World::new());
    let created = insert(&world.token());
    for _ in 0..2 {
        assert_eq!(store.commit(&created).await, Ok(()));
    }
}

#[tokio::test]
async fn reads_do_not_wait_for_writers() {
    let (store, path) = fresh_store();
    let created = World::new().token();
    store.commit(&insert(&created)).await.unwrap();
    let rival = behind_its_back(&path);
    rival.execute_batch("BEGIN IMMEDIATE; DELETE FROM tokens").unwrap();
    assert!(store.verify_item(created.token.project, created.token.id).await.unwrap().is_some());
    assert_eq!(
        store
            .tokens(created.token.project, None, Order::Ascending, 10, usize::MAX)
            .await
            .unwrap()
            .tokens
            .len(),
        1
    );
    rival.execute_batch("COMMIT").unwrap();
    assert!(store.verify_item(created.token.project, created.token.id).await.unwrap().is_none());
}

#[tokio::test]
async fn dropping_the_store_does_not_drop_what_was_queued() {
    let (store, path) = fresh_store();
    let mut world = World::new();
    let events: Vec<_> = (0..20).map(|_| world.commit([]).events.remove(0)).collect();
    let rival = behind_its_back(&path);
    rival.execute_batch("BEGIN IMMEDIATE").unwrap();
    for event in &events {
        // Polled once, which queues it; then the caller is dropped.
        let append = std::pin::pin!(store.append(event, 1));
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(append.poll(&mut context).is_pending());
    }
    rival.execute_batch("COMMIT").unwrap();
    drop(store);
    let stored: i64 = rival.query_row("SELECT count(*) FROM events", [], |row| row.get(0)).unwrap();
    assert_eq!(stored, 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_a_slow_reader_has_made_long_is_short_again_when_nobody_reads() {
    let path = jeton_tests::store::fresh_folder().join("jeton.db");
    let lock = Sqlite::serve_lock(&path).unwrap();
    let store = Sqlite::open_to_serve(&path, &lock).unwrap();
    let mut world = World::new();
    store.commit(&insert(&world.token())).await.unwrap();
    let reader = behind_its_back(&path);
    reader.execute_batch("BEGIN; SELECT count(*) FROM tokens").unwrap();
    let log = || fs::metadata(path.with_extension("db-wal")).unwrap().len();
    while log() < 12 << 20 {
        store.commit(&insert(&world.token())).await.unwrap();
    }
    reader.execute_batch("COMMIT").unwrap();
    jeton_tests::process::wait_until("the log is short", || (log() <= 6 << 20).then_some(()));
    store.commit(&insert(&world.token())).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_without_its_log_is_told_from_a_whole_one_however_often_the_log_was_taken_in() {
    let path = jeton_tests::store::fresh_folder().join("jeton.db");
    let lock = Sqlite::serve_lock(&path).unwrap();
    let store = Sqlite::open_to_serve(&path, &lock).unwrap();
    let (mut world, copy) = (World::new(), path.with_file_name("copy.db"));
    let size = || fs::metadata(&path).unwrap().len();
    for round in 0..3 {
        let before = size();
        while size() < before + (2 << 20) {
            store.commit(&insert(&world.token())).await.unwrap();
        }
        // The writer may still be busy after the last answer.
        store.commit(&insert(&world.token())).await.unwrap();
        fs::copy(&path, &copy).unwrap();
        let rejection = Sqlite::open_beside(&copy).unwrap_err().to_string();
        assert!(rejection.contains("is a database without its log"), "round {round}: {rejection}");
        for beside in ["copy.db", "copy.db-wal", "copy.db-shm"] {
            drop(fs::remove_file(path.with_file_name(beside)));
        }
        behind_its_back(&path).execute("VACUUM INTO ?1", [copy.display().to_string()]).unwrap();
        drop(Sqlite::open_beside(&copy).unwrap());
        fs::remove_file(&copy).unwrap();
    }
    drop(store);
    drop(lock);
    fs::copy(&path, &copy).unwrap();
    drop(Sqlite::open_beside(&copy).unwrap());
}
