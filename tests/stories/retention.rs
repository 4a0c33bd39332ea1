//! Retention: events are kept six months and are in no answer afterwards, whether or not a clean-up has run.

use jeton_tests::jeton::Jeton;
use serde_json::{Value, json};

/// The clock starts on 15 January, and six months later is 15 July.
const SIX_MONTHS: i64 = 181 * 86_400_000;

async fn events(jeton: &Jeton, path: &str) -> Vec<Value> {
    let answer = jeton.get(path).token(&jeton.master).send().await.expect(200).json();
    answer.as_array().unwrap().clone()
}

#[tokio::test]
async fn after_six_months_an_event_is_gone_from_every_answer() {
    let jeton = Jeton::start().await;
    let rights = json!({"in.c-main": "read"});
    let token = jeton.create(&json!({"bucketPermissions": rights})).await;
    jeton.may(&token.token, json!({"bucket": "in.c-main", "access": "read"})).await;
    let lists = [
        format!("/v2/storage/tokens/{}/events", token.id),
        "/v2/storage/events".to_owned(),
        "/v2/storage/buckets/in.c-main/events".to_owned(),
        format!("/v2/storage/events?q=token.id:{}", jeton.master_id),
        "/v2/storage/events?sortOrder=asc".to_owned(),
    ];
    let own = &lists[0];
    let single: Vec<String> =
        events(&jeton, own).await.iter().map(|e| format!("{own}/{}", e["uuid"].as_str().unwrap())).collect();
    assert_eq!(single.len(), 2);
    jeton.pass_millis(SIX_MONTHS - 1);
    for list in &lists {
        assert!(!events(&jeton, list).await.is_empty(), "{list}");
    }
    for path in &single {
        jeton.get(path).token(&jeton.master).send().await.expect(200);
    }
    jeton.pass_millis(1);
    for list in &lists {
        assert!(events(&jeton, list).await.is_empty(), "{list}");
    }
    for path in &single {
        assert_eq!(jeton.get(path).token(&jeton.master).send().await.status, 404);
    }
    let before_it_all = format!("{own}?sinceId=00000000-0000-7000-8000-000000000000");
    assert!(events(&jeton, &before_it_all).await.is_empty());
    assert_eq!(jeton.verify(&token.token).await, 200, "the token outlives its history");
}

#[tokio::test]
async fn a_deleted_token_is_known_by_its_history_until_the_last_of_it_is_gone() {
    let jeton = Jeton::start().await;
    let token = jeton.create(&json!({})).await;
    jeton.pass_seconds(86_400);
    let path = format!("/v2/storage/tokens/{}", token.id);
    jeton.delete(&path).token(&jeton.master).send().await.expect(204);
    jeton.pass_millis(SIX_MONTHS - 86_400_000);
    // It was deleted a day after its creation; only the deletion is still kept.
    assert_eq!(jeton.history(&token.id).await, ["storage.tokenDeleted"]);
    jeton.pass_seconds(2 * 86_400);
    let history = jeton.get(&format!("{path}/events")).token(&jeton.master).send().await;
    assert!(history.status == 404 || history.json() == json!([]), "{}", history.text());
}

#[tokio::test]
async fn the_history_of_a_deleted_token_is_not_for_everyone() {
    let jeton = Jeton::start().await;
    let token = jeton.create(&json!({})).await;
    let another = jeton.create(&json!({})).await;
    let path = format!("/v2/storage/tokens/{}", token.id);
    jeton.delete(&path).token(&token.token).send().await.expect(204);
    let events = format!("{path}/events");
    jeton.get(&events).token(&token.token).send().await.expect_error(401, "storage.tokenInvalid");
    jeton.get(&events).token(&another.token).send().await.expect_error(403, "accessDenied");
    let foreign = "/v2/storage/tokens/1/events";
    jeton.get(foreign).token(&jeton.master).send().await.expect_error(404, "storage.tokens.notFound");
}
