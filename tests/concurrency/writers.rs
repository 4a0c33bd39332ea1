//! Taking rights away gets through, however many others keep writing.

use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::join_all;
use jeton_tests::jeton::Held;
use serde_json::json;

use crate::{MANY, Two};

/// Changes a token over and over until told to stop, or until it is gone.
async fn keep_writing(two: &Two, number: usize, token: &Held, stop: &AtomicBool) -> u32 {
    let path = format!("/v2/storage/tokens/{}", token.id);
    for round in 0..10_000 {
        if stop.load(Ordering::SeqCst) {
            return round;
        }
        let edit = json!({"description": format!("{number}, {round}")});
        let answer = two.front(number).put(&path).token(&two.jeton.master).json(&edit).send().await;
        match answer.status.as_u16() {
            200 | 409 => {}
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
    let stop = AtomicBool::new(false);
    let writers = join_all((0..MANY).map(|n| keep_writing(&two, n, &token, &stop)));
    let story = async {
        let refreshed = two.jeton.refresh(&token).await;
        assert_eq!(two.other.verify(&token.token).await, 401);
        let path = format!("/v2/storage/tokens/{}", token.id);
        two.other.delete(&path).token(&refreshed.token).send().await.expect(204);
        assert_eq!(two.jeton.verify(&refreshed.token).await, 401);
        stop.store(true, Ordering::SeqCst);
    };
    let (_, ()) = tokio::join!(writers, story);
    assert_eq!(two.count_events(&token, "storage.tokenRefreshed").await, 1);
    let history = two.jeton.history(&token.id).await;
    assert_eq!(history.iter().filter(|event| *event == "storage.tokenDeleted").count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_lock_gets_through_many_writers() {
    let two = Two::start().await;
    let token = two.jeton.create(&json!({})).await;
    let invitation = two.jeton.share(&token.id, "colleague@example.org").await;
    let stop = AtomicBool::new(false);
    let writers = join_all((0..MANY / 4).map(|n| keep_writing(&two, n, &token, &stop)));
    let story = async {
        for code in crate::wrong_codes(&invitation.code).take(5) {
            two.other.type_code(&invitation, &code).await.expect_error(403, "pickup.wrongCode");
        }
        two.jeton.pick_up(&invitation).await.expect_error(410, "pickup.locked");
        stop.store(true, Ordering::SeqCst);
    };
    let (_, ()) = tokio::join!(writers, story);
    assert_eq!(two.detail(&token).await["shares"], json!([]));
}
