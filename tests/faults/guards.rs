//! Guards of a token's version: many changes by one token at the same time, and a revocation between them.

use std::{
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::future::join_all;
use jeton_core::{
    event::{Event, first_uuid_at},
    store::{self, Commit, CommitError, CommitStore as _, Revocable, TokenStore as _, Write},
    time::Timestamp,
};
use jeton_store_dynamodb::DynamoDb;
use jeton_tests::{
    dynamodb,
    fault_proxy::{Fault, FaultProxy, Kind},
    jeton::{Held, Jeton},
};
use serde_json::json;
use uuid::Uuid;

use crate::scene::*;

/// The number of connections over which one token makes changes.
const CONNECTIONS: usize = 64;

/// How long a transaction holds its items.
const HOLD: Duration = Duration::from_millis(15);

/// A change by token 9 that leaves the token itself as it is, with the n-th event.
fn change_by_token(n: u128, version: u64) -> Commit {
    change_at(0, n, version)
}

/// The same, so many seconds later.
fn change_at(seconds: i64, n: u128, version: u64) -> Commit {
    let uuid = Uuid::from_u128(first_uuid_at(later(seconds)).as_u128() | n);
    let write = Write::RequireVersion(project(), token_id(), version);
    Commit { writes: vec![write], events: vec![Event { uuid, ..event(1, "system") }] }
}

fn later(seconds: i64) -> Timestamp {
    Timestamp::from_millis(1_700_000_000_000 + 1_000 * seconds)
}

/// Token 9 with guards: two of its changes in a row conflicted.
async fn guarded() -> Scene {
    let conflicts = Fault::next("TransactWriteItems", Kind::Conflict).partition("V#7#9").times(2);
    let scene = Scene::with_token(conflicts).await;
    scene.store.commit(&change_by_token(10, 1)).await.unwrap();
    assert!(has_guards(&scene).await);
    scene
}

/// Whether a change by the token checks a guard.
async fn has_guards(scene: &Scene) -> bool {
    let found = dynamodb::item(&scene.table, "V#7#9", "V").await;
    found.is_some_and(|item| item.contains_key("guardsOf") && item.get("guardsOf") == item.get("version"))
}

/// A store of another process, which knows nothing of the guards.
fn other_process(scene: &Scene) -> DynamoDb {
    scene.proxy.store(&scene.table)
}

#[tokio::test]
async fn one_conflict_gives_a_token_no_guards() {
    let conflict = Fault::next("TransactWriteItems", Kind::Conflict).partition("V#7#9");
    let scene = Scene::with_token(conflict).await;
    scene.store.commit(&change_by_token(10, 1)).await.unwrap();
    assert!(!has_guards(&scene).await);
}

#[tokio::test]
async fn concurrent_changes_by_a_guarded_token_are_all_stored() {
    let scene = guarded().await;
    scene.proxy.conflict(HOLD);
    let changes: Vec<Commit> = (20..20 + CONNECTIONS as u128).map(|n| change_by_token(n, 1)).collect();
    for stored in join_all(changes.iter().map(|change| scene.store.commit(change))).await {
        assert_eq!(stored, Ok(()));
    }
    assert_eq!(scene.history().await.len(), 2 + CONNECTIONS);
}

#[tokio::test]
async fn a_process_that_knows_of_no_guards_changes_the_version_of_all_of_them() {
    let scene = guarded().await;
    other_process(&scene).commit(&changed()).await.unwrap();
    for n in 20..40 {
        let outdated = scene.store.commit(&change_by_token(n, 1)).await;
        assert_eq!(outdated, Err(CommitError::Conflict(0)), "{n}");
    }
    for n in 40..60 {
        scene.store.commit(&change_by_token(n, 2)).await.unwrap();
        other_process(&scene).commit(&change_by_token(n + 100, 2)).await.unwrap();
    }
}

#[tokio::test]
async fn a_removed_token_makes_no_change_by_any_of_its_guards() {
    let scene = guarded().await;
    let tombstone = token(1).tombstone(Timestamp::from_millis(9));
    let removal = Write::RemoveToken { token: token(1), tombstone };
    other_process(&scene).commit(&commit(11, vec![removal])).await.unwrap();
    for n in 20..40 {
        let late = scene.store.commit(&change_by_token(n, 1)).await;
        assert_eq!(late, Err(CommitError::Conflict(0)), "{n}");
    }
}

#[tokio::test]
async fn a_change_of_the_version_whose_answer_is_lost_is_stored_once() {
    let scene = guarded().await;
    for kind in [Kind::LoseAnswer, Kind::LoseRequest] {
        scene.proxy.inject(Fault::next("TransactWriteItems", kind));
    }
    store::commit(&scene.store, &changed()).await.unwrap();
    assert_eq!(scene.version().await, 2);
    scene.store.commit(&change_by_token(20, 2)).await.unwrap();
}

#[tokio::test]
async fn a_reservation_of_a_crashed_process_holds_up_changes_by_a_guarded_token_until_its_time_is_over() {
    let scene = guarded().await;
    assert!(scene.direct.reserve(Revocable::Token(project(), token_id()), later(0)).await.unwrap().is_some());
    scene.store.verify_item(project(), token_id()).await.unwrap();
    assert_eq!(scene.store.commit(&change_by_token(20, 1)).await, Err(CommitError::Conflict(0)));
    assert_eq!(scene.store.commit(&change_at(4, 21, 1)).await, Ok(()));
}

#[tokio::test]
async fn a_guard_that_a_restored_table_has_in_an_older_version_holds_up_nothing_for_long() {
    let scene = guarded().await;
    for number in 0..16 {
        dynamodb::set(&scene.table, "V#7#9", &format!("GUARD#{number:02}"), "version", 0).await;
    }
    scene.store.commit(&change_by_token(20, 1)).await.unwrap();
    scene.store.commit(&changed()).await.unwrap();
    assert_eq!(scene.store.commit(&change_by_token(21, 1)).await, Err(CommitError::Conflict(0)));
}

#[tokio::test]
async fn a_token_that_an_earlier_build_has_changed_has_no_guards_any_more() {
    let scene = guarded().await;
    dynamodb::set(&scene.table, "V#7#9", "V", "version", 2).await;
    assert_eq!(scene.store.commit(&change_by_token(20, 2)).await, Ok(()));
    for n in 30..50 {
        assert_eq!(scene.store.commit(&change_by_token(n, 1)).await, Err(CommitError::Conflict(0)), "{n}");
    }
    let removal = Write::RemoveToken { token: token(2), tombstone: token(2).tombstone(later(1)) };
    assert_eq!(scene.store.commit(&commit(11, vec![removal])).await, Ok(()));
}

#[tokio::test]
async fn a_change_by_a_guarded_token_is_one_request_and_so_is_one_of_it_and_one_after_that() {
    let scene = guarded().await;
    for commit in [change_by_token(20, 1), changed(), change_by_token(21, 2)] {
        scene.proxy.forget();
        scene.store.commit(&commit).await.unwrap();
        assert_eq!(scene.proxy.total(), 1);
    }
}

#[tokio::test]
async fn a_changed_token_has_guards_again_once_its_changes_conflict_again() {
    let scene = guarded().await;
    scene.store.commit(&changed()).await.unwrap();
    assert!(!has_guards(&scene).await);
    let conflicts = Fault::next("TransactWriteItems", Kind::Conflict).partition("V#7#9").times(2);
    scene.proxy.inject(conflicts);
    scene.store.commit(&change_by_token(20, 2)).await.unwrap();
    assert!(has_guards(&scene).await);
    for n in 30..50 {
        assert_eq!(scene.store.commit(&change_by_token(n, 1)).await, Err(CommitError::Conflict(0)), "{n}");
        assert_eq!(other_process(&scene).commit(&change_by_token(n + 20, 2)).await, Ok(()), "{n}");
    }
}

#[tokio::test]
async fn an_ordinary_change_of_a_token_is_stored_while_all_of_its_guards_are_in_use() {
    let scene = guarded().await;
    scene.proxy.conflict(HOLD);
    let stop = AtomicBool::new(false);
    let other = other_process(&scene);
    let changes = join_all((0..2 * CONNECTIONS as u128).map(|number| {
        let (stop, store) = (&stop, [&scene.store, &other][usize::from(number % 2 == 0)]);
        async move {
            for round in 0.. {
                if stop.load(Ordering::SeqCst) {
                    return;
                }
                // As each call does, which is authenticated.
                let version = store.verify_item(project(), token_id()).await.unwrap().unwrap().version;
                let stored = store.commit(&change_by_token(1_000 * (number + 1) + round, version)).await;
                assert!(matches!(stored, Ok(()) | Err(CommitError::Conflict(0))), "{stored:?}");
            }
        }
    }));
    let change = async {
        assert_eq!(scene.store.commit(&changed()).await, Ok(()));
        stop.store(true, Ordering::SeqCst);
    };
    tokio::join!(changes, change);
    assert_eq!(scene.version().await, 2);
}

#[tokio::test]
async fn an_ordinary_change_of_a_token_whose_guards_are_never_free_reserves_it() {
    let scene = guarded().await;
    // Until the token is reserved, some of its guards are in use at each moment.
    scene.proxy.inject(Fault::next("TransactWriteItems", Kind::Conflict).partition("V#7#9").always());
    let reservation = scene.proxy.hold("UpdateItem", "V#7#9", 0);
    let others_wait = async {
        reservation.meanwhile(async { scene.proxy.heal() }).await;
        pending::<()>().await;
    };
    let change = changed();
    let stored =
        tokio::select! { stored = scene.store.commit(&change) => stored, () = others_wait => unreachable!() };
    assert_eq!(stored, Ok(()));
    assert_eq!(scene.version().await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_creates_tokens_over_many_connections_at_once() {
    const EACH: usize = 2;
    let (table, proxy) = (dynamodb::create_table().await, FaultProxy::start().await);
    let jeton = Jeton::start_on(Arc::new(proxy.store(&table))).await;
    // So long that as many come meanwhile as the table admits, on a slow machine too.
    proxy.conflict(Duration::from_millis(200));
    let creating = (0..CONNECTIONS).map(|number| {
        let jeton = &jeton;
        async move {
            for round in 0..EACH {
                let body = json!({"description": format!("{number}, {round}")});
                jeton.post("/v2/storage/tokens").token(&jeton.master).json(&body).send().await.expect(201);
            }
        }
    });
    join_all(creating).await;
    let most = proxy.most_in_progress();
    assert!(most >= 8, "{most} transactions at a time");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_disabled_while_it_creates_tokens_over_many_connections() {
    let (table, proxy) = (dynamodb::create_table().await, FaultProxy::start().await);
    let jeton = Jeton::start_on(Arc::new(proxy.store(&table))).await;
    let other = jeton.front_on(Arc::new(proxy.store(&table))).await;
    proxy.conflict(HOLD);
    let token: Held = jeton.create_manager(json!({})).await;
    let (disabled, created) = (AtomicBool::new(false), AtomicUsize::new(0));
    let creating = (0..CONNECTIONS).map(|number| {
        let (front, disabled, created, token) = ([&jeton, &other][number % 2], &disabled, &created, &token);
        async move {
            loop {
                let is_late = disabled.load(Ordering::SeqCst);
                let body = json!({"description": "x"});
                let answer = front.post("/v2/storage/tokens").token(&token.token).json(&body).send().await;
                match answer.status.as_u16() {
                    201 => {
                        assert!(!is_late, "a disabled token created another one");
                        created.fetch_add(1, Ordering::SeqCst);
                    }
                    401 => return,
                    409 | 503 => {}
                    status => panic!("{status}"),
                }
            }
        }
    });
    let disabling = async {
        while created.load(Ordering::SeqCst) < 3 * CONNECTIONS {
            tokio::task::yield_now().await;
        }
        let path = format!("/v2/storage/tokens/{}", token.id);
        let edit = json!({"isDisabled": true});
        jeton.put(&path).token(&jeton.master).json(&edit).send().await.expect(200);
        disabled.store(true, Ordering::SeqCst);
        assert_eq!(jeton.verify(&token.token).await, 401);
    };
    tokio::join!(join_all(creating), disabling);
}
