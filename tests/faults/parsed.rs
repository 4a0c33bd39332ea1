//! Parsed verify items that a process keeps: the text is read from the table first, always.

use std::sync::Arc;

use futures_util::future::join_all;
use jeton_core::{
    id::TokenId,
    store::{CommitStore as _, TokenStore as _, Write},
    time::{Day, Timestamp},
    token::{StoredVerifyItem, Token},
};
use jeton_store_dynamodb::DynamoDb;
use jeton_tests::{
    dynamodb,
    fault_proxy::{Fault, FaultProxy, Kind},
    jeton::Jeton,
};
use serde_json::json;

use crate::scene::*;

const VERIFY: &str = "/v2/storage/tokens/verify";

/// Token 9 in version 1, and a process that has read it.
async fn read_once() -> (Scene, DynamoDb, StoredVerifyItem) {
    let scene = Scene::new().await;
    scene.direct.commit(&created()).await.unwrap();
    let shared = scene.shared();
    let first = read(&shared).await.unwrap();
    (scene, shared, first)
}

async fn read(store: &DynamoDb) -> Option<StoredVerifyItem> {
    store.verify_item(project(), token_id()).await.unwrap()
}

/// The version that is seen by a read alone, and by one in a batch.
async fn seen(store: &DynamoDb) -> [Option<u64>; 2] {
    let alone = read(store).await;
    // The first of them may be sent before the others come.
    let ids = [10, 9, 11].map(|id| TokenId::new(id).unwrap());
    let [_, batched, _] = join_all(ids.map(|id| store.verify_item(project(), id))).await.try_into().unwrap();
    [alone, batched.unwrap()].map(|found| found.map(|found: StoredVerifyItem| found.version))
}

fn removal() -> Write {
    Write::RemoveToken { token: token(2), tombstone: token(2).tombstone(Timestamp::from_millis(9)) }
}

#[tokio::test]
async fn each_read_of_an_unchanged_token_is_a_request_and_answered_with_the_same_item() {
    let (scene, shared, first) = read_once().await;
    scene.proxy.forget();
    for _ in 0..3 {
        assert!(Arc::ptr_eq(&first.item, &read(&shared).await.unwrap().item));
    }
    assert_eq!(scene.proxy.count("GetItem", "V#7#9"), 3);
}

#[tokio::test]
async fn what_another_process_changes_or_deletes_is_seen_by_the_next_read_whatever_was_kept() {
    let (scene, shared, _) = read_once().await;
    assert_eq!(seen(&shared).await, [Some(1); 2]);
    scene.direct.commit(&changed()).await.unwrap();
    assert_eq!(seen(&shared).await, [Some(2); 2]);
    scene.direct.commit(&commit(3, vec![removal()])).await.unwrap();
    assert_eq!(seen(&shared).await, [None; 2]);
    assert_eq!((scene.proxy.count("BatchGetItem", "V#7#9"), scene.proxy.count("GetItem", "V#7#9")), (3, 4));
}

#[tokio::test]
async fn what_is_not_in_the_text_is_as_it_was_read() {
    let (scene, shared, first) = read_once().await;
    let day: Day = "2026-01-15".parse().unwrap();
    scene.direct.mark_used(project(), token_id(), day).await.unwrap();
    dynamodb::set(&scene.table, "V#7#9", "V", "shards", 4).await;
    let second = read(&shared).await.unwrap();
    assert!(Arc::ptr_eq(&first.item, &second.item));
    assert_eq!((second.last_used, second.shards), (Some(day), 4));
}

#[tokio::test]
async fn a_text_that_another_program_damaged_or_restored_is_never_replaced_by_the_one_before() {
    let (scene, shared, _) = read_once().await;
    let client = dynamodb::client(&dynamodb::endpoint());
    let put =
        async |item| client.put_item().table_name(&scene.table).set_item(Some(item)).send().await.unwrap();
    let whole = dynamodb::item(&scene.table, "V#7#9", "V").await.unwrap();
    let mut damaged = whole.clone();
    damaged.insert("body".to_owned(), dynamodb::AttributeValue::S("{".to_owned()));
    put(damaged).await;
    assert!(shared.verify_item(project(), token_id()).await.is_err());
    put(whole).await;
    assert_eq!(seen(&shared).await, [Some(1); 2]);
}

#[tokio::test]
async fn a_read_that_fails_is_not_answered_from_what_was_kept() {
    let (scene, shared, _) = read_once().await;
    for operation in ["GetItem", "BatchGetItem"] {
        scene.proxy.inject(Fault::next(operation, Kind::InternalError).always());
    }
    assert!(shared.verify_item(project(), token_id()).await.is_err());
}

#[tokio::test]
async fn each_of_many_tokens_is_answered_with_its_own_item() {
    let scene = Scene::new().await;
    for id in 20..40 {
        let token = Token { id: TokenId::new(id).unwrap(), ..token(1) };
        let created = commit(1_000 + u128::from(id), vec![Write::InsertToken(token)]);
        scene.direct.commit(&created).await.unwrap();
    }
    let shared = scene.shared();
    for _ in 0..2 {
        let ids = (20..40).map(|id| TokenId::new(id).unwrap());
        let found = join_all(ids.map(|id| shared.verify_item(project(), id))).await;
        let found: Vec<u64> = found.into_iter().map(|found| found.unwrap().unwrap().id.number()).collect();
        assert_eq!(found, (20..40).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn a_process_that_keeps_a_token_rejects_each_wrong_secret_and_what_another_process_ends_at_once() {
    let (table, proxy) = (dynamodb::create_table().await, FaultProxy::start().await);
    let open = || Arc::new(proxy.store(&table).shared());
    let jeton = Jeton::start_on(open()).await;
    let other = jeton.front_on(open()).await;
    let held = jeton.create(&json!({})).await;
    let first = jeton.read(&held.token, VERIFY).await;
    assert_eq!(jeton.read(&held.token, VERIFY).await.body, first.body);
    let refreshed = other.refresh(&held).await;
    for _ in 0..2 {
        // The right token, and a secret that is not its own any more.
        assert_eq!((jeton.verify(&held.token).await, jeton.verify(&refreshed.token).await), (401, 200));
    }
    let path = format!("/v2/storage/tokens/{}", held.id);
    let change = json!({"description": "changed", "bucketPermissions": {"in.c-main": "read"}});
    other.put(&path).token(&other.master).json(&change).send().await.expect(200);
    assert_eq!(jeton.read(&refreshed.token, VERIFY).await.json()["description"], "changed");
    other.delete(&path).token(&other.master).send().await.expect(204);
    assert_eq!(jeton.verify(&refreshed.token).await, 401);
}
