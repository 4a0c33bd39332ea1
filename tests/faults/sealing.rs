//! Sealing on a table: answers that are lost.

use std::{fs, sync::Arc};

use jeton_core::store::{HistoryStore as _, Store};
use jeton_service::history::{AnchorPlace, SealKey, Sealer};
use jeton_tests::{
    dynamodb,
    fault_proxy::{Fault, FaultProxy, Kind},
    jeton::Jeton,
    store::fresh_folder,
};
use serde_json::json;

const KEY: &str = "4f8f0f4d1b4c9e6a6c5b2f7d5a1e3c9b8d7f6e5a4b3c2d1e0f9a8b7c6d5e4f30";

const DAY: i64 = 86_400;

fn key() -> Arc<SealKey> {
    Arc::new(SealKey::parse(KEY).unwrap())
}

/// A token that has done something today, and a quarter of an hour after midnight.
async fn day_that_is_over() -> (FaultProxy, String, Jeton) {
    let (table, proxy) = (dynamodb::create_table().await, FaultProxy::start().await);
    let jeton = Jeton::start_on(Arc::new(dynamodb::table_at(&dynamodb::endpoint(), &table))).await;
    let held = jeton.create(&json!({"description": "writes"})).await;
    let event = json!({"component": "acme.importer", "message": "one"});
    jeton.post("/v2/storage/events").token(&held.token).json(&event).send().await.expect(201);
    jeton.pass_seconds(DAY / 2 + 900);
    (proxy, table, jeton)
}

#[tokio::test]
async fn the_anchor_of_a_head_whose_answer_was_lost_is_delivered_by_the_next_run() {
    let (proxy, table, jeton) = day_that_is_over().await;
    let (anchors, store) = (fresh_folder().join("anchors"), proxy.store(&table));
    let sealer = Sealer::new(key(), Some(AnchorPlace::File(anchors.clone())));
    let run =
        async || sealer.seal(&store as &dyn Store, jeton.app.clock.now(), jeton.app.clock.passed()).await;
    assert_eq!(run().await.days, 1);
    jeton.pass_seconds(DAY);
    let heads = format!("P#{}#HEADS", jeton.project);
    proxy.inject(Fault::next("PutItem", Kind::LoseAnswer).partition(heads).always());
    assert_eq!(run().await.failed, 1);
    proxy.heal();
    jeton.pass_seconds(60);
    let outcome = run().await;
    assert_eq!((outcome.failed, outcome.undelivered), (0, 0));
    let head = store.last_head(jeton.project).await.unwrap().unwrap();
    assert_eq!(head.head.day.to_string(), "2026-01-16", "it was stored");
    let delivered = fs::read_to_string(&anchors).unwrap();
    assert!(delivered.contains(&head.head.digest().to_string()), "{delivered}");
}
