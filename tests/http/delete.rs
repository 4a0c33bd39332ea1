//! `DELETE /v2/storage/tokens/{token}` and `…/copies/{copy}`

use jeton_tests::{jeton::Jeton, reading::path};
use serde_json::json;

#[tokio::test]
async fn a_deleted_token_is_gone_at_once_with_its_copies_and_shares() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    let copy = jeton.shared_copy(&held.id).await;
    let open = jeton.share(&held.id, "late@example.org").await;
    let answer = jeton.delete(&path(&held.id)).token(&jeton.master).send().await.expect(204);
    assert!(answer.body.is_empty() && answer.content_type().is_none());
    assert_eq!(jeton.verify(&held.token).await, 401);
    assert_eq!(jeton.verify(&copy.token).await, 401);
    jeton.pick_up(&open).await.expect_error(410, "pickup.ended");
    let again = jeton.get(&path(&held.id)).token(&jeton.master).send().await;
    again.expect_error(404, "storage.tokens.notFound");
    let list = jeton.read(&jeton.master, "/v2/storage/tokens").await.json();
    assert_eq!(list.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn deleting_twice_is_not_found() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    jeton.delete(&path(&held.id)).token(&jeton.master).send().await.expect(204);
    let again = jeton.delete(&path(&held.id)).token(&jeton.master).send().await;
    again.expect_error(404, "storage.tokens.notFound");
}

#[tokio::test]
async fn a_token_may_delete_itself_and_no_other() {
    let jeton = Jeton::start().await;
    let own = jeton.create(&json!({})).await;
    let other = jeton.create(&json!({})).await;
    let answer = jeton.delete(&path(&other.id)).token(&own.token).send().await;
    answer.expect_error(403, "accessDenied");
    jeton.delete(&path(&own.id)).token(&own.token).send().await.expect(204);
    let gone = jeton.delete(&path(&own.id)).token(&own.token).send().await;
    gone.expect_error(401, "storage.tokenInvalid");
    assert_eq!(jeton.verify(&other.token).await, 200);
}

#[tokio::test]
async fn a_picked_up_copy_deletes_only_itself() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    let copy = jeton.shared_copy(&held.id).await;
    jeton.delete(&path(&held.id)).token(&copy.token).send().await.expect(204);
    assert_eq!(jeton.verify(&copy.token).await, 401);
    assert_eq!(jeton.verify(&held.token).await, 200);
    assert_eq!(jeton.detail(&held.id).await["copies"].as_array().unwrap().len(), 1);
    assert_eq!(jeton.last_event(&held.id).await["event"], "storage.tokenDeleted");
}

#[tokio::test]
async fn a_master_token_is_deleted_by_nobody_not_even_itself() {
    let jeton = Jeton::start().await;
    let bob = jeton.join("bob@example.org").await;
    let manager = jeton.create_manager(json!({"canManageBuckets": true})).await;
    for caller in [&jeton.master, &bob.token, &manager.token] {
        let answer = jeton.delete(&path(&jeton.master_id)).token(caller).send().await;
        answer.expect_error(403, "accessDenied");
    }
    assert_eq!(jeton.verify(&jeton.master).await, 200);
}

#[tokio::test]
async fn a_manager_deletes_what_is_no_master() {
    let jeton = Jeton::start().await;
    let manager = jeton.create_manager(json!({})).await;
    let held = jeton.create(&json!({"canManageBuckets": true})).await;
    jeton.delete(&path(&held.id)).token(&manager.token).send().await.expect(204);
    let foreign = jeton.foreign().await;
    let answer = jeton.delete(&path(&foreign.id)).token(&manager.token).send().await;
    answer.expect_error(404, "storage.tokens.notFound");
}

#[tokio::test]
async fn the_token_of_a_configuration_goes_with_the_configuration_only() {
    let jeton = Jeton::start().await;
    let config = "/v2/storage/components/orchestrator/configs/123/token";
    let created = jeton.put(config).token(&jeton.master).json(&json!({})).send().await.expect(201);
    let (id, own) = (created.field("id"), created.field("token"));
    for caller in [&jeton.master, &own] {
        let answer = jeton.delete(&path(&id)).token(caller).send().await;
        let error = answer.expect_error(400, "storage.tokens.cannotDeleteDueToOrchestration");
        assert_eq!(
            error,
            "Cannot delete token, because it's used for event trigger inside component \"orchestrator\" \
             with configuration id \"123\""
        );
    }
    assert_eq!(jeton.verify(&own).await, 200);
}

#[tokio::test]
async fn no_id_at_all_and_one_that_is_none_are_no_resource() {
    let jeton = Jeton::start().await;
    for id in ["", "foo", "0123"] {
        let answer = jeton.delete(&path(id)).token(&jeton.master).send().await.expect(404);
        assert!(answer.field("error").contains("resource not found"), "{id:?}");
    }
}

#[tokio::test]
async fn the_history_outlives_the_token_for_managers() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    jeton.delete(&path(&held.id)).token(&held.token).send().await.expect(204);
    assert_eq!(jeton.history(&held.id).await, ["storage.tokenDeleted", "storage.tokenCreated"]);
}

#[tokio::test]
async fn a_deleted_copy_is_not_accepted_and_the_others_go_on() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    let lost = jeton.shared_copy(&held.id).await;
    let kept = jeton.shared_copy(&held.id).await;
    let copy = format!("{}/copies/2", path(&held.id));
    let answer = jeton.delete(&copy).token(&jeton.master).send().await.expect(204);
    assert!(answer.body.is_empty());
    assert_eq!(jeton.verify(&lost.token).await, 401);
    assert_eq!((jeton.verify(&kept.token).await, jeton.verify(&held.token).await), (200, 200));
    let copies = jeton.detail(&held.id).await["copies"].clone();
    assert_eq!(copies.as_array().unwrap().iter().map(|copy| &copy["id"]).collect::<Vec<_>>(), ["1", "3"]);
    let event = jeton.last_event(&held.id).await;
    assert_eq!(
        (&event["event"], &event["params"]["deletedCopy"]),
        (&json!("storage.tokenDeleted"), &json!("2"))
    );
    jeton.delete(&copy).token(&jeton.master).send().await.expect(404);
}

#[tokio::test]
async fn a_copy_takes_itself_back_and_a_picked_up_one_no_other() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    let copy = jeton.shared_copy(&held.id).await;
    let of = |copy: &str| format!("{}/copies/{copy}", path(&held.id));
    jeton.delete(&of("1")).token(&copy.token).send().await.expect_error(403, "accessDenied");
    jeton.delete(&of("2")).token(&copy.token).send().await.expect(204);
    assert_eq!(jeton.verify(&copy.token).await, 401);
    jeton.delete(&of("1")).token(&held.token).send().await.expect(204);
    assert_eq!(jeton.verify(&held.token).await, 401);
    // The token still exists, and a refresh gives it a copy again.
    let refresh = jeton.post(&format!("{}/refresh", path(&held.id))).token(&jeton.master).send().await;
    assert_eq!(jeton.verify(&refresh.expect(200).field("token")).await, 200);
}

#[tokio::test]
async fn there_is_no_copy_of_a_number_that_none_has() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    for copy in ["2", "4294967295"] {
        let copy = format!("{}/copies/{copy}", path(&held.id));
        jeton.delete(&copy).token(&jeton.master).send().await.expect(404);
    }
    for copy in ["0", "01", "x", "4294967296"] {
        let copy = format!("{}/copies/{copy}", path(&held.id));
        let answer = jeton.delete(&copy).token(&jeton.master).send().await.expect(404);
        assert!(answer.field("error").contains("resource not found"), "{copy}");
    }
    assert_eq!(jeton.verify(&held.token).await, 200);
}
