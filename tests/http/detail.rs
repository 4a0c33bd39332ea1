//! `GET /v2/storage/tokens/{token}`

use jeton_tests::{
    jeton::{Held, Jeton},
    reading::path,
    snapshot::body,
};
use serde_json::{Value, json};

#[tokio::test]
async fn detail_tells_everything_but_the_secret() {
    let jeton = Jeton::start().await;
    let held = jeton
        .create(
            &json!({"description": "MySQL", "bucketPermissions": {"in.c-main": "write"}, "expiresIn": 60}),
        )
        .await;
    jeton.shared_copy(&held.id).await;
    jeton.share(&held.id, "late@example.org").await;
    let answer = jeton.read(&jeton.master, &path(&held.id)).await;
    assert_eq!(answer.content_type(), Some("application/json"));
    insta::assert_json_snapshot!("limited", body(&answer));
}

#[tokio::test]
async fn a_master_token_tells_of_its_member_and_its_project() {
    let jeton = Jeton::start().await;
    let answer = jeton.read(&jeton.master, &path(&jeton.master_id)).await;
    insta::assert_json_snapshot!("master", body(&answer));
    let token = answer.json();
    assert!(token["owner"]["id"].is_u64() && token["adminOwner"]["id"].is_u64());
    assert!(token.get("creatorToken").is_none());
    assert_eq!(token["organization"], json!({"id": "11"}));
}

#[tokio::test]
async fn admin_owner_is_the_member_behind_the_creator() {
    let jeton = Jeton::start().await;
    let bob = jeton.join("bob@example.org").await;
    let held = jeton.create_by(&bob.token, &json!({})).await;
    assert_eq!(jeton.detail(&held.id).await["adminOwner"]["email"], "bob@example.org");
    assert!(jeton.detail(&held.id).await.get("admin").is_none());
}

#[tokio::test]
async fn the_copy_that_asks_is_the_current_one() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    let copy = jeton.shared_copy(&held.id).await;
    for (by, current) in [(&held.token, Some("1")), (&copy.token, Some("2")), (&jeton.master, None)] {
        let token = jeton.read(by, &path(&held.id)).await.json();
        let is_current = |copy: &&Value| copy.get("current").is_some();
        let found: Vec<_> = token["copies"].as_array().unwrap().iter().filter(is_current).collect();
        assert_eq!(found.first().map(|copy| copy["id"].as_str().unwrap()), current, "{token}");
        assert!(found.len() < 2 && found.iter().all(|copy| copy["current"] == true), "{token}");
    }
}

#[tokio::test]
async fn an_unchanged_token_is_answered_in_the_same_bytes() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({"bucketPermissions": {"out.b": "read", "in.a": "write"}})).await;
    let first = jeton.read(&jeton.master, &path(&held.id)).await;
    jeton.pass_seconds(3600);
    assert_eq!(jeton.read(&jeton.master, &path(&held.id)).await.body, first.body);
}

#[tokio::test]
async fn a_token_may_look_at_itself_and_at_nothing_else() {
    let jeton = Jeton::start().await;
    let own = jeton.create(&json!({})).await;
    let other = jeton.create(&json!({})).await;
    assert_eq!(jeton.read(&own.token, &path(&own.id)).await.field("id"), own.id);
    // A foreign id and one that does not exist look the same to it.
    for id in [other.id.as_str(), jeton.master_id.as_str(), "281474976710655"] {
        let answer = jeton.get(&path(id)).token(&own.token).send().await;
        let error = answer.expect_error(403, "accessDenied");
        assert_eq!(error, "You don't have access to the resource.");
    }
}

#[tokio::test]
async fn a_manager_is_told_that_an_unknown_or_foreign_token_does_not_exist() {
    let jeton = Jeton::start().await;
    let manager = jeton.create_manager(json!({})).await;
    let foreign = jeton.foreign().await;
    for caller in [&jeton.master, &manager.token] {
        for id in [foreign.id.as_str(), "281474976710655"] {
            let answer = jeton.get(&path(id)).token(caller).send().await;
            answer.expect_error(404, "storage.tokens.notFound");
        }
    }
}

#[tokio::test]
async fn what_is_no_decimal_id_is_no_resource() {
    let jeton = Jeton::start().await;
    for id in ["foo", "0", "01", "-1", "+1", "1.0", "281474976710656", "/", "1/2", "keen"] {
        let answer = jeton.get(&path(id)).token(&jeton.master).send().await.expect(404);
        assert!(answer.field("error").contains("resource not found"), "{id:?}");
    }
}

#[tokio::test]
async fn copies_say_how_they_came_about_and_shares_are_listed_while_open() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    jeton.shared_copy(&held.id).await;
    jeton.share(&held.id, "late@example.org").await;
    let token = jeton.detail(&held.id).await;
    let copies: Vec<_> = token["copies"].as_array().unwrap().iter().map(|copy| &copy["via"]).collect();
    assert_eq!(copies, ["create", "share"]);
    assert_eq!(token["copies"][1]["recipient"], "colleague@example.org");
    assert_eq!(token["shares"][0]["recipient"], "late@example.org");
    jeton.pass_seconds(86_400);
    assert_eq!(jeton.detail(&held.id).await["shares"], json!([]));
    jeton.refresh(&held).await;
    let token = jeton.detail(&held.id).await;
    assert_eq!(token["copies"].as_array().unwrap().len(), 1);
    assert_eq!(token["copies"][0]["via"], "refresh");
}

#[tokio::test]
async fn last_used_is_a_day_that_only_the_token_itself_moves() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    assert!(jeton.detail(&held.id).await.get("lastUsed").is_none());
    jeton.verify(&held.token).await;
    assert_eq!(jeton.detail(&held.id).await["lastUsed"], "2026-01-15");
    jeton.pass_seconds(86_400);
    assert_eq!(jeton.detail(&held.id).await["lastUsed"], "2026-01-15");
    jeton.verify(&held.token).await;
    assert_eq!(jeton.detail(&held.id).await["lastUsed"], "2026-01-16");
}

#[tokio::test]
async fn the_use_of_a_token_that_was_used_the_day_before_counts_an_hour_after_midnight_at_the_latest() {
    let jeton = Jeton::start().await;
    let (daily, rare) = (jeton.create(&json!({})).await, jeton.create(&json!({})).await);
    jeton.verify(&daily.token).await;
    let last_used = async |held: &Held| {
        jeton.verify(&held.token).await;
        jeton.detail(&held.id).await["lastUsed"].clone()
    };
    // From noon to midnight.
    jeton.pass_seconds(43_200);
    assert_eq!(last_used(&daily).await, "2026-01-15");
    assert_eq!(last_used(&rare).await, "2026-01-16");
    jeton.pass_seconds(3_600);
    assert_eq!(last_used(&daily).await, "2026-01-16");
}

#[tokio::test]
async fn reading_leaves_no_event() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    jeton.detail(&held.id).await;
    jeton.verified(&held.token).await;
    assert_eq!(jeton.history(&held.id).await, ["storage.tokenCreated"]);
}
