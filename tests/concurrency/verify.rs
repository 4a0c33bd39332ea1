//! A verify that starts after the answer to a change never sees the state before it.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use futures_util::future::join_all;
use jeton_tests::jeton::Held;
use serde_json::json;

use crate::Two;

/// How often rights change, and how often the token is refreshed.
const ROUNDS: u64 = 40;

const VERIFIERS: usize = 16;

/// The answers of the writer so far, in order. The numbers only grow, so a reader that reads one before its
/// call knows the oldest state that is allowed.
#[derive(Default)]
struct Told {
    rights: AtomicU64,
    refreshes: AtomicU64,
    done: AtomicBool,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn rights_that_were_replaced_are_never_seen_again() {
    let two = Two::start().await;
    let token = two.jeton.create(&json!({"description": "0"})).await;
    let path = format!("/v2/storage/tokens/{}", token.id);
    let told = Told::default();
    let writer = async {
        for round in 1..=ROUNDS {
            let rights =
                json!({"description": round.to_string(), "componentAccess": [format!("it.{round}")]});
            let front = two.front(usize::try_from(round).unwrap());
            front.put(&path).token(&two.jeton.master).json(&rights).send().await.expect(200);
            told.rights.store(round, Ordering::SeqCst);
        }
        two.jeton.delete(&path).token(&two.jeton.master).send().await.expect(204);
        told.done.store(true, Ordering::SeqCst);
    };
    let verifiers = (0..VERIFIERS).map(|n| {
        let (front, told, token) = (two.front(n), &told, &token.token);
        async move {
            let mut verified = 0_u64;
            loop {
                // Answered before the call starts.
                let (deleted, least) = (told.done.load(Ordering::SeqCst), told.rights.load(Ordering::SeqCst));
                let answer = front.get("/v2/storage/tokens/verify").token(token).send().await;
                if deleted {
                    answer.expect_error(401, "storage.tokenInvalid");
                    return verified;
                }
                if answer.status != 200 {
                    // The deletion is in progress and was not answered yet.
                    answer.expect_error(401, "storage.tokenInvalid");
                    continue;
                }
                let who = answer.json();
                let seen: u64 = who["description"].as_str().unwrap().parse().unwrap();
                assert!(seen >= least, "saw {seen} after {least} had been answered");
                let rights = if seen > 0 { json!([format!("it.{seen}")]) } else { json!(null) };
                assert_eq!(who["componentAccess"], rights, "description and rights come from one state");
                verified += 1;
            }
        }
    });
    let ((), verified) = tokio::join!(writer, join_all(verifiers));
    assert!(verified.iter().sum::<u64>() > ROUNDS, "there was something to see");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_copy_that_was_refreshed_away_never_opens_the_token_again() {
    let two = Two::start().await;
    let first = two.jeton.create(&json!({})).await;
    // The secret of each refresh in turn; a writer that has stored it here counts it in `told`.
    let strings: Vec<_> = (0..=ROUNDS).map(|_| tokio::sync::OnceCell::new()).collect();
    strings[0].set(first.token.clone()).unwrap();
    let told = Told::default();
    let at = |round: u64| &strings[usize::try_from(round).unwrap()];
    let writer = async {
        let mut held = first.clone();
        for round in 1..=ROUNDS {
            held = two.front(usize::try_from(round).unwrap()).refresh(&held).await;
            at(round).set(held.token.clone()).unwrap();
            told.refreshes.store(round, Ordering::SeqCst);
        }
        told.done.store(true, Ordering::SeqCst);
        held
    };
    let verifiers = (0..VERIFIERS).map(|n| {
        let (front, told, at) = (two.front(n), &told, &at);
        async move {
            loop {
                let done = told.done.load(Ordering::SeqCst);
                let current = told.refreshes.load(Ordering::SeqCst);
                // Most use the copy before the current one; some the oldest of all.
                let old = if n.is_multiple_of(4) { 0 } else { current.saturating_sub(1) };
                let status = front.verify(at(old).get().unwrap()).await;
                assert!(old == current || status == 401, "copy {old} opened after refresh {current}");
                if done {
                    return;
                }
            }
        }
    });
    let (last, _): (Held, _) = tokio::join!(writer, join_all(verifiers));
    assert_eq!(two.other.verify(&last.token).await, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_disabled_token_is_not_accepted_and_an_enabled_one_always_is() {
    let two = Two::start().await;
    let token = two.jeton.create(&json!({})).await;
    let path = format!("/v2/storage/tokens/{}", token.id);
    // Four steps a round: it is enabled; it is being disabled; it is disabled; it is being enabled.
    let step = AtomicU64::new(0);
    let seen = [AtomicU64::new(0), AtomicU64::new(0)];
    let done = AtomicBool::new(false);
    let writer = async {
        for round in 0..ROUNDS {
            for (off, way) in [(true, 0), (false, 1)] {
                let before = seen[way].load(Ordering::SeqCst);
                while seen[way].load(Ordering::SeqCst) == before {
                    tokio::task::yield_now().await;
                }
                step.fetch_add(1, Ordering::SeqCst);
                let front = two.front(usize::try_from(round).unwrap());
                let change = json!({"isDisabled": off});
                front.put(&path).token(&two.jeton.master).json(&change).send().await.expect(200);
                step.fetch_add(1, Ordering::SeqCst);
            }
        }
        done.store(true, Ordering::SeqCst);
    };
    let verifiers = (0..VERIFIERS).map(|n| {
        let (front, step, seen, done, token) = (two.front(n), &step, &seen, &done, &token.token);
        async move {
            while !done.load(Ordering::SeqCst) {
                let before = step.load(Ordering::SeqCst);
                let status = front.verify(token).await;
                if step.load(Ordering::SeqCst) != before {
                    continue;
                }
                match before % 4 {
                    0 => assert_eq!(status, 200),
                    2 => assert_eq!(status, 401),
                    _ => continue,
                }
                seen[usize::from(before % 4 == 2)].fetch_add(1, Ordering::SeqCst);
            }
        }
    });
    tokio::join!(writer, join_all(verifiers));
}
