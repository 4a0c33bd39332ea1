//! `/manage/…`: projects, members, and the tokens that only a manage token creates

use jeton_tests::{
    client::{Answer, Call},
    jeton::Jeton,
    reading::path,
    snapshot::{body, keys},
};
use serde_json::{Value, json};

const BOB: &str = "bob@example.org";

fn project(jeton: &Jeton, rest: &str) -> String {
    format!("/manage/projects/{}{rest}", jeton.project)
}

fn invite(jeton: &Jeton, wish: &Value) -> Call {
    jeton.post(&project(jeton, "/users")).manage(&jeton.manage).json(wish)
}

async fn members(jeton: &Jeton) -> Answer {
    jeton.get(&project(jeton, "/users")).manage(&jeton.manage).send().await.expect(200)
}

#[tokio::test]
async fn a_manage_token_is_told_who_it_is() {
    let jeton = Jeton::start().await;
    let path = "/manage/tokens/verify";
    let answer = jeton.get(path).manage(&jeton.manage).send().await.expect(200);
    assert_eq!(answer.content_type(), Some("application/json"));
    assert!(answer.json()["id"].as_u64().unwrap() < 1 << 24);
    insta::assert_json_snapshot!("manage_token", body(&answer));
    let bearer = format!("Bearer {}", jeton.manage);
    let same = jeton.get(path).header("authorization", &bearer).send().await.expect(200);
    assert_eq!(same.body, answer.body);
}

#[tokio::test]
async fn only_manage_tokens_open_manage_calls() {
    let jeton = Jeton::start().await;
    let paths = ["/manage/tokens/verify".to_owned(), project(&jeton, ""), project(&jeton, "/users")];
    for path in &paths {
        let none = jeton.get(path).send().await;
        assert_eq!(none.expect_error(401, ""), "Access token must be set");
        let empty = jeton.get(path).manage("").send().await;
        assert_eq!(empty.expect_error(401, ""), "Access token must be set");
        for wrong in [jeton.master.as_str(), "jtm-1-rubbish", "rubbish"] {
            jeton.get(path).manage(wrong).send().await.expect_error(401, "storage.tokenInvalid");
        }
    }
}

#[tokio::test]
async fn a_project_is_made_from_a_name_and_can_be_read_again() {
    let jeton = Jeton::start().await;
    let path = "/manage/organizations/11/projects";
    let wish = json!({"name": "Sales", "type": "demo", "dataRetentionTimeInDays": "1"});
    let made = jeton.post(path).manage(&jeton.manage).json(&wish).send().await.expect(201);
    assert_eq!(made.content_type(), Some("application/json"));
    let id = made.json()["id"].as_u64().unwrap();
    assert!(id < 1 << 24);
    insta::assert_json_snapshot!("project", body(&made));
    assert_eq!(made.json()["organization"]["id"], 11);
    let read = jeton.get(&format!("/manage/projects/{id}")).manage(&jeton.manage).send().await.expect(200);
    assert_eq!(read.body, made.body);
}

#[tokio::test]
async fn a_project_without_a_name_or_organization_is_rejected() {
    let jeton = Jeton::start().await;
    let post = |path: &str, text: &str| {
        jeton.post(path).manage(&jeton.manage).raw("application/json", text.to_owned()).send()
    };
    for text in ["[]", "{}", "{\"name\": \"\"}", "{\"name\": null}"] {
        let answer = post("/manage/organizations/11/projects", text).await;
        assert!(answer.expect_error(400, "validationError").contains("name"));
    }
    let answer = post("/manage/organizations/foo/projects", "{\"name\": \"x\"}").await.expect(404);
    assert!(answer.field("error").contains("resource not found"));
}

#[tokio::test]
async fn a_project_that_does_not_exist_is_not_found() {
    let jeton = Jeton::start().await;
    let id = if jeton.project.number() == 5 { 6 } else { 5 };
    let answer = jeton.get(&format!("/manage/projects/{id}")).manage(&jeton.manage).send().await;
    answer.expect_error(404, "notFound");
    for id in ["foo", "16777216", "0"] {
        let answer =
            jeton.get(&format!("/manage/projects/{id}")).manage(&jeton.manage).send().await.expect(404);
        assert!(answer.field("error").contains("resource not found"));
    }
}

#[tokio::test]
async fn members_have_exactly_the_keys_that_a_typed_client_knows() {
    let jeton = Jeton::start().await;
    let answer = members(&jeton).await;
    insta::assert_json_snapshot!("members", body(&answer));
    let list = answer.json();
    let mut keys: Vec<_> = list[0].as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    let known = [
        "approver", "created", "email", "expires", "features", "id", "invitor", "name", "reason", "role",
        "status",
    ];
    assert_eq!(keys, known);
    assert!(list[0]["id"].as_u64().unwrap() < 1 << 24);
}

#[tokio::test]
async fn an_invitation_makes_the_member_and_the_master_token_when_it_is_picked_up() {
    let jeton = Jeton::start().await;
    let answer =
        invite(&jeton, &json!({"email": BOB, "name": "Bob", "role": "admin"})).send().await.expect(204);
    assert!(answer.body.is_empty() && answer.content_type().is_none());
    assert_eq!(members(&jeton).await.json().as_array().unwrap().len(), 1);
    let invitation = jeton.invitation(BOB).await;
    let look =
        jeton.post(&invitation.path).json(&json!({"secret": invitation.secret})).send().await.expect(200);
    insta::assert_json_snapshot!("invitation", body(&look));
    let joined = jeton.pick_up(&invitation).await.expect(200);
    insta::assert_json_snapshot!("joined", body(&joined));
    let token = jeton.verified(&joined.field("token")).await;
    assert_eq!((&token["isMasterToken"], &token["description"]), (&json!(true), &json!(BOB)));
    assert_eq!((&token["admin"]["name"], &token["admin"]["role"]), (&json!("Bob"), &json!("admin")));
    let list = members(&jeton).await.json();
    assert!(list.as_array().unwrap().iter().any(|member| member["email"] == BOB));
    jeton.pick_up(&invitation).await.expect_error(410, "pickup.used");
}

#[tokio::test]
async fn nobody_silently_becomes_a_full_admin_who_was_meant_to_be_less() {
    let jeton = Jeton::start().await;
    for wish in [
        json!({"email": BOB, "role": "guest"}),
        json!({"email": BOB, "role": "readonly"}),
        json!({"email": BOB, "role": ""}),
        json!({"email": BOB, "expirationSeconds": 3600}),
        json!({"email": BOB, "expirationSeconds": 0}),
    ] {
        invite(&jeton, &wish).send().await.expect_error(400, "validationError");
    }
    for email in ["nobody", "", "a@b.cz,c@d.cz"] {
        let answer = invite(&jeton, &json!({"email": email})).send().await;
        assert!(answer.expect_error(400, "validationError").contains("email"));
    }
    assert!(jeton.mail_to(BOB).await.is_empty());
}

#[tokio::test]
async fn who_is_a_member_is_not_invited_again_whatever_the_letter_case() {
    let jeton = Jeton::start().await;
    jeton.join(BOB).await;
    for email in [BOB, "Bob@Example.org"] {
        invite(&jeton, &json!({"email": email})).send().await.expect_error(409, "conflict");
    }
}

#[tokio::test]
async fn a_new_invitation_takes_the_place_of_the_earlier_one() {
    let jeton = Jeton::start().await;
    invite(&jeton, &json!({"email": BOB})).send().await.expect(204);
    let first = jeton.invitation(BOB).await;
    jeton.pass_seconds(1);
    invite(&jeton, &json!({"email": BOB})).send().await.expect(204);
    let second = jeton.invitation(BOB).await;
    assert_ne!(first.path, second.path);
    jeton.pick_up(&first).await.expect_error(410, "pickup.ended");
    jeton.pick_up(&second).await.expect(200);
}

#[tokio::test]
async fn an_invitation_whose_mail_cannot_be_sent_is_withdrawn() {
    let jeton = Jeton::start().await;
    std::fs::write(&jeton.outbox, "").unwrap();
    invite(&jeton, &json!({"email": BOB})).send().await.expect_error(424, "mail.notSent");
    let remove = project(&jeton, &format!("/users/{BOB}"));
    jeton.delete(&remove).manage(&jeton.manage).send().await.expect_error(404, "notFound");
}

#[tokio::test]
async fn removing_a_member_ends_master_token_and_open_shares_and_leaves_their_tokens() {
    let jeton = Jeton::start().await;
    let bob = jeton.join(BOB).await;
    let token = jeton.create_by(&bob.token, &json!({})).await;
    let share = format!("{}/share", path(&token.id));
    let wish = json!({"recipientEmail": "carol@example.org"});
    jeton.post(&share).token(&bob.token).json(&wish).send().await.expect(204);
    let of_bob = jeton.invitation("carol@example.org").await;
    let of_ada = jeton.share(&token.id, "dan@example.org").await;
    let remove = project(&jeton, "/users/bob%40example.org");
    let answer = jeton.delete(&remove).manage(&jeton.manage).send().await.expect(204);
    assert!(answer.body.is_empty() && answer.content_type().is_none());
    assert_eq!(jeton.verify(&bob.token).await, 401);
    jeton.pick_up(&of_bob).await.expect_error(410, "pickup.ended");
    jeton.pick_up(&of_ada).await.expect(200);
    assert_eq!(jeton.verify(&token.token).await, 200);
    assert_eq!(members(&jeton).await.json().as_array().unwrap().len(), 1);
    jeton.delete(&remove).manage(&jeton.manage).send().await.expect_error(404, "notFound");
}

#[tokio::test]
async fn a_member_is_removed_by_id_as_well_and_may_come_back_as_someone_new() {
    let jeton = Jeton::start().await;
    let bob = jeton.join(BOB).await;
    let id = jeton.verified(&bob.token).await["admin"]["id"].to_string();
    let remove = project(&jeton, &format!("/users/{id}"));
    jeton.delete(&remove).manage(&jeton.manage).send().await.expect(204);
    jeton.delete(&remove).manage(&jeton.manage).send().await.expect_error(404, "notFound");
    let again = jeton.join(BOB).await;
    assert_ne!(again.id, bob.id);
    assert_eq!(jeton.verify(&bob.token).await, 401);
}

#[tokio::test]
async fn removing_someone_who_has_not_joined_withdraws_the_invitation() {
    let jeton = Jeton::start().await;
    invite(&jeton, &json!({"email": BOB})).send().await.expect(204);
    let invitation = jeton.invitation(BOB).await;
    let remove = project(&jeton, &format!("/users/{BOB}"));
    jeton.delete(&remove).manage(&jeton.manage).send().await.expect(204);
    jeton.pick_up(&invitation).await.expect_error(410, "pickup.ended");
}

#[tokio::test]
async fn a_manage_token_makes_storage_tokens_that_may_manage_others() {
    let jeton = Jeton::start().await;
    let wish = json!({"description": "CI", "canManageTokens": true, "expiresIn": 60.0});
    let call = jeton.post(&project(&jeton, "/tokens")).manage(&jeton.manage).json(&wish);
    let answer = call.send().await.expect(201);
    assert_eq!(answer.content_type(), Some("application/json"));
    assert_eq!(answer.json()["bucketPermissions"], json!({}));
    insta::assert_json_snapshot!("manager", body(&answer));
    for absent in ["owner", "organization", "adminOwner", "admin"] {
        assert!(!keys(&answer).iter().any(|key| key == absent), "{absent}");
    }
    jeton.create_by(&answer.field("token"), &json!({})).await;
    assert_eq!(jeton.verified(&answer.field("token")).await["bucketPermissions"], json!([]));
}

#[tokio::test]
async fn permissions_are_checked_as_in_create() {
    let jeton = Jeton::start().await;
    let make = |wish: Value| jeton.post(&project(&jeton, "/tokens")).manage(&jeton.manage).json(&wish).send();
    let wish = json!({"bucketPermissions": {"in.c-main": "manage"}});
    make(wish).await.expect_error(400, "storage.tokens.invalidPermissions");
    make(json!({"canManageProtectedDefaultBranch": true})).await.expect_error(403, "accessDenied");
    assert!(make(json!({"expiresIn": 0})).await.expect(400).field("error").starts_with("Minimal expiration"));
    let created = make(json!({"bucketPermissions": {"in.c-main": "read"}})).await.expect(201);
    assert_eq!(created.json()["bucketPermissions"], json!({"in.c-main": "read"}));
}

#[tokio::test]
async fn what_manage_tokens_do_is_in_the_events_of_the_project() {
    let jeton = Jeton::start().await;
    let bob = jeton.join(BOB).await;
    let remove = project(&jeton, &format!("/users/{BOB}"));
    jeton.delete(&remove).manage(&jeton.manage).send().await.expect(204);
    jeton.create_by_manage(&json!({})).await;
    let events = jeton.events(&jeton.master, "/v2/storage/events").await;
    let mut names = jeton_tests::reading::pluck(&events, "event");
    names.sort();
    for name in
        ["storage.memberInvited", "storage.memberJoined", "storage.memberRemoved", "storage.tokenCreated"]
    {
        assert!(names.iter().any(|seen| seen == name), "{name} is not among {names:?}");
    }
    assert_eq!(jeton.history(&bob.id).await[0], "storage.tokenDeleted");
    assert!(events.iter().any(|event| event["params"]["manageToken"]["description"] == "test"));
}
