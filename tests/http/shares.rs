//! The pending shares of a token: listed, withdrawn and resent

use jeton_tests::{
    client::Call,
    jeton::{Held, Jeton},
    reading::path,
};
use serde_json::{Value, json};

const EVE: &str = "eve@example.org";

/// The pending shares of a token, as the API lists them.
async fn open_shares(jeton: &Jeton, held: &Held) -> Vec<Value> {
    let path = format!("{}/shares", path(&held.id));
    let list = jeton.get(&path).token(&jeton.master).send().await.expect(200).json();
    list.as_array().unwrap().clone()
}

/// The id of the one pending share of a token.
async fn only_share_id(jeton: &Jeton, held: &Held) -> String {
    let open = open_shares(jeton, held).await;
    assert_eq!(open.len(), 1, "{open:?}");
    open[0]["id"].as_str().unwrap().to_owned()
}

fn withdraw(jeton: &Jeton, held: &Held, share: &str) -> Call {
    jeton.delete(&format!("{}/shares/{share}", path(&held.id))).token(&jeton.master)
}

fn send(jeton: &Jeton, held: &Held, share: &str, body: &Value) -> Call {
    jeton.post(&format!("{}/shares/{share}/send", path(&held.id))).token(&jeton.master).json(body)
}

#[tokio::test]
async fn open_shares_are_listed_as_the_detail_has_them() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    assert!(open_shares(&jeton, &held).await.is_empty());
    let invitation = jeton.share(&held.id, EVE).await;
    let listed = open_shares(&jeton, &held).await;
    assert_eq!(listed[0]["recipient"], EVE);
    let detail = jeton.get(&path(&held.id)).token(&jeton.master).send().await.expect(200).json();
    assert_eq!(detail["shares"], json!(listed));
    jeton.pick_up(&invitation).await.expect(200);
    assert!(open_shares(&jeton, &held).await.is_empty());
}

#[tokio::test]
async fn a_withdrawn_share_is_not_picked_up_and_the_token_and_other_shares_stay() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    let withdrawn = jeton.share(&held.id, EVE).await;
    let share = only_share_id(&jeton, &held).await;
    let other = jeton.share(&held.id, "bob@example.org").await;
    let answer = withdraw(&jeton, &held, &share).send().await.expect(204);
    assert!(answer.body.is_empty() && answer.content_type().is_none());
    jeton.pick_up(&withdrawn).await.expect_error(410, "pickup.ended");
    jeton.pick_up(&other).await.expect(200);
    assert_eq!(jeton.verify(&held.token).await, 200);
    withdraw(&jeton, &held, &share).send().await.expect_error(404, "pickup.notFound");
    let history = jeton.history(&held.id).await;
    assert!(history.iter().any(|event| event == "storage.tokenShareWithdrawn"), "{history:?}");
}

#[tokio::test]
async fn a_share_that_is_sent_again_has_a_new_link_and_the_older_one_is_dead() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    let first = jeton.share(&held.id, EVE).await;
    let share = only_share_id(&jeton, &held).await;
    jeton.pass_seconds(1);
    send(&jeton, &held, &share, &json!({"message": "once more"})).send().await.expect(204);
    let second = jeton.invitation(EVE).await;
    assert_ne!(first.path, second.path);
    assert!(jeton.mail_to(EVE).await.iter().any(|mail| mail.text.contains("once more")));
    jeton.pick_up(&first).await.expect_error(410, "pickup.ended");
    assert_ne!(only_share_id(&jeton, &held).await, share);
    jeton.pick_up(&second).await.expect(200);
    send(&jeton, &held, &share, &json!({})).send().await.expect_error(404, "pickup.notFound");
}

#[tokio::test]
async fn a_share_that_is_sent_again_may_keep_its_code_out_of_the_mail_and_is_answered_once_more() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    jeton.share(&held.id, EVE).await;
    let share = only_share_id(&jeton, &held).await;
    let call = || {
        let call = send(&jeton, &held, &share, &json!({"separateCode": true}));
        call.header("idempotency-key", &"k".repeat(43)).send()
    };
    let (first, repeated) = (call().await.expect(200), call().await.expect(200));
    assert_eq!(first.text(), repeated.text());
    assert_eq!(open_shares(&jeton, &held).await.len(), 1);
}

#[tokio::test]
async fn a_token_withdraws_its_own_shares_and_no_others_and_a_picked_up_copy_none() {
    let jeton = Jeton::start().await;
    let (held, other) = (jeton.create(&json!({})).await, jeton.create(&json!({})).await);
    let copy = jeton.shared_copy(&held.id).await;
    jeton.share(&held.id, EVE).await;
    let share = only_share_id(&jeton, &held).await;
    for denied in [&copy.token, &other.token] {
        let path = format!("{}/shares/{share}", path(&held.id));
        jeton.delete(&path).token(denied).send().await.expect_error(403, "accessDenied");
    }
    withdraw(&jeton, &other, &share).send().await.expect_error(404, "pickup.notFound");
    jeton.delete(&format!("{}/shares/{share}", path(&held.id))).token(&held.token).send().await.expect(204);
    assert!(open_shares(&jeton, &held).await.is_empty());
}

#[tokio::test]
async fn the_share_of_a_disabled_token_can_be_withdrawn_and_is_not_sent_again() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    jeton.share(&held.id, EVE).await;
    let share = only_share_id(&jeton, &held).await;
    let off = json!({"isDisabled": true});
    jeton.put(&path(&held.id)).token(&jeton.master).json(&off).send().await.expect(200);
    send(&jeton, &held, &share, &json!({})).send().await.expect_error(409, "conflict");
    withdraw(&jeton, &held, &share).send().await.expect(204);
}

#[tokio::test]
async fn a_picked_up_copy_sends_again_only_what_it_has_sent_itself() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    let manager = jeton.create_manager(json!({})).await;
    let copy = jeton.shared_copy(&manager.id).await;
    let again = |share: &str| {
        let path = format!("{}/shares/{share}/send", path(&held.id));
        jeton.post(&path).token(&copy.token).json(&json!({})).send()
    };
    let masters = jeton.share(&held.id, EVE).await;
    again(&only_share_id(&jeton, &held).await).await.expect_error(403, "accessDenied");
    jeton.pick_up(&masters).await.expect(200);
    let share = jeton.post(&format!("{}/share", path(&held.id))).token(&copy.token);
    share.json(&json!({"recipientEmail": "bob@example.org"})).send().await.expect(204);
    again(&only_share_id(&jeton, &held).await).await.expect(204);
}
