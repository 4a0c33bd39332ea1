//! The master creates `MySQL extractor`, which has exactly the requested rights.

use jeton_tests::{
    jeton::{ADMIN, Held, Jeton},
    store::open_store_at,
};
use serde_json::{Value, json};

const COLLEAGUE: &str = "colleague@example.org";

fn wish() -> Value {
    json!({
        "description": "MySQL extractor",
        "componentAccess": ["keboola.ex-db-mysql"],
        "bucketPermissions": {"in.c-csv-import": "write"},
    })
}

/// Every right that a question can ask for, except those of `MySQL extractor`.
fn other_questions() -> Vec<Value> {
    let mut questions = vec![
        json!({"bucket": "in.c-csv-import", "access": "manage"}),
        json!({"bucket": "in.c-csv-import2", "access": "read"}),
        json!({"bucket": "out.c-csv-import", "access": "write"}),
        json!({"component": "keboola.ex-db-mysql2"}),
        // One right does not imply another.
        json!({"component": "keboola.ex-db-mysql", "capability": "createJobs"}),
    ];
    let capabilities = ["manageBuckets", "readAllFileUploads", "purgeTrash", "manageTokens", "createJobs"];
    questions.extend(capabilities.map(|capability| json!({"capability": capability})));
    questions
}

#[tokio::test]
async fn it_runs_its_component_reads_and_writes_its_bucket_and_does_nothing_else() {
    let jeton = Jeton::start().await;
    let token = jeton.create(&wish()).await.token;
    assert!(jeton.may(&token, json!({"component": "keboola.ex-db-mysql"})).await);
    assert!(jeton.may(&token, json!({"bucket": "in.c-csv-import", "access": "write"})).await);
    assert!(jeton.may(&token, json!({"bucket": "in.c-csv-import", "access": "read"})).await);
    for question in other_questions() {
        assert!(!jeton.may(&token, question.clone()).await, "{question}");
    }
}

#[tokio::test]
async fn it_manages_no_tokens() {
    let jeton = Jeton::start().await;
    let token = jeton.create(&wish()).await;
    let another = jeton.create(&json!({})).await;
    let create = jeton.post("/v2/storage/tokens").token(&token.token).json(&json!({}));
    create.send().await.expect_error(403, "accessDenied");
    for id in [&another.id, &jeton.master_id] {
        let path = format!("/v2/storage/tokens/{id}");
        jeton.get(&path).token(&token.token).send().await.expect_error(403, "accessDenied");
        jeton.delete(&path).token(&token.token).send().await.expect_error(403, "accessDenied");
        let refresh = jeton.post(&format!("{path}/refresh")).token(&token.token).send().await;
        refresh.expect_error(403, "accessDenied");
    }
    let list = jeton.get("/v2/storage/tokens").token(&token.token).send().await.expect(200).json();
    assert_eq!(list.as_array().unwrap().len(), 1, "it sees nobody but itself");
    assert_eq!(list[0]["id"], token.id);
}

#[tokio::test]
async fn a_token_that_asked_for_nothing_may_do_nothing() {
    let jeton = Jeton::start().await;
    let token = jeton.create(&json!({})).await.token;
    let own = [
        json!({"component": "keboola.ex-db-mysql"}),
        json!({"bucket": "in.c-csv-import", "access": "read"}),
        json!({"bucket": "in.c-csv-import", "access": "write"}),
    ];
    for question in other_questions().into_iter().chain(own) {
        assert!(!jeton.may(&token, question.clone()).await, "{question}");
    }
}

#[tokio::test]
async fn its_string_is_shown_once_and_is_nowhere_afterwards() {
    let (store, place) = open_store_at().await;
    let jeton = Jeton::start_on(store).await;
    let created = jeton.create(&wish()).await;
    let copy = jeton.shared_copy(&created.id).await;
    let refreshed = jeton.refresh(&created).await;
    // Later changes write the state of the token again.
    let path = format!("/v2/storage/tokens/{}", created.id);
    let edit = jeton.put(&path).token(&jeton.master).json(&json!({"description": "renamed"}));
    edit.send().await.expect(200);
    let mut seen = place.everything().await;
    for path in [
        path.clone(),
        format!("{path}/events"),
        "/v2/storage/tokens".to_owned(),
        "/v2/storage/tokens/verify".to_owned(),
        "/v2/storage/events".to_owned(),
    ] {
        for caller in [&jeton.master, &refreshed.token] {
            seen.extend(jeton.get(&path).token(caller).send().await.expect(200).body);
        }
    }
    for mail in [jeton.mail_to(COLLEAGUE).await, jeton.mail_to(ADMIN).await].concat() {
        seen.extend([mail.raw, mail.text, mail.html].concat().into_bytes());
    }
    for held in [&created, &copy, &refreshed, &Held::of(jeton.master.clone())] {
        let (_, secret) = held.token.split_once("-jt").unwrap();
        // Not even the first half of it.
        assert!(!contains(&seen, &secret.as_bytes()[..20]));
    }
    assert!(contains(&seen, b"MySQL extractor"), "what was searched is what is kept");
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}
