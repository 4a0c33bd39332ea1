//! `PUT` and `DELETE /v2/storage/components/{component}/configs/{config}/token`

use jeton_tests::{jeton::Jeton, reading::path, snapshot::body};
use serde_json::{Value, json};

const PATH: &str = "/v2/storage/components/keboola.orchestrator/configs/123/token";

#[tokio::test]
async fn the_first_put_makes_the_token_and_shows_its_secret() {
    let jeton = Jeton::start().await;
    let wish = json!({"description": "Nightly", "componentAccess": ["keboola.orchestrator"]});
    let answer = jeton.put(PATH).token(&jeton.master).json(&wish).send().await.expect(201);
    assert_eq!(answer.content_type(), Some("application/json"));
    assert_eq!(jeton.verify(&answer.field("token")).await, 200);
    insta::assert_json_snapshot!("created", body(&answer));
}

#[tokio::test]
async fn a_later_put_answers_the_same_token_without_its_secret_and_replaces_what_it_names() {
    let jeton = Jeton::start().await;
    let put = |wish: Value| jeton.put(PATH).token(&jeton.master).json(&wish).send();
    let first = put(json!({"description": "Nightly", "canPurgeTrash": true})).await.expect(201);
    let second = put(json!({})).await.expect(200).json();
    assert_eq!(second["id"], first.field("id"));
    assert!(second.get("token").is_none());
    let third = put(json!({"componentAccess": ["a"]})).await.expect(200).json();
    assert_eq!((&third["componentAccess"], &third["canPurgeTrash"]), (&json!(["a"]), &json!(true)));
    assert_eq!(jeton.verify(&first.field("token")).await, 200);
    let history = jeton.history(&first.field("id")).await;
    assert_eq!(history, ["storage.tokenUpdated", "storage.tokenCreated"]);
}

#[tokio::test]
async fn each_configuration_has_a_token_of_its_own() {
    let jeton = Jeton::start().await;
    let mut ids = Vec::new();
    for (component, config) in [("a", "1"), ("a", "2"), ("b", "1"), ("a", "with%20space%2Fand%20slash")] {
        let path = format!("/v2/storage/components/{component}/configs/{config}/token");
        ids.push(jeton.put(&path).token(&jeton.master).send().await.expect(201).field("id"));
    }
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 4);
}

#[tokio::test]
async fn delete_takes_the_token_away_with_its_configuration() {
    let jeton = Jeton::start().await;
    let token = jeton.put(PATH).token(&jeton.master).send().await.expect(201);
    let answer = jeton.delete(PATH).token(&jeton.master).send().await.expect(204);
    assert!(answer.body.is_empty() && answer.content_type().is_none());
    assert_eq!(jeton.verify(&token.field("token")).await, 401);
    let gone = jeton.delete(PATH).token(&jeton.master).send().await;
    gone.expect_error(404, "storage.tokens.notFound");
    let again = jeton.put(PATH).token(&jeton.master).send().await.expect(201);
    assert_ne!(again.field("id"), token.field("id"));
    assert_eq!(jeton.history(&token.field("id")).await, ["storage.tokenDeleted", "storage.tokenCreated"]);
}

#[tokio::test]
async fn the_token_is_updated_and_refreshed_like_any_other() {
    let jeton = Jeton::start().await;
    let token = jeton.put(PATH).token(&jeton.master).send().await.expect(201);
    let own = path(&token.field("id"));
    let change = json!({"description": "renamed"});
    jeton.put(&own).token(&jeton.master).json(&change).send().await.expect(200);
    jeton.post(&format!("{own}/refresh")).token(&token.field("token")).send().await.expect(200);
    let same = jeton.put(PATH).token(&jeton.master).send().await.expect(200);
    assert_eq!((same.field("id"), same.field("description")), (token.field("id"), "renamed".to_owned()));
}

#[tokio::test]
async fn only_managers_give_configurations_their_tokens_within_their_own_rights() {
    let jeton = Jeton::start().await;
    let limited = jeton.create(&json!({"canManageBuckets": true})).await;
    jeton.put(PATH).token(&limited.token).send().await.expect_error(403, "accessDenied");
    jeton.delete(PATH).token(&limited.token).send().await.expect_error(403, "accessDenied");
    let manager = jeton.create_manager(json!({"componentAccess": ["a"]})).await;
    let put = |wish: Value| jeton.put(PATH).token(&manager.token).json(&wish).send();
    put(json!({"componentAccess": ["b"]})).await.expect_error(403, "accessDenied");
    put(json!({"canManageTokens": true})).await.expect_error(403, "accessDenied");
    put(json!({"componentAccess": ["a"]})).await.expect(201);
    put(json!({"componentAccess": ["b"]})).await.expect_error(403, "accessDenied");
    let wider = json!({"componentAccess": ["b"]});
    jeton.put(PATH).token(&jeton.master).json(&wider).send().await.expect(200);
    put(json!({})).await.expect_error(403, "accessDenied");
}

#[tokio::test]
async fn permissions_are_checked_as_in_create() {
    let jeton = Jeton::start().await;
    let wish = json!({"bucketPermissions": {"in.c-main": "manage"}});
    let answer = jeton.put(PATH).token(&jeton.master).json(&wish).send().await;
    answer.expect_error(400, "storage.tokens.invalidPermissions");
    let wish = json!({"canManageProtectedDefaultBranch": true});
    jeton.put(PATH).token(&jeton.master).json(&wish).send().await.expect_error(403, "accessDenied");
}

#[tokio::test]
async fn a_later_put_moves_the_end_as_an_update_does() {
    let jeton = Jeton::start().await;
    let put = |wish: Value| jeton.put(PATH).token(&jeton.master).json(&wish).send();
    put(json!({"expiresIn": 3600})).await.expect(201);
    let moved = put(json!({"expiresIn": 60})).await.expect(200).json();
    assert_eq!(moved["expires"], "2026-01-15T12:01:00+0000");
    let event = jeton.last_event(moved["id"].as_str().unwrap()).await;
    assert_eq!(event["params"]["expires"], "2026-01-15T12:01:00+0000");
    let rejected = put(json!({"expires": "2026-01-15T12:02:00+0000"})).await;
    assert!(rejected.expect_error(400, "validationError").contains("send expiresIn"));

    let manager = jeton.create_manager(json!({})).await;
    let by_manager = jeton.put(PATH).token(&manager.token).json(&json!({"expiresIn": 7200}));
    by_manager.send().await.expect_error(403, "accessDenied");
}

#[tokio::test]
async fn the_token_of_a_configuration_ends_no_later_than_the_one_that_made_it() {
    let jeton = Jeton::start().await;
    let manager = jeton.create_manager(json!({"expiresIn": 60})).await;
    let made =
        jeton.put(PATH).token(&manager.token).json(&json!({"expiresIn": 600})).send().await.expect(201);
    assert_eq!(made.json()["expires"], "2026-01-15T12:01:00+0000");
    jeton.pass_seconds(60);
    assert_eq!(jeton.verify(&made.field("token")).await, 401);
}

#[tokio::test]
async fn a_put_that_would_disable_or_enable_a_token_is_rejected() {
    let jeton = Jeton::start().await;
    let put = |wish: Value| jeton.put(PATH).token(&jeton.master).json(&wish).send();
    put(json!({"isDisabled": true})).await.expect_error(400, "validationError");
    let id = put(json!({"isDisabled": false})).await.expect(201).field("id");
    put(json!({"isDisabled": true})).await.expect_error(400, "validationError");
    let off = jeton.put(&path(&id)).token(&jeton.master).json(&json!({"isDisabled": true}));
    off.send().await.expect(200);
    for on in [json!(false), json!("0"), json!(0)] {
        put(json!({"isDisabled": on})).await.expect_error(400, "validationError");
    }
    assert_eq!(put(json!({"description": "new"})).await.expect(200).json()["isDisabled"], true);
}
