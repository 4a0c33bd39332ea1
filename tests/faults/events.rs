//! Events without another change.

use futures_util::{StreamExt as _, future::join_all, stream};
use jeton_core::{
    event::{Event, EventRange, Feed, Order},
    store::{CommitStore as _, HistoryStore as _, TokenStore as _, Write},
    time::Timestamp,
};
use jeton_tests::fault_proxy::{Fault, Kind};
use serde_json::json;
use uuid::Uuid;

use crate::scene::*;

#[tokio::test]
async fn an_appended_event_is_there_once_whatever_is_lost_on_the_way() {
    for kind in [Kind::LoseAnswer, Kind::LoseRequest, Kind::InternalError, Kind::Conflict] {
        for (operation, origin) in [("PutItem", "question"), ("TransactWriteItems", "posted")] {
            let scene = Scene::with_token(Fault::next(operation, kind).times(2)).await;
            assert_eq!(scene.store.append(&event(2, origin), 1).await, Ok(()), "{kind:?} of {operation}");
            assert_eq!(scene.history().await, [uuid(2), uuid(1)]);
        }
    }
}

#[tokio::test]
async fn a_hot_token_gets_more_shards_and_its_history_stays_whole_and_in_order() {
    for (operation, origin) in [("PutItem", "question"), ("TransactWriteItems", "posted")] {
        let each_takes_ten = Fault::next(operation, Kind::Throttle).partition("P#7#T#9#").after(10).always();
        let scene = Scene::with_token(each_takes_ten).await;
        let events: Vec<_> = (2..62).map(|n| event(n, origin)).collect();
        for outcome in join_all(events.iter().map(|event| scene.store.append(event, 1))).await {
            assert_eq!(outcome, Ok(()));
        }
        let shards = scene.direct.verify_item(project(), token_id()).await.unwrap().unwrap().shards;
        assert!(shards.is_power_of_two() && (8..=64).contains(&shards), "{shards}");
        let newest_first: Vec<_> = (1..62).rev().map(uuid).collect();
        assert_eq!(scene.history().await, newest_first);
        assert_eq!(scene.history_in(Order::Descending, None, 7).await, newest_first[..7]);
        let middle = scene.history_in(Order::Ascending, Some(uuid(20)), 20).await;
        assert_eq!(middle, (21..41).map(uuid).collect::<Vec<_>>());
        for n in 1..62 {
            let found = scene.direct.event(&Feed::Token(project(), token_id()), uuid(n)).await.unwrap();
            assert!(found.is_some(), "event {n}");
        }
    }
}

/// 40 questions at once, on partitions that take a five-hundredth of the real ones: as 20,000 a second.
#[tokio::test]
async fn a_hot_bucket_gets_more_shards_and_its_history_stays_whole_and_in_order() {
    let scene = Scene::new().await;
    scene.direct.commit(&created()).await.unwrap();
    scene.proxy.limit(1000, 2);
    let events: Vec<_> = (2..42).map(|n| about_bucket(n, "question")).collect();
    for outcome in join_all(events.iter().map(|event| scene.store.append(event, 1))).await {
        assert_eq!(outcome, Ok(()));
    }
    let written = scene.proxy.partitions("PutItem", "P#7#O#");
    assert!((16..=64).contains(&written), "{written} shards");
    let newest_first: Vec<_> = (2..42).rev().map(uuid).collect();
    let all = scene.feed_in(&bucket(), Order::Descending, None, 10_000).await;
    assert_eq!(all, newest_first);
    assert_eq!(scene.history_in(Order::Descending, None, 40).await, newest_first);
    let middle = scene.feed_in(&bucket(), Order::Ascending, Some(uuid(20)), 20).await;
    assert_eq!(middle, (21..41).map(uuid).collect::<Vec<_>>());
    for n in 2..42 {
        assert!(scene.direct.event(&bucket(), uuid(n)).await.unwrap().is_some(), "event {n}");
    }
    // Another process learns of them when it is throttled, and raises nothing that it does not know.
    let before = scene.proxy.count("UpdateItem", "P#7");
    scene.proxy.inject(Fault::next("PutItem", Kind::Throttle).partition("P#7#O#"));
    let other = scene.proxy.store(&scene.table);
    assert_eq!(other.append(&about_bucket(109, "question"), 1).await, Ok(()));
    assert!(scene.proxy.count("UpdateItem", "P#7") > before);
    assert_eq!(scene.feed_in(&bucket(), Order::Descending, None, 1).await, [uuid(109)]);
}

/// On partitions with the limit of the real table, in seconds that last for 10,000 questions.
#[tokio::test]
async fn ten_thousand_questions_a_second_about_one_bucket_are_answered_and_soon_none_is_throttled() {
    let scene = Scene::new().await;
    scene.proxy.limit_at_rate(3000, 1000, "P#7#O#", 10_000);
    let store = scene.shared();
    let mut throttled = Vec::new();
    for second in 0..3 {
        scene.proxy.forget();
        let questions = (1..=10_000).map(|n| question(second * 10_000 + n));
        let answers = stream::iter(questions).map(|event| async { store.append(&{ event }, 1).await });
        let answers: Vec<_> = answers.buffer_unordered(256).collect().await;
        let refused: Vec<_> = answers.into_iter().filter_map(Result::err).collect();
        assert_eq!(refused, [], "in second {second}");
        throttled.push(scene.proxy.throttled());
    }
    assert!(
        throttled[0] + throttled[1] > 0 && throttled[2] == 0,
        "{throttled:?} requests of each second were throttled"
    );
    let written = scene.proxy.partitions("BatchWriteItem", "P#7#O#");
    assert!((16..=64).contains(&written), "{written} shards");
}

/// A question by one of a hundred tokens, with last bits that spread it over shards as random ones would.
fn question(n: u128) -> Event {
    let spread = (n * 0x9E37_79B9_7F4A_7C15) >> 40 & 0xffff;
    let uuid = Uuid::from_u128(uuid(n).as_u128() & !0xffff | spread);
    Event { uuid, by: from(json!({"token": 100 + n % 100, "name": "x"})), ..about_bucket(n, "question") }
}

#[tokio::test]
async fn a_question_about_a_bucket_is_in_no_transaction_and_a_posted_event_is_in_all_of_its_feeds_or_in_none()
{
    let lost = |operation| Fault::next(operation, Kind::LoseRequest).partition("P#7#O#").times(3);
    let scene = Scene::with_token(lost("PutItem")).await;
    assert!(scene.store.append(&about_bucket(2, "question"), 1).await.is_err());
    assert_eq!(scene.store.append(&about_bucket(3, "question"), 1).await, Ok(()));
    assert_eq!(scene.proxy.count("TransactWriteItems", ""), 0);
    assert_eq!(scene.history().await, [uuid(3), uuid(2), uuid(1)]);
    assert_eq!(scene.feed_in(&bucket(), Order::Descending, None, 9).await, [uuid(3)]);
    scene.proxy.inject(lost("TransactWriteItems"));
    assert!(scene.store.append(&about_bucket(4, "posted"), 1).await.is_err());
    assert_eq!(scene.history().await, [uuid(3), uuid(2), uuid(1)]);
}

#[tokio::test]
async fn an_event_whose_lost_answer_and_second_sending_meet_different_shards_is_read_once() {
    let scene = Scene::with_token(Fault::next("PutItem", Kind::LoseAnswer)).await;
    scene.proxy.inject(Fault::next("PutItem", Kind::Throttle));
    scene.store.append(&event(3, "question"), 1).await.unwrap();
    let shards = scene.direct.verify_item(project(), token_id()).await.unwrap().unwrap().shards;
    assert_eq!(shards, 2);
    assert_eq!(scene.history().await, [uuid(3), uuid(1)]);
}

#[tokio::test]
async fn the_number_of_shards_survives_changes_and_the_deletion_of_the_token() {
    let scene = Scene::with_token(Fault::next("PutItem", Kind::Throttle)).await;
    scene.store.append(&event(3, "question"), 1).await.unwrap();
    scene.store.commit(&changed()).await.unwrap();
    assert_eq!(scene.direct.verify_item(project(), token_id()).await.unwrap().unwrap().shards, 2);
    let tombstone = token(2).tombstone(Timestamp::from_millis(9));
    scene.store.commit(&commit(4, vec![Write::RemoveToken { token: token(2), tombstone }])).await.unwrap();
    assert!(scene.direct.verify_item(project(), token_id()).await.unwrap().is_none());
    assert_eq!(scene.history().await, [4, 3, 2, 1].map(uuid));
}

#[tokio::test]
async fn the_feed_of_a_project_is_one_list_in_order_page_by_page() {
    // First spread over all eight partitions, then all in one of them.
    for step in [1, 8] {
        let scene = Scene::new().await;
        let events: Vec<_> = (1..=50).map(|n| event(n * step, "posted")).collect();
        join_all(events.iter().map(|event| scene.store.append(event, 1))).await;
        let newest_first: Vec<_> = (1..=50).rev().map(|n| uuid(n * step)).collect();
        for limit in [7, 45] {
            let (mut before, mut seen) = (None, Vec::new());
            loop {
                let range =
                    EventRange { before, bytes: usize::MAX, ..EventRange::all(Order::Descending, limit) };
                let page = scene.direct.events(&Feed::Project(project()), range).await.unwrap().events;
                assert_eq!(page.len(), limit.min(50 - seen.len()));
                let Some(last) = page.last() else { break };
                before = Some(last.uuid);
                seen.extend(page.iter().map(|event| event.uuid));
            }
            assert_eq!(seen, newest_first);
        }
    }
}
