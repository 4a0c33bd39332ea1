//! `/v2/storage/branch/{branch}/…`: the same answers as on the plain path

use http::Method;
use jeton_service::endpoint::endpoints;
use jeton_tests::{
    jeton::{Held, Jeton},
    reading::path,
};
use serde_json::json;

const BRANCHES: [&str; 3] = ["default", "1", "123456"];

fn on_branch(path: &str, branch: &str) -> String {
    path.replacen("/v2/storage/", &format!("/v2/storage/branch/{branch}/"), 1)
}

#[tokio::test]
async fn every_get_answers_the_same_bytes_on_a_branch() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({"bucketPermissions": {"in.c-b": "read", "in.c-a": "write"}})).await;
    let event = json!({"component": "it", "message": "x", "objectType": "table", "objectId": "o"});
    let uuid = jeton.post_event(&held.token, &event).await;
    let mut seen = 0;
    for endpoint in endpoints().filter(|row| row.method == Method::GET && row.has_branch) {
        let plain =
            endpoint.path.replace("{token}", &held.id).replace("{uuid}", &uuid).replace("{object}", "o");
        let expected = jeton.read(&jeton.master, &plain).await;
        for branch in BRANCHES {
            let answer = jeton.read(&jeton.master, &on_branch(&plain, branch)).await;
            assert_eq!(answer.body, expected.body, "{plain}");
            assert_eq!(answer.content_type(), expected.content_type());
        }
        seen += 1;
    }
    assert_eq!(seen, 13);
}

#[tokio::test]
async fn a_token_is_created_changed_shared_refreshed_and_deleted_on_a_branch() {
    let jeton = Jeton::start().await;
    let at = |path: &str| on_branch(path, "default");
    let create = jeton.post(&at("/v2/storage/tokens")).token(&jeton.master).json(&json!({}));
    let held = Held::from(&create.send().await.expect(201));
    let own = at(&path(&held.id));
    let change = json!({"description": "renamed"});
    jeton.put(&own).token(&jeton.master).json(&change).send().await.expect(200);
    let wish = json!({"recipientEmail": "bob@example.org"});
    jeton.post(&format!("{own}/share")).token(&jeton.master).json(&wish).send().await.expect(204);
    let question = json!({"operation": "op", "component": "a"});
    jeton.post(&at("/v2/storage/tokens/verify")).token(&held.token).json(&question).send().await.expect(200);
    jeton.post(&format!("{own}/refresh")).token(&held.token).send().await.expect(200);
    jeton.delete(&own).token(&jeton.master).send().await.expect(204);
    assert_eq!(jeton.history(&held.id).await.len(), 6);
}

#[tokio::test]
async fn events_and_the_tokens_of_configurations_have_branches_too() {
    let jeton = Jeton::start().await;
    let event = json!({"component": "it", "message": "x"});
    let posted = jeton.post("/v2/storage/branch/7/events").token(&jeton.master).json(&event).send().await;
    let uuid = posted.expect(201).field("uuid");
    let read = jeton.read(&jeton.master, &format!("/v2/storage/branch/default/events/{uuid}")).await.json();
    assert_eq!(read["idBranch"], 1);
    let config = "/v2/storage/components/a/configs/1/token";
    let made = jeton.put(&on_branch(config, "7")).token(&jeton.master).send().await.expect(201);
    let same = jeton.put(config).token(&jeton.master).send().await.expect(200);
    assert_eq!(made.field("id"), same.field("id"));
    jeton.delete(&on_branch(config, "default")).token(&jeton.master).send().await.expect(204);
}

#[tokio::test]
async fn what_is_neither_default_nor_a_number_is_no_branch() {
    let jeton = Jeton::start().await;
    for branch in ["main", "-1", "1a", ""] {
        let path = format!("/v2/storage/branch/{branch}/tokens/verify");
        let answer = jeton.get(&path).token(&jeton.master).send().await.expect(404);
        assert!(answer.field("error").contains("resource not found"), "{branch:?}");
    }
}

#[tokio::test]
async fn paths_that_are_not_about_tokens_and_events_have_no_branch() {
    let jeton = Jeton::start().await;
    jeton.post("/v2/storage/branch/default/tickets").token(&jeton.master).send().await.expect(404);
    jeton.get("/v2/storage/branch/default").send().await.expect(404);
}
