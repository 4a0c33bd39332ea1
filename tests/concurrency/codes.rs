//! Many enter codes concurrently, most of them guesses.

use futures_util::{StreamExt as _, stream};
use jeton_tests::{jeton::ADMIN, random::wrong_codes};
use serde_json::json;

use crate::{Two, answered, expect_only};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_thousand_parallel_guesses_are_five_and_lock_the_share_once() {
    let two = Two::start().await;
    let token = two.jeton.create(&json!({})).await;
    let invitation = two.jeton.share(&token.id, "colleague@example.org").await;
    let guesses: Vec<String> = wrong_codes(&invitation.code).take(1000).collect();
    let calls = guesses.iter().enumerate().map(|(n, code)| two.front(n).type_code(&invitation, code));
    let answers: Vec<_> = stream::iter(calls).buffer_unordered(250).collect().await;
    expect_only(&answers, &[403, 410]);
    // Each compared code is an event: four denials and the lock.
    assert_eq!(answered(&answers, 403).len(), 5);
    assert_eq!(two.count_events(&token, "storage.tokenShareRefused").await, 4);
    assert_eq!(two.count_events(&token, "storage.tokenShareLocked").await, 1);
    two.other.pick_up(&invitation).await.expect_error(410, "pickup.locked");
    let [told] = &two.jeton.mail_to(ADMIN).await[..] else { panic!("the sharer is told once") };
    assert_eq!(told.subject, "A token you shared from project Test project is locked");
    assert_eq!(two.detail(&token).await["shares"], json!([]));
}

/// Five attempts in all, so that each of them is reserved.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_right_code_among_four_wrong_ones_always_takes_the_copy() {
    let two = Two::start().await;
    for round in 0..40 {
        let token = two.jeton.create(&json!({})).await;
        let invitation = two.jeton.share(&token.id, &format!("colleague{round}@example.org")).await;
        let mut codes: Vec<String> = wrong_codes(&invitation.code).take(4).collect();
        codes.insert(round % 5, invitation.code.clone());
        let calls = codes.iter().enumerate().map(|(n, code)| two.front(n).type_code(&invitation, code));
        let answers: Vec<_> = stream::iter(calls).buffered(5).collect().await;
        let right = &answers[round % 5];
        assert_eq!(right.status, 200, "round {round}: {}", right.text());
        assert_eq!(two.count_events(&token, "storage.tokenShareLocked").await, 0);
        assert_eq!(two.count_events(&token, "storage.tokenSharePickedUp").await, 1);
        // The notice is mailed after the answer, by whichever of the two answered.
        two.other.app.outgoing.finish().await;
        let told = two.jeton.mail_to(ADMIN).await;
        assert_eq!(told.len(), round + 1, "the sharer is told of the pick-up and of nothing else");
        // Within ten minutes a person gets a mail for each of so many pick-ups, and one for the others together.
        two.jeton.pass_seconds(600);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_right_code_among_four_wrong_ones_always_accepts_an_invitation() {
    let two = Two::start().await;
    for round in 0..20 {
        let invitation = two.jeton.invite(&format!("colleague{round}@example.org")).await;
        let mut codes: Vec<String> = wrong_codes(&invitation.code).take(4).collect();
        codes.insert(round % 5, invitation.code.clone());
        let calls = codes.iter().enumerate().map(|(n, code)| two.front(n).type_code(&invitation, code));
        let answers: Vec<_> = stream::iter(calls).buffered(5).collect().await;
        let right = &answers[round % 5];
        assert_eq!(right.status, 200, "round {round}: {}", right.text());
    }
}
