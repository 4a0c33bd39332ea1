//! Reads of a token with replicas: where they go, and what they know.

use std::sync::Arc;

use futures_util::future::join_all;
use jeton_core::{id::TokenId, store::HistoryStore as _, time::Day, token::Token};

use super::*;

#[tokio::test]
async fn reads_of_a_token_with_replicas_are_spread_evenly() {
    let (scene, store) = replicated().await;
    scene.proxy.forget();
    for _ in 0..90 {
        store.verify_item(project(), token_id()).await.unwrap().unwrap();
    }
    assert_eq!(scene.proxy.count("GetItem", "V#7#9"), 90);
    for number in 1..=REPLICAS {
        assert_eq!(scene.proxy.count("GetItem", &format!("V#7#9#{number}")), 10, "{number}");
    }
}

#[tokio::test]
async fn more_reads_than_a_partition_allows_are_throttled_until_the_token_has_replicas_and_then_no_more() {
    let scene = Scene::new().await;
    scene.direct.commit(&created()).await.unwrap();
    let processes = [process(&scene), process(&scene)];
    let read = async |count: usize| {
        let each = (0..count).map(|n| processes[n % 2].verify_item(project(), token_id()));
        join_all(each).await.into_iter().filter(Result::is_err).count()
    };
    scene.proxy.limit(20, 1_000);
    read(100).await;
    assert!(scene.proxy.throttled() > 30, "{}", scene.proxy.throttled());
    assert_eq!(stored(&scene).await, REPLICAS);
    scene.proxy.limit(1_000, 1_000);
    // Both processes read the verify item at some time, and know of the replicas then.
    read(100).await;
    scene.proxy.limit(20, 1_000);
    scene.proxy.forget();
    assert_eq!(read(150).await, 0);
    assert_eq!(scene.proxy.throttled(), 0);
}

#[tokio::test]
async fn a_process_without_the_setting_gives_no_replicas_and_reads_none() {
    let (scene, _) = replicated().await;
    let other = scene.proxy.store(&scene.table);
    scene.proxy.forget();
    assert_eq!(seen(&other).await, [Some(1); ALL_TURNS]);
    assert_eq!(scene.proxy.count("GetItem", "V#7#9#"), 0);
    let (shared, unknown) = (scene.shared(), TokenId::new(10).unwrap());
    for _ in 0..ALL_TURNS {
        let both = [token_id(), unknown].map(|id| shared.verify_item(project(), id));
        assert_eq!(join_all(both).await.into_iter().filter(|found| matches!(found, Ok(Some(_)))).count(), 1);
    }
    assert_eq!(scene.proxy.count("BatchGetItem", "V#7#9"), ALL_TURNS);
    assert_eq!(scene.proxy.count("BatchGetItem", "V#7#9#"), 0);
    scene.direct.commit(&changed()).await.unwrap();
    for _ in 0..5 {
        scene.proxy.inject(Fault::next("GetItem", Kind::Throttle).partition("V#7#9"));
        other.verify_item(project(), token_id()).await.unwrap();
    }
    assert_eq!(stored(&scene).await, 0);
}

#[tokio::test]
async fn a_token_that_was_throttled_twice_gets_no_replicas() {
    let scene = Scene::new().await;
    scene.direct.commit(&created()).await.unwrap();
    let store = process(&scene);
    for _ in 0..2 {
        scene.proxy.inject(Fault::next("GetItem", Kind::Throttle).partition("V#7#9"));
        assert_eq!(store.verify_item(project(), token_id()).await.unwrap().unwrap().version, 1);
    }
    assert_eq!(stored(&scene).await, 0);
}

#[tokio::test]
async fn a_replica_that_a_restored_table_has_in_an_older_version_is_not_used_and_is_repaired() {
    let (scene, store) = replicated().await;
    let older = dynamodb::item(&scene.table, "V#7#9#3", "V").await.unwrap();
    store.commit(&changed()).await.unwrap();
    let client = dynamodb::client(&dynamodb::endpoint());
    client.put_item().table_name(&scene.table).set_item(Some(older)).send().await.unwrap();
    let restored = process(&scene);
    assert_eq!(seen(&restored).await, [Some(2); ALL_TURNS]);
    assert_eq!(versions(&scene).await, [Some(2); REPLICAS as usize]);
}

#[tokio::test]
async fn replicas_that_an_earlier_build_left_behind_are_read_by_nobody_who_reads_the_verify_item() {
    let (scene, _) = replicated().await;
    // As a build does that knows of no replicas.
    dynamodb::set(&scene.table, "V#7#9", "V", "version", 2).await;
    let store = process(&scene);
    scene.proxy.forget();
    seen(&store).await;
    assert_eq!(scene.proxy.count("GetItem", "V#7#9#"), 0);
    store.commit(&commit(3, vec![Write::ReplaceToken(token(3))])).await.unwrap();
    assert_eq!(versions(&scene).await, [Some(3); REPLICAS as usize]);
    assert_eq!(seen(&store).await, [Some(3); ALL_TURNS]);
}

#[tokio::test]
async fn the_day_of_last_use_is_stored_once_and_known_whatever_is_read() {
    let (scene, store) = replicated().await;
    let day: Day = "2026-01-15".parse().unwrap();
    for process in [&store, &process(&scene)] {
        seen(process).await;
        process.mark_used(project(), token_id(), day).await.unwrap();
        for _ in 0..ALL_TURNS {
            let found = process.verify_item(project(), token_id()).await.unwrap().unwrap();
            assert_eq!(found.last_used, Some(day));
        }
    }
    let marks =
        scene.proxy.count("TransactWriteItems", "V#7#9") - scene.proxy.count("TransactWriteItems", "V#7#9#");
    assert_eq!(marks, 1);
}

#[tokio::test]
async fn the_number_of_shards_is_known_whatever_is_read() {
    let (scene, store) = replicated().await;
    scene.proxy.inject(Fault::next("PutItem", Kind::Throttle).partition("P#7#T#9#"));
    store.append(&event(2, "question"), 1).await.unwrap();
    for _ in 0..ALL_TURNS {
        assert_eq!(store.verify_item(project(), token_id()).await.unwrap().unwrap().shards, 2);
    }
}

#[tokio::test]
async fn replicas_of_the_same_text_are_answered_with_one_item_and_of_another_with_that() {
    let (scene, other) = replicated().await;
    let shared = process(&scene).shared();
    let items = async || {
        let mut items = Vec::new();
        for _ in 0..ALL_TURNS {
            items.push(shared.verify_item(project(), token_id()).await.unwrap().unwrap().item);
        }
        items
    };
    for version in [1, 2] {
        scene.proxy.forget();
        let items = items().await;
        assert!(items.iter().all(|item| Arc::ptr_eq(item, &items[0]) && item.version == version));
        assert_eq!(scene.proxy.count("GetItem", "V#7#9"), ALL_TURNS);
        assert!(scene.proxy.count("GetItem", "V#7#9#") > REPLICAS as usize);
        if version == 1 {
            other.commit(&changed()).await.unwrap();
        }
    }
}

#[tokio::test]
async fn batches_read_replicas_too_and_see_every_change() {
    let (scene, _) = replicated().await;
    for id in 20..24 {
        let token = Token { id: TokenId::new(id).unwrap(), ..token(1) };
        let created = commit(1_000 + u128::from(id), vec![Write::InsertToken(token)]);
        scene.direct.commit(&created).await.unwrap();
    }
    let shared = process(&scene).shared();
    let read = async || {
        let ids = [9, 20, 21, 22, 23, 24].map(|id| TokenId::new(id).unwrap());
        let found = join_all(ids.map(|id| shared.verify_item(project(), id))).await;
        found.into_iter().map(|found| found.unwrap().map(|found| found.version)).collect::<Vec<_>>()
    };
    for _ in 0..ALL_TURNS {
        assert_eq!(read().await, [Some(1), Some(1), Some(1), Some(1), Some(1), None]);
    }
    assert!(scene.proxy.partitions("BatchGetItem", "V#7#9#") >= REPLICAS as usize - 1);
    scene.proxy.forget();
    scene.direct.commit(&changed()).await.unwrap();
    for _ in 0..ALL_TURNS {
        assert_eq!(read().await[0], Some(2));
    }
    heat(&scene, &process(&scene)).await;
    read().await;
    scene.direct.commit(&commit(3, vec![removal(2)])).await.unwrap();
    for _ in 0..ALL_TURNS {
        assert_eq!(read().await[0], None);
    }
}
