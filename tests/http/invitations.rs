//! Pending invitations: listed, withdrawn, and resent

use jeton_core::budget;
use jeton_tests::{
    client::Call,
    jeton::{ADMIN, Jeton},
    random::wrong_code,
    reading::pluck,
};
use serde_json::{Value, json};

const BOB: &str = "bob@example.org";

fn invitations(jeton: &Jeton, rest: &str) -> String {
    format!("/manage/projects/{}/invitations{rest}", jeton.project)
}

async fn pending(jeton: &Jeton) -> Vec<Value> {
    let list = jeton.get(&invitations(jeton, "")).manage(&jeton.manage).send().await.expect(200).json();
    list.as_array().unwrap().clone()
}

async fn invite(jeton: &Jeton, email: &str) -> String {
    let users = format!("/manage/projects/{}/users", jeton.project);
    let wish = json!({"email": email, "name": "Bob"});
    jeton.post(&users).manage(&jeton.manage).json(&wish).send().await.expect(204);
    let pending = pending(jeton).await;
    pending.iter().find(|invitation| invitation["user"]["email"] == email).unwrap()["id"].to_string()
}

fn send(jeton: &Jeton, id: &str) -> Call {
    jeton.post(&invitations(jeton, &format!("/{id}/send"))).manage(&jeton.manage)
}

fn withdraw(jeton: &Jeton, id: &str) -> Call {
    jeton.delete(&invitations(jeton, &format!("/{id}"))).manage(&jeton.manage)
}

async fn events(jeton: &Jeton) -> Vec<String> {
    pluck(&jeton.events(&jeton.master, "/v2/storage/events").await, "event")
}

#[tokio::test]
async fn pending_invitations_have_the_shape_that_clients_of_the_manage_api_know() {
    let jeton = Jeton::start().await;
    assert!(pending(&jeton).await.is_empty());
    let id = invite(&jeton, BOB).await;
    let one =
        jeton.get(&invitations(&jeton, &format!("/{id}"))).manage(&jeton.manage).send().await.expect(200);
    assert_eq!(json!([one.json()]), json!(pending(&jeton).await));
    let mut told = one.json();
    assert!(told["id"].as_u64().unwrap() < 1 << 24);
    assert!(told["creator"]["id"].as_u64().unwrap() < 1 << 24);
    (told["id"], told["creator"]["id"]) = (json!(0), json!(0));
    assert_eq!(
        told,
        json!({
            "id": 0,
            "created": "2026-01-15T12:00:00+0000",
            "expires": "2026-01-16T12:00:00+0000",
            "user": {"id": 0, "name": "Bob", "email": BOB},
            "role": "admin",
            "reason": "",
            "creator": {"id": 0, "name": told["creator"]["name"], "email": ""},
        })
    );
}

#[tokio::test]
async fn an_invitation_is_pending_until_it_is_accepted_replaced_or_over() {
    let jeton = Jeton::start().await;
    let id = invite(&jeton, BOB).await;
    jeton.pass_seconds(1);
    let later = invite(&jeton, BOB).await;
    assert_ne!(id, later);
    assert_eq!(pending(&jeton).await.len(), 1, "the second one took the place of the first");
    jeton.pick_up(&jeton.invitation(BOB).await).await.expect(200);
    assert!(pending(&jeton).await.is_empty());
    invite(&jeton, "eve@example.org").await;
    jeton.pass_seconds(86_400);
    assert!(pending(&jeton).await.is_empty());
}

#[tokio::test]
async fn a_withdrawn_invitation_admits_nobody() {
    let jeton = Jeton::start().await;
    let id = invite(&jeton, BOB).await;
    let mailed = jeton.invitation(BOB).await;
    let other = invite(&jeton, "eve@example.org").await;
    let answer = withdraw(&jeton, &id).send().await.expect(204);
    assert!(answer.body.is_empty() && answer.content_type().is_none());
    jeton.pick_up(&mailed).await.expect_error(410, "pickup.ended");
    withdraw(&jeton, &id).send().await.expect_error(404, "notFound");
    assert_eq!(pending(&jeton).await[0]["id"].to_string(), other);
    jeton.pick_up(&jeton.invitation("eve@example.org").await).await.expect(200);
    assert!(events(&jeton).await.iter().any(|event| event == "storage.memberInvitationWithdrawn"));
}

#[tokio::test]
async fn an_invitation_that_is_sent_again_has_a_new_link_and_the_older_one_is_dead() {
    let jeton = Jeton::start().await;
    let id = invite(&jeton, BOB).await;
    let first = jeton.invitation(BOB).await;
    jeton.pass_seconds(1);
    send(&jeton, &id).send().await.expect(204);
    let second = jeton.invitation(BOB).await;
    assert_ne!(first.path, second.path);
    jeton.pick_up(&first).await.expect_error(410, "pickup.ended");
    send(&jeton, &id).send().await.expect_error(404, "notFound");
    let joined = jeton.pick_up(&second).await.expect(200);
    let who = jeton.verified(&joined.field("token")).await;
    assert_eq!(who["admin"]["name"], "Bob");
}

#[tokio::test]
async fn a_pending_invitation_is_sent_again_and_one_that_is_gone_is_not() {
    let jeton = Jeton::start().await;
    let id = invite(&jeton, BOB).await;
    send(&jeton, &id).send().await.expect(204);
    let again = pending(&jeton).await[0]["id"].to_string();
    withdraw(&jeton, &again).send().await.expect(204);
    send(&jeton, &again).send().await.expect_error(404, "notFound");
}

#[tokio::test]
async fn the_fifth_wrong_code_locks_an_invitation_and_is_an_event() {
    let jeton = Jeton::start().await;
    invite(&jeton, BOB).await;
    let mailed = jeton.invitation(BOB).await;
    let wrong = wrong_code(&mailed.code);
    for _ in 0..5 {
        jeton
            .post(&mailed.path)
            .json(&json!({"secret": mailed.secret, "code": wrong}))
            .send()
            .await
            .expect(403);
    }
    jeton.pick_up(&mailed).await.expect_error(410, "pickup.locked");
    assert!(pending(&jeton).await.is_empty());
    assert_eq!(events(&jeton).await[0], "storage.memberInvitationLocked");
    let told = jeton.read(&jeton.master, "/v2/storage/events").await.text();
    assert!(told.contains(&format!("Invitation of {BOB}: wrong code, attempt 4 of 5")), "{told}");
}

#[tokio::test]
async fn an_invitation_of_who_is_a_member_takes_nothing_from_the_mails_of_an_hour() {
    let jeton = Jeton::start().await;
    let users = format!("/manage/projects/{}/users", jeton.project);
    for _ in 0..=budget::MAILS_OF_PROJECT_TO_RECIPIENT {
        let invite = jeton.post(&users).manage(&jeton.manage).json(&json!({"email": ADMIN}));
        invite.send().await.expect_error(409, "conflict");
    }
}

#[tokio::test]
async fn an_invitation_of_a_manage_token_that_is_gone_is_not_listed_and_one_of_a_disabled_one_is() {
    let jeton = Jeton::start().await;
    let create = json!({"description": "invites"});
    let made = jeton.post("/manage/tokens").manage(&jeton.manage).json(&create).send().await.expect(201);
    let (id, token) = (made.json()["id"].to_string(), made.field("token"));
    let users = format!("/manage/projects/{}/users", jeton.project);
    jeton.post(&users).manage(&token).json(&json!({"email": BOB})).send().await.expect(204);
    assert_eq!(pending(&jeton).await.len(), 1);
    let at = format!("/manage/tokens/{id}");
    jeton.put(&at).manage(&jeton.manage).json(&json!({"isDisabled": true})).send().await.expect(200);
    assert_eq!(pending(&jeton).await.len(), 1, "it is only paused");
    jeton.delete(&at).manage(&jeton.manage).send().await.expect(204);
    assert!(pending(&jeton).await.is_empty());
    jeton.pick_up(&jeton.invitation(BOB).await).await.expect_error(410, "pickup.ended");
}
