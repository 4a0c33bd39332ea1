//! Batches: concurrent requests are sent together, with the same results as alone.

use futures_util::future::join_all;
use jeton_core::{
    event::{EventRange, Feed, Order},
    id::TokenId,
    store::{CommitStore as _, HistoryStore as _, TokenStore as _, Write},
    token::Token,
};
use jeton_store_dynamodb::DynamoDb;
use jeton_tests::fault_proxy::{Fault, Kind};

use crate::scene::*;

/// The number of concurrent callers.
const CALLERS: u128 = 60;

fn token_of(id: u64) -> Token {
    Token { id: TokenId::new(id).unwrap(), ..token(1) }
}

async fn with_tokens(ids: std::ops::Range<u64>) -> Scene {
    let scene = Scene::new().await;
    for id in ids {
        let created = commit(1000 + u128::from(id), vec![Write::InsertToken(token_of(id))]);
        scene.direct.commit(&created).await.unwrap();
    }
    scene
}

/// The tokens found when all of these are requested concurrently.
async fn found(store: &DynamoDb, ids: impl Iterator<Item = u64>) -> Vec<Option<u64>> {
    let ask = async |id| store.verify_item(project(), TokenId::new(id).unwrap()).await.unwrap();
    join_all(ids.map(ask)).await.into_iter().map(|item| item.map(|item| item.id.number())).collect()
}

/// The question events of token 9, all stored concurrently.
async fn append_all(scene: &Scene, shared: &DynamoDb) {
    let events: Vec<_> = (2..2 + CALLERS).map(|n| event(n, "question")).collect();
    for outcome in join_all(events.iter().map(|event| shared.append(event, 1))).await {
        assert_eq!(outcome, Ok(()));
    }
    let newest_first: Vec<_> = (1..2 + CALLERS).rev().map(uuid).collect();
    assert_eq!(scene.history().await, newest_first);
}

#[tokio::test]
async fn many_reads_are_few_requests_and_each_gets_its_own() {
    let scene = with_tokens(1..31).await;
    // The other 30 do not exist.
    let found = found(&scene.shared(), 1..61).await;
    assert_eq!(found, (1..61).map(|id| (id < 31).then_some(id)).collect::<Vec<_>>());
    assert_eq!((scene.proxy.count("GetItem", ""), scene.proxy.count("BatchGetItem", "")), (0, 1));
}

#[tokio::test]
async fn a_token_that_many_ask_for_at_once_is_read_once() {
    let scene = with_tokens(9..10).await;
    let ids = std::iter::repeat_n(9, 64);
    assert_eq!(found(&scene.shared(), ids).await, [Some(9); 64]);
    assert_eq!((scene.proxy.count("GetItem", ""), scene.proxy.total()), (1, 1));
}

#[tokio::test]
async fn what_a_shared_read_does_not_bring_is_read_alone() {
    for fault in [
        Fault::next("BatchGetItem", Kind::Throttle).partition("V#7#12"),
        Fault::next("BatchGetItem", Kind::Throttle),
        Fault::next("BatchGetItem", Kind::InternalError),
        Fault::next("BatchGetItem", Kind::LoseAnswer),
    ] {
        let scene = with_tokens(10..20).await;
        scene.proxy.inject(fault.clone());
        let expected: Vec<_> = (10..20).map(Some).collect();
        assert_eq!(found(&scene.shared(), 10..20).await, expected, "{fault:?}");
    }
}

#[tokio::test]
async fn a_shared_read_that_fails_for_good_is_not_an_unknown_token() {
    let scene = with_tokens(10..20).await;
    for operation in ["GetItem", "BatchGetItem"] {
        scene.proxy.inject(Fault::next(operation, Kind::InternalError).always());
    }
    let shared = scene.shared();
    let ask = |id| shared.verify_item(project(), TokenId::new(id).unwrap());
    assert!(join_all((10..20).map(ask)).await.iter().all(Result::is_err));
}

#[tokio::test]
async fn many_events_are_few_requests() {
    let scene = Scene::new().await;
    scene.direct.commit(&created()).await.unwrap();
    append_all(&scene, &scene.shared()).await;
    let full = 25;
    assert_eq!(scene.proxy.count("PutItem", ""), 0);
    assert_eq!(scene.proxy.count("BatchWriteItem", "") as u128, CALLERS.div_ceil(full));
}

#[tokio::test]
async fn events_are_stored_once_whatever_becomes_of_the_request_they_share() {
    for kind in [Kind::Throttle, Kind::InternalError, Kind::LoseRequest, Kind::LoseAnswer] {
        let scene = Scene::with_token(Fault::next("BatchWriteItem", kind).times(2)).await;
        append_all(&scene, &scene.shared()).await;
    }
}

#[tokio::test]
async fn a_hot_token_is_spread_over_more_shards_by_what_its_batches_leave_undone() {
    let scene = Scene::new().await;
    scene.direct.commit(&created()).await.unwrap();
    for (operation, takes) in [("BatchWriteItem", 0), ("PutItem", 10)] {
        let throttled = Fault::next(operation, Kind::Throttle).partition("P#7#T#9#");
        scene.proxy.inject(throttled.after(takes).always());
    }
    append_all(&scene, &scene.shared()).await;
    let shards = scene.direct.verify_item(project(), token_id()).await.unwrap().unwrap().shards;
    assert!(shards.is_power_of_two() && shards >= 4, "{shards}");
}

#[tokio::test]
async fn one_token_that_cannot_keep_up_holds_up_no_other() {
    let scene = with_tokens(9..11).await;
    let hot = Fault::next("BatchWriteItem", Kind::Throttle).partition("P#7#T#9#").always();
    scene.proxy.inject(hot);
    let shared = scene.shared();
    let events: Vec<_> = (2..2 + CALLERS)
        .map(|n| {
            let mut event = event(n, "question");
            event.by.token = TokenId::new(9 + u64::try_from(n % 2).unwrap());
            event
        })
        .collect();
    for outcome in join_all(events.iter().map(|event| shared.append(event, 1))).await {
        assert_eq!(outcome, Ok(()));
    }
    for id in [9, 10] {
        let range = EventRange { bytes: usize::MAX, ..EventRange::all(Order::Ascending, 100) };
        let feed = Feed::Token(project(), TokenId::new(id).unwrap());
        let asked = scene.direct.events(&feed, range).await.unwrap().events;
        assert_eq!(asked.iter().filter(|event| event.uuid < uuid(100)).count(), 30, "token {id}");
    }
    // Unprocessed items were sent alone; of the other token only those with a free slot.
    assert!(scene.proxy.count("PutItem", "P#7#T#10#") <= 1);
}

#[tokio::test]
async fn a_read_that_is_shared_starts_after_each_of_those_who_share_it_came() {
    let scene = with_tokens(9..10).await;
    // Both slots are taken by reads that began before the change, and are held until the others are answered.
    let [first, second] = [(); 2].map(|()| scene.proxy.hold("GetItem", "V#7#9", 0));
    let shared = scene.shared();
    let read = async || shared.verify_item(project(), token_id()).await.unwrap().unwrap().version;
    let changed_then_asked = async {
        scene.direct.commit(&changed()).await.unwrap();
        join_all((0..8).map(|_| read())).await
    };
    let others = async { tokio::join!(read(), second.meanwhile(changed_then_asked)).1 };
    let (_, after) = tokio::join!(read(), first.meanwhile(others));
    assert_eq!(after, [2; 8]);
}

#[tokio::test]
async fn a_busy_token_gets_shards_until_its_partitions_keep_up() {
    let scene = Scene::new().await;
    scene.direct.commit(&created()).await.unwrap();
    // A batch of 25 fits into none of them.
    scene.proxy.limit(1000, 8);
    append_all(&scene, &scene.shared()).await;
    let item = scene.direct.verify_item(project(), token_id()).await.unwrap().unwrap();
    assert!(item.shards > 1, "{} shards", item.shards);
}
