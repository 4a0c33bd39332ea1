//! Many open one link concurrently.

use jeton_tests::jeton::{ADMIN, Held};
use serde_json::json;

use crate::{MANY, Two, answered, at_once, expect_only};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_pick_ups_of_one_share_exactly_one_gets_a_copy() {
    let two = Two::start().await;
    let token = two.jeton.create(&json!({})).await;
    let invitation = two.jeton.share(&token.id, "colleague@example.org").await;
    let answers = at_once(MANY, |n| two.front(n).pick_up(&invitation)).await;
    expect_only(&answers, &[200, 410]);
    let [won] = answered(&answers, 200)[..] else { panic!("one of them gets a copy: {answers:?}") };
    assert_eq!(two.other.verify(&won.field("token")).await, 200);
    assert_eq!(two.detail(&token).await["copies"].as_array().unwrap().len(), 2);
    assert_eq!(two.count_events(&token, "storage.tokenSharePickedUp").await, 1);
    assert_eq!(two.count_events(&token, "storage.tokenShareLocked").await, 0);
    assert_eq!(two.jeton.mail_to(ADMIN).await.len(), 1, "the sharer is told once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_shares_of_one_token_every_one_is_picked_up() {
    let two = Two::start().await;
    let token = two.jeton.create(&json!({})).await;
    let mut invitations = Vec::new();
    for n in 0..15 {
        invitations.push(two.jeton.share(&token.id, &format!("colleague{n}@example.org")).await);
    }
    let answers = at_once(invitations.len(), |n| two.front(n).pick_up(&invitations[n])).await;
    expect_only(&answers, &[200]);
    for answer in &answers {
        assert_eq!(two.jeton.verify(&answer.field("token")).await, 200);
    }
    assert_eq!(two.count_events(&token, "storage.tokenSharePickedUp").await, 15);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_copy_picked_up_during_a_refresh_does_not_outlive_it() {
    let two = Two::start().await;
    for round in 0..20 {
        let token = two.jeton.create(&json!({})).await;
        let invitation = two.jeton.share(&token.id, &format!("colleague{round}@example.org")).await;
        let (copy, refreshed) = tokio::join!(two.front(round).pick_up(&invitation), async {
            two.front(round + 1).refresh(&token).await
        });
        if copy.status == 200 {
            assert_eq!(two.jeton.verify(&Held::of(copy.field("token")).token).await, 401);
        } else {
            copy.expect_error(410, "pickup.ended");
        }
        assert_eq!(two.jeton.verify(&refreshed.token).await, 200);
    }
}
