//! Many refresh one token at the same time.

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

/// A manager's own copy stays what it is, so one that comes late enough refreshes what an earlier
/// one made: several may win, one after the other, and the last of them has the one current copy.
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
