//! Revocations succeed, however many others keep writing.

use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::join_all;
use jeton_tests::{jeton::Held, random::wrong_codes};
use serde_json::json;
use tokio::sync::Semaphore;

use crate::{MANY, Two};

/// How often the token is refreshed while the writers run.
const REFRESHES: usize = 4;

/// Tells the writers when to stop, and the story when they have started.
struct Traffic {
    stop: AtomicBool,
    written: Semaphore,
}

impl Traffic {
    fn new() -> Self {
        Self { stop: AtomicBool::new(false), written: Semaphore::new(0) }
    }

    /// Waits until the writers have completed this many more rounds.
    async fn flows(&self, writes: u32) {
        self.written.acquire_many(writes).await.unwrap().forget();
    }
}

/// Changes a token repeatedly until stopped, or until it is gone.
async fn keep_writing(two: &Two, number: usize, token: &Held, traffic: &Traffic) -> u32 {
    let path = format!("/v2/storage/tokens/{}", token.id);
    for round in 0..10_000 {
        if traffic.stop.load(Ordering::SeqCst) {
            return round;
        }
        let edit = json!({"description": format!("{number}, {round}")});
        let answer = two.front(number).put(&path).token(&two.jeton.master).json(&edit).send().await;
        match answer.status.as_u16() {
            200 => traffic.written.add_permits(1),
            409 | 429 => {}
            404 => return round,
            _ => panic!("{}", answer.text()),
        }
    }
    panic!("nobody told the writers to stop");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_refresh_and_then_a_delete_get_through_many_writers() {
    let two = Two::start().await;
    let token = two.jeton.create(&json!({})).await;
    let traffic = Traffic::new();
    let writers = join_all((0..MANY).map(|n| keep_writing(&two, n, &token, &traffic)));
    let story = async {
        let mut refreshed = token.clone();
        for round in 0..REFRESHES {
            traffic.flows(8).await;
            let before = refreshed;
            refreshed = two.front(round).refresh(&before).await;
            assert_eq!(two.other.verify(&before.token).await, 401);
        }
        let path = format!("/v2/storage/tokens/{}", token.id);
        two.other.delete(&path).token(&refreshed.token).send().await.expect(204);
        assert_eq!(two.jeton.verify(&refreshed.token).await, 401);
        traffic.stop.store(true, Ordering::SeqCst);
    };
    let (_, ()) = tokio::join!(writers, story);
    // Among all writes, since the history shows only the newest hundred.
    let path = format!("/v2/storage/tokens/{}/events?limit=10000&q=event:storage.token", token.id);
    for (kind, expected) in [("Refreshed", REFRESHES), ("Deleted", 1)] {
        let events = two.jeton.get(&format!("{path}{kind}")).token(&two.jeton.master).send().await;
        assert_eq!(events.expect(200).json().as_array().unwrap().len(), expected, "{kind}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_lock_gets_through_many_writers() {
    let two = Two::start().await;
    let token = two.jeton.create(&json!({})).await;
    let invitation = two.jeton.share(&token.id, "colleague@example.org").await;
    let traffic = Traffic::new();
    let writers = join_all((0..MANY / 4).map(|n| keep_writing(&two, n, &token, &traffic)));
    let story = async {
        traffic.flows(16).await;
        for code in wrong_codes(&invitation.code).take(5) {
            two.other.type_code(&invitation, &code).await.expect_error(403, "pickup.wrongCode");
        }
        two.jeton.pick_up(&invitation).await.expect_error(410, "pickup.locked");
        traffic.stop.store(true, Ordering::SeqCst);
    };
    let (_, ()) = tokio::join!(writers, story);
    assert_eq!(two.detail(&token).await["shares"], json!([]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn rights_are_narrowed_while_picked_up_copies_refresh_themselves_all_the_time() {
    let two = Two::start().await;
    let token = two.jeton.create(&json!({})).await;
    let path = format!("/v2/storage/tokens/{}", token.id);
    let mut copies = Vec::new();
    for number in 0..8 {
        let invitation = two.jeton.share(&token.id, &format!("colleague{number}@example.org")).await;
        let copy = two.jeton.pick_up(&invitation).await.expect(200).field("token");
        copies.push(Held { id: token.id.clone(), token: copy });
    }
    let traffic = Traffic::new();
    let refreshing = join_all(copies.into_iter().enumerate().map(|(number, mut copy)| {
        let (two, traffic) = (&two, &traffic);
        async move {
            while !traffic.stop.load(Ordering::SeqCst) {
                copy = two.front(number).refresh(&copy).await;
                traffic.written.add_permits(1);
            }
        }
    }));
    let story = async {
        let may = |component: &str, front: usize| {
            let rights = json!({"componentAccess": [component, "e.f"]});
            two.front(front).put(&path).token(&two.jeton.master).json(&rights)
        };
        for round in 0..12 {
            traffic.flows(8).await;
            while may("a.b", round).send().await.status != 200 {}
            traffic.flows(8).await;
            let narrow = json!({"componentAccess": ["e.f"]});
            two.front(round).put(&path).token(&two.jeton.master).json(&narrow).send().await.expect(200);
        }
        traffic.stop.store(true, Ordering::SeqCst);
    };
    let (_, ()) = tokio::join!(refreshing, story);
    assert_eq!(two.detail(&token).await["componentAccess"], json!(["e.f"]));
}
