//! Many refresh one token concurrently.

use std::sync::{
    Mutex,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use jeton_tests::jeton::{Held, Jeton};
use serde_json::json;

use crate::{MANY, Two, answered, at_once, expect_only};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_self_refreshes_one_wins_and_the_others_are_told_that_they_lost() {
    let two = Two::start().await;
    let token = two.jeton.create(&json!({})).await;
    let path = format!("/v2/storage/tokens/{}/refresh", token.id);
    let answers = at_once(MANY, |n| two.front(n).post(&path).token(&token.token).send()).await;
    expect_only(&answers, &[200, 401, 409]);
    let [won] = answered(&answers, 200)[..] else { panic!("one of them wins: {answers:?}") };
    assert_eq!(two.other.verify(&won.field("token")).await, 200);
    assert_eq!(two.other.verify(&token.token).await, 401);
    assert_eq!(two.detail(&token).await["copies"].as_array().unwrap().len(), 1);
    assert_eq!(two.count_events(&token, "storage.tokenRefreshed").await, 1);
}

/// A manager's own copy stays one, so a late call refreshes the copy of an earlier one: several may win, one
/// after the other, and the last of them has the one current copy.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_refreshes_by_a_manager_one_leaves_the_current_copy() {
    let two = Two::start().await;
    let token = two.jeton.create(&json!({})).await;
    let path = format!("/v2/storage/tokens/{}/refresh", token.id);
    let answers = at_once(MANY, |n| two.front(n).post(&path).token(&two.jeton.master).send()).await;
    expect_only(&answers, &[200, 409]);
    let won = answered(&answers, 200);
    let mut current = 0;
    for answer in &won {
        current += usize::from(two.jeton.verify(&answer.field("token")).await == 200);
    }
    assert_eq!(current, 1, "of {} new copies one is current", won.len());
    assert_eq!(two.detail(&token).await["copies"].as_array().unwrap().len(), 1);
    assert_eq!(two.count_events(&token, "storage.tokenRefreshed").await, won.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_first_uses_of_a_copy_one_ends_the_older_ones_and_none_is_answered_before() {
    let two = Two::start().await;
    let old = two.jeton.create(&json!({})).await;
    let path = format!("/v2/storage/tokens/{}/refresh", old.id);
    let wish = json!({"keepOldUntilUsed": true});
    let new = two.jeton.post(&path).token(&two.jeton.master).json(&wish).send().await.expect(200);
    let new = new.field("token");
    let answers = at_once(MANY, |n| {
        let (front, new, old) = (two.front(n), &new, &old.token);
        async move { (front.verify(new).await, front.verify(old).await) }
    });
    assert!(answers.await.iter().all(|both| *both == (200, 401)));
    assert_eq!(two.count_events(&old, "storage.tokenOldCopiesEnded").await, 1);
}

/// The shared secret of all workers of a service.
struct Vault(Mutex<String>);

impl Vault {
    fn read(&self) -> String {
        self.0.lock().unwrap().clone()
    }

    fn write(&self, secret: String) {
        *self.0.lock().unwrap() = secret;
    }
}

/// Reports an event, as docs/reference/api.md says for replicas with a shared secret: after an error for a
/// replaced copy, it reads the secret again.
async fn report(front: &Jeton, vault: &Vault) -> usize {
    let mut retries = 0;
    let event = json!({"component": "worker", "message": "done"});
    loop {
        let secret = vault.read();
        let answer = front.post("/v2/storage/events").token(&secret).json(&event).send().await;
        if answer.status == 201 {
            return retries;
        }
        answer.expect_error(401, "storage.tokenSuperseded");
        assert_ne!(vault.read(), secret, "there is a newer one");
        retries += 1;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn several_workers_lose_no_call_while_their_token_is_rotated() {
    const ROTATIONS: usize = 10;
    const BETWEEN: usize = 20;
    let two = Two::start().await;
    let held = two.jeton.create(&json!({})).await;
    let (vault, over, made) =
        (Vault(Mutex::new(held.token.clone())), AtomicBool::new(false), AtomicUsize::new(0));
    let refresh = format!("/v2/storage/tokens/{}/refresh", held.id);
    let rotate = async {
        for rotation in 0..ROTATIONS {
            while made.load(Ordering::SeqCst) < rotation * BETWEEN {
                tokio::task::yield_now().await;
            }
            let wish = json!({"keepOldUntilUsed": true});
            let call = two.other.post(&refresh).token(&vault.read()).json(&wish);
            vault.write(Held::from(&call.send().await.expect(200)).token);
        }
        over.store(true, Ordering::SeqCst);
    };
    let work = at_once(6, |n| {
        let (front, vault, over, made) = (two.front(n), &vault, &over, &made);
        async move {
            while !over.load(Ordering::SeqCst) {
                report(front, vault).await;
                made.fetch_add(1, Ordering::SeqCst);
            }
        }
    });
    tokio::join!(rotate, work);
    let events = format!("/v2/storage/tokens/{}/events?limit=10000&q=event:ext.worker.", held.id);
    let events = two.jeton.events(&two.jeton.master, &events).await;
    assert_eq!(events.len(), made.load(Ordering::SeqCst), "each call is there, once");
    assert_eq!(two.jeton.verify(&vault.read()).await, 200);
    assert_eq!(two.detail(&held).await["copies"].as_array().unwrap().len(), 1);
}
