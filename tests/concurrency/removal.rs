//! A member is removed while their tokens are in use.

use jeton_tests::jeton::Held;
use serde_json::json;

use crate::{Two, answered, at_once, expect_only, share_with};

const TOKENS: &str = "/v2/storage/tokens";

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_share_survives_the_removal_of_its_sharer() {
    let two = Two::start().await;
    for round in 0..10 {
        let member = format!("member{round}@example.org");
        let eve = two.jeton.join(&member).await;
        let token = two.jeton.create(&json!({})).await;
        let path = format!("/v2/storage/tokens/{}/share", token.id);
        let address = |n: usize| format!("colleague{round}-{n}@example.org");
        let (answers, ()) = tokio::join!(
            at_once(8, |n| {
                two.front(n).post(&path).token(&eve.token).json(&share_with(&address(n))).send()
            }),
            two.other.remove_member(&member),
        );
        expect_only(&answers, &[204, 401, 409]);
        for (n, _) in answers.iter().enumerate().filter(|(_, answer)| answer.status == 204) {
            let invitation = two.jeton.invitation(&address(n)).await;
            two.front(n).pick_up(&invitation).await.expect_error(410, "pickup.ended");
        }
        assert_eq!(two.detail(&token).await["copies"].as_array().unwrap().len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_pick_up_and_the_removal_of_the_sharer_happen_in_one_order_or_the_other() {
    let two = Two::start().await;
    for round in 0..20 {
        let member = format!("member{round}@example.org");
        let eve = two.jeton.join(&member).await;
        let token = two.jeton.create(&json!({})).await;
        let path = format!("/v2/storage/tokens/{}/share", token.id);
        let address = format!("colleague{round}@example.org");
        two.jeton.post(&path).token(&eve.token).json(&share_with(&address)).send().await.expect(204);
        let invitation = two.jeton.invitation(&address).await;
        let (copy, ()) =
            tokio::join!(two.front(round).pick_up(&invitation), two.other.remove_member(&member));
        if copy.status == 200 {
            // It was picked up while the sharer was a member, and stays.
            assert_eq!(two.jeton.verify(&copy.field("token")).await, 200);
        } else {
            copy.expect_error(410, "pickup.ended");
        }
        two.jeton.pick_up(&invitation).await.expect(410);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_member_who_is_removed_while_creating_tokens_creates_none_afterwards() {
    let two = Two::start().await;
    for round in 0..20 {
        let member = format!("member{round}@example.org");
        let eve = two.jeton.join(&member).await;
        let count = async || {
            two.jeton.get(TOKENS).token(&two.jeton.master).send().await.json().as_array().unwrap().len()
        };
        let (answers, left) = tokio::join!(
            at_once(16, |n| two.front(n).post(TOKENS).token(&eve.token).json(&json!({})).send()),
            async {
                two.other.remove_member(&member).await;
                count().await
            },
        );
        expect_only(&answers, &[201, 401, 409]);
        assert_eq!(count().await, left, "a token was made after the removal was answered");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_removals_of_one_member_one_does_it() {
    let two = Two::start().await;
    let eve: Held = two.jeton.join("eve@example.org").await;
    let path = format!("/manage/projects/{}/users/eve@example.org", two.jeton.project);
    let answers = at_once(16, |n| two.front(n).delete(&path).manage(&two.jeton.manage).send()).await;
    expect_only(&answers, &[204, 404]);
    assert_eq!(answered(&answers, 204).len(), 1);
    assert_eq!(two.count_events(&eve, "storage.tokenDeleted").await, 1);
    assert_eq!(two.jeton.verify(&eve.token).await, 401);
}
