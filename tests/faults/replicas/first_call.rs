//! First calls of a function: replicas are made only in a table that was checked.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use futures_util::future::join_all;
use jeton_core::store::{Maintenance as _, Store};
use jeton_service::table_check::TableCheck;
use jeton_tests::dynamodb::AttributeValue;

use super::*;

#[tokio::test]
async fn calls_that_are_throttled_before_the_table_was_checked_give_their_token_no_replicas() {
    let scene = Scene::new().await;
    scene.direct.commit(&created()).await.unwrap();
    let store: Arc<dyn Store> = Arc::new(process(&scene));
    let (check, read) = (TableCheck::of(&store), AtomicUsize::new(0));
    scene.proxy.throttle_until_replicated();
    let held = scene.proxy.hold("GetItem", "META", 0);
    let calls = (0..3).map(|_| {
        check.beside(async {
            let found = store.verify_item(project(), token_id()).await;
            read.fetch_add(1, Ordering::SeqCst);
            found
        })
    });
    let seen = held.meanwhile(async {
        while read.load(Ordering::SeqCst) < 3 {
            tokio::task::yield_now().await;
        }
        (scene.proxy.count("TransactWriteItems", "V#"), stored(&scene).await)
    });
    let (seen, found) = tokio::join!(seen, join_all(calls));
    assert!(found.into_iter().all(|found| found.unwrap().unwrap().unwrap().version == 1));
    assert_eq!(seen, (0, 0), "it writes to a table that may be a copy, or of a layout that it does not know");
    heat(&scene, &process(&scene)).await;
    assert_eq!(stored(&scene).await, REPLICAS, "in a table that was checked it has them");
}

#[tokio::test]
async fn calls_that_are_throttled_at_a_table_that_may_not_be_used_give_their_token_no_replicas() {
    let scene = Scene::new().await;
    scene.direct.commit(&created()).await.unwrap();
    // A copy of another table.
    dynamodb::put_schema(&scene.table, &[("table", AttributeValue::S("another".to_owned()))]).await;
    let store = process(&scene);
    store.begin_unchecked();
    assert!(store.unusable().await.unwrap().is_some());
    scene.proxy.throttle_until_replicated();
    for _ in 0..10 {
        assert!(store.verify_item(project(), token_id()).await.unwrap().is_some());
    }
    assert_eq!((scene.proxy.count("TransactWriteItems", "V#"), stored(&scene).await), (0, 0));
    let checked = process(&scene);
    heat(&scene, &checked).await;
}
