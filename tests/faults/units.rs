//! The capacity units of calls, which a table is billed for: the same in a large store as in a small one.

use jeton_core::{
    event::{EventRange, Feed, Order},
    id::TokenId,
    store::{CommitStore as _, HistoryStore as _, TokenStore as _, Write},
    token::Token,
};

use crate::scene::*;

/// A page of a list.
const PAGE: usize = 10;

/// The units of each call, in a project with so many tokens, of which one has so many events.
async fn units(tokens: u64, events: u128) -> Vec<(&'static str, f64)> {
    let scene = Scene::new().await;
    for id in 1..=tokens {
        let token = Token { id: TokenId::new(id).unwrap(), ..token(1) };
        let created = commit(1_000_000 + u128::from(id), vec![Write::InsertToken(token)]);
        scene.direct.commit(&created).await.unwrap();
    }
    for n in 0..events {
        scene.direct.append(&event(n, "question"), 1).await.unwrap();
    }
    scene.proxy.meter();
    let Scene { proxy, store, .. } = scene;
    let mut spent = Vec::new();
    let mut note = |call| spent.push((call, proxy.units()));
    store.verify_item(project(), token_id()).await.unwrap().unwrap();
    note("verify");
    store.token(project(), token_id()).await.unwrap().unwrap();
    note("detail");
    assert_eq!(
        store.tokens(project(), None, Order::Ascending, PAGE, usize::MAX).await.unwrap().tokens.len(),
        PAGE
    );
    note("page of tokens");
    let range = EventRange { bytes: usize::MAX, ..EventRange::all(Order::Descending, PAGE) };
    assert_eq!(store.events(&Feed::Token(project(), token_id()), range).await.unwrap().events.len(), PAGE);
    note("page of events");
    let range = EventRange { after: Some(uuid(3)), before: Some(uuid(8)), limit: 1000, ..range };
    assert_eq!(store.events(&Feed::Token(project(), token_id()), range).await.unwrap().events.len(), 4);
    note("range of events");
    store.append(&event(events, "question"), 1).await.unwrap();
    note("append");
    store.append(&about_bucket(events + 1, "question"), 1).await.unwrap();
    note("append about a bucket");
    spent
}

#[tokio::test]
async fn calls_cost_the_same_however_much_there_is() {
    let small = units(12, 12).await;
    assert_eq!(small[0], ("verify", 1.0), "one consistent read of an item below 4 KB");
    assert_eq!(small[5], ("append", 1.0), "one write of an item below 1 KB");
    assert_eq!(small[6], ("append about a bucket", 2.0), "one write for each feed");
    assert!(small.iter().all(|(_, units)| *units > 0.0), "{small:?}");
    assert_eq!(units(240, 600).await, small);
}
