//! `GET /v2/storage/tokens/verify`, and the headers for a token

use jeton_tests::{
    jeton::Jeton,
    random::mistyped,
    raw,
    snapshot::{body, keys},
};
use serde_json::json;

const PATH: &str = "/v2/storage/tokens/verify";

#[tokio::test]
async fn a_master_token_is_told_who_it_is() {
    let jeton = Jeton::start().await;
    let answer = jeton.read(&jeton.master, PATH).await;
    assert_eq!(answer.content_type(), Some("application/json"));
    insta::assert_json_snapshot!("master", body(&answer));
    let token = answer.json();
    assert!(token["id"].is_string() && token["admin"]["id"].is_u64() && token["adminOwner"]["id"].is_u64());
    assert_eq!(token["owner"]["id"].to_string(), jeton.project.to_string());
    assert_eq!(token["organization"], json!({"id": "11"}));
    assert!(token["owner"].get("payAsYouGo").is_none());
    for (name, limit) in token["owner"]["limits"].as_object().unwrap() {
        assert!(limit["name"] == *name && limit["value"].is_u64());
    }
}

#[tokio::test]
async fn a_limited_token_is_told_who_it_is() {
    let jeton = Jeton::start().await;
    let wish = json!({
        "description": "MySQL", "bucketPermissions": {"out.c-b": "read", "in.c-a": "write"},
        "componentAccess": ["z", "a"], "expiresIn": 60,
    });
    let held = jeton.create(&wish).await;
    let answer = jeton.read(&held.token, PATH).await;
    insta::assert_json_snapshot!("limited", body(&answer));
    for absent in ["token", "admin", "copies", "shares", "lastUsed"] {
        assert!(!keys(&answer).iter().any(|key| key == absent), "{absent}");
    }
}

#[tokio::test]
async fn an_unchanged_token_is_answered_in_the_same_bytes() {
    let jeton = Jeton::start().await;
    let wish = json!({"bucketPermissions": {"out.c-b": "read", "in.c-a": "write"}, "expiresIn": 99_999});
    let held = jeton.create(&wish).await;
    let first = jeton.read(&held.token, PATH).await;
    // Another day, so that the day of last use has moved.
    jeton.pass_seconds(90_000);
    let second = jeton.read(&held.token, PATH).await;
    assert_eq!(first.body, second.body);
}

#[tokio::test]
async fn without_a_token_nothing_is_told() {
    let jeton = Jeton::start().await;
    let answers = [
        jeton.get(PATH).send().await,
        jeton.get(PATH).token("").send().await,
        jeton.get(PATH).header("authorization", "Basic YTpi").send().await,
        jeton.get(PATH).manage(&jeton.manage).send().await,
    ];
    for answer in answers {
        assert_eq!(answer.expect_error(401, ""), "Access token must be set");
    }
    let answer = jeton.get(PATH).send().await;
    insta::assert_json_snapshot!("missing_token", body(&answer));
}

#[tokio::test]
async fn invented_mistyped_wrong_and_expired_tokens_have_the_same_answer() {
    let jeton = Jeton::start().await;
    let dead = jeton.create(&json!({})).await;
    jeton.refresh(&dead).await;
    let mistyped = mistyped(&jeton.master);
    for token in ["invalid", "1-2-3", &mistyped, &dead.token, &jeton.manage] {
        let answer = jeton.get(PATH).token(token).send().await;
        assert!(!answer.text().contains(token));
        assert_eq!(answer.expect_error(401, "storage.tokenInvalid"), "Invalid access token");
    }
}

#[tokio::test]
async fn the_header_may_be_spelt_in_any_letter_case_or_be_a_bearer() {
    let jeton = Jeton::start().await;
    for name in [
        "X-StorageApi-Token: ",
        "x-storageapi-token:",
        "X-STORAGEAPI-TOKEN: ",
        "Authorization: Bearer ",
        "authorization: bearer ",
    ] {
        let header = format!("{name}{}", jeton.master);
        let head = ["GET /v2/storage/tokens/verify HTTP/1.1", &header];
        let answer = raw::send(&jeton.url, &head, b"").await.expect(200);
        assert_eq!(answer.field("id"), jeton.master_id);
    }
}

#[tokio::test]
async fn two_headers_must_say_the_same_and_an_empty_one_says_nothing() {
    let jeton = Jeton::start().await;
    let other = jeton.create(&json!({})).await;
    let bearer = format!("Bearer {}", jeton.master);
    let both = |token: &str| jeton.get(PATH).token(token).header("authorization", &bearer).send();
    both(&jeton.master).await.expect(200);
    both("").await.expect(200);
    both(&other.token).await.expect_error(401, "storage.tokenInvalid");
    let twice = jeton.get(PATH).token(&jeton.master).token(&other.token).send().await;
    twice.expect_error(401, "storage.tokenInvalid");
}

#[tokio::test]
async fn a_manage_token_beside_a_storage_token_is_judged_where_it_applies() {
    let jeton = Jeton::start().await;
    jeton.get(PATH).token(&jeton.master).manage(&jeton.manage).send().await.expect(200);
    jeton.get(PATH).token(&jeton.master).manage("rubbish").send().await.expect(200);
    let manage = "/manage/tokens/verify";
    jeton.get(manage).token(&jeton.master).manage(&jeton.manage).send().await.expect(200);
    jeton.get(manage).token("rubbish").manage(&jeton.manage).send().await.expect(200);
    jeton.get(manage).token(&jeton.master).send().await.expect_error(401, "");
}

#[tokio::test]
async fn a_failed_login_leaves_no_event() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({"expiresIn": 10})).await;
    jeton.pass_seconds(10);
    jeton.get(PATH).token(&held.token).send().await.expect_error(401, "storage.tokenExpired");
    jeton.get(PATH).token("rubbish").send().await.expect(401);
    assert_eq!(jeton.history(&held.id).await, ["storage.tokenCreated"]);
}
