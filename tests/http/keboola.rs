//! Requests of Keboola's clients that do not run here, byte for byte, and the assertions of their tests about
//! the answers: the PHP client of the Storage API, and kbagent, Keboola's command line.
//! docs/explanation/compatibility.md lists their tests one by one.

use http::Method;
use jeton_tests::{client::Answer, jeton::Jeton};
use serde_json::{Value, json};

const TOKENS: &str = "/v2/storage/tokens";

/// A call of the PHP client: its spelling of the headers, and a body of exactly this JSON.
async fn php(jeton: &Jeton, token: &str, method: Method, path: &str, body: &str) -> Answer {
    let call = jeton.call(method, path).header("X-StorageApi-Token", token).header("Accept-Encoding", "gzip");
    let call = call.header("User-Agent", "Keboola Storage API PHP Client/14").header("X-KBC-RunId", "");
    let answer = call.raw("application/json", body.to_owned()).send().await;
    // It parses an answer of exactly this type, and returns anything else as text.
    match answer.status.as_u16() {
        204 => assert_eq!((answer.content_type(), answer.body.len()), (None, 0)),
        _ => assert_eq!(answer.content_type(), Some("application/json")),
    }
    answer
}

/// A call of kbagent: its spelling of the header, and a form.
async fn kbagent(jeton: &Jeton, token: &str, method: Method, path: &str, form: Option<&str>) -> Answer {
    let call = jeton.call(method, path).header("X-StorageAPI-Token", token);
    match form {
        Some(form) => call.form(form).send().await,
        None => call.send().await,
    }
}

fn secret(answer: &Answer) -> String {
    answer.field("token")
}

#[tokio::test]
async fn php_creates_with_no_options_at_all() {
    let jeton = Jeton::start().await;
    let made = php(&jeton, &jeton.master, Method::POST, TOKENS, "{}").await.expect(201).json();
    assert_eq!((&made["expires"], &made["bucketPermissions"]), (&Value::Null, &json!([])));
    assert_eq!(made["description"], "Created by admin@example.org");
    assert_eq!(made["creatorToken"]["description"], "admin@example.org");
    for flag in
        ["isMasterToken", "canManageBuckets", "canManageTokens", "canReadAllFileUploads", "canPurgeTrash"]
    {
        assert_eq!(made[flag], false, "{flag}");
    }
    for absent in ["admin", "componentAccess"] {
        assert!(made.get(absent).is_none(), "{absent}");
    }
}

#[tokio::test]
async fn php_creates_with_all_options() {
    let jeton = Jeton::start().await;
    let body = r#"{"canManageBuckets":true,"canReadAllFileUploads":true,"canPurgeTrash":true,"expiresIn":360,
        "description":"My test token","componentAccess":["wr-db"]}"#;
    let made = php(&jeton, &jeton.master, Method::POST, TOKENS, body).await.expect(201).json();
    assert_eq!(made["componentAccess"], json!(["wr-db"]));
    assert!(made["expires"].is_string());
    // A token that manages buckets keeps that right, whatever single buckets an update names.
    let path = format!("{TOKENS}/{}", made["id"].as_str().unwrap());
    let body = r#"{"description":"renamed","bucketPermissions":{"out.c-x":"read"}}"#;
    let changed = php(&jeton, &jeton.master, Method::PUT, &path, body).await.expect(200).json();
    assert_eq!((&changed["canManageBuckets"], &changed["bucketPermissions"]), (&json!(true), &json!([])));
}

#[tokio::test]
async fn php_is_denied_a_permission_that_a_bucket_cannot_have_and_nothing_changes() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    let path = format!("{TOKENS}/{}", held.id);
    let set = |access| format!(r#"{{"bucketPermissions":{{"out.c-x":"{access}"}}}}"#);
    php(&jeton, &jeton.master, Method::PUT, &path, &set("write")).await.expect(200);
    let rejected = php(&jeton, &jeton.master, Method::PUT, &path, &set("manage")).await;
    rejected.expect_error(400, "storage.tokens.invalidPermissions");
    let seen = jeton.get(&path).token(&jeton.master).send().await.expect(200).json();
    assert_eq!(seen["bucketPermissions"], json!({"out.c-x": "write"}));
}

#[tokio::test]
async fn php_refreshes_itself_and_the_copy_it_held_is_dead() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    let path = format!("{TOKENS}/{}/refresh", held.id);
    // A call without parameters sends an empty array.
    let fresh = secret(&php(&jeton, &held.token, Method::POST, &path, "[]").await.expect(200));
    assert_ne!(fresh, held.token);
    let dead = jeton.get("/v2/storage/tokens/verify").token(&held.token).send().await;
    let said = dead.expect_error(401, "storage.tokenInvalid");
    assert!(!said.contains(&held.token));
}

#[tokio::test]
async fn php_that_may_not_is_told_so_in_the_words_it_knows() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    let rejected = php(&jeton, &held.token, Method::POST, TOKENS, "{}").await;
    assert_eq!(rejected.expect_error(403, "accessDenied"), "You don't have access to the resource.");
    let rejected = php(&jeton, &jeton.master, Method::POST, TOKENS, r#"{"expiresIn":0}"#).await.expect(400);
    assert!(rejected.field("error").contains("Minimal expiration must be greater or equal to 1 second(s)"));
}

#[tokio::test]
async fn php_shares_and_finds_the_recipient_in_the_event() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    let body = r#"{"recipientEmail":"test@example.org","message":"Hi"}"#;
    let path = format!("{TOKENS}/{}/share", held.id);
    php(&jeton, &jeton.master, Method::POST, &path, body).await.expect(204);
    let found = jeton.events(&jeton.master, "/v2/storage/events?q=event:storage.tokenShared").await;
    assert_eq!(found[0]["params"]["recipientEmail"], "test@example.org");
    let master = format!("{TOKENS}/{}/share", jeton.master_id);
    let rejected = php(&jeton, &jeton.master, Method::POST, &master, body).await;
    assert_eq!(rejected.json()["code"], "storage.token.cannotShareMasterToken");
}

#[tokio::test]
async fn php_posts_an_event_with_every_field_it_knows_however_empty() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({"canManageBuckets": true})).await;
    let empty = r#"{"component":"ex-sfdc","message":"fetched","description":null,"type":null,"runId":null,
        "configurationId":null,"params":[],"results":[],"duration":null,"componentName":null,"componentType":null}"#;
    let full = r#"{"component":"ex-sfdc","message":"Table fetched.","description":"Longer","type":"info",
        "runId":"ddddssss","configurationId":123,"duration":200,"params":{"accountName":"Keboola"},"results":"{}"}"#;
    let mut stored = Vec::new();
    for body in [empty, full] {
        let id =
            php(&jeton, &held.token, Method::POST, "/v2/storage/events", body).await.expect(201).field("id");
        let path = format!("/v2/storage/events/{id}");
        stored.push(jeton.get(&path).token(&held.token).send().await.expect(200).json());
    }
    for object in ["params", "results", "performance"] {
        assert_eq!(stored[0][object], json!({}), "{object}");
    }
    assert_eq!((&stored[0]["type"], &stored[0]["runId"]), (&json!("info"), &Value::Null));
    assert_eq!(stored[1]["performance"]["duration"], 200);
    assert_eq!(
        (&stored[1]["configurationId"], &stored[1]["event"]),
        (&json!("123"), &json!("ext.ex-sfdc.123"))
    );
    assert!(stored[1]["idBranch"].as_u64().unwrap() > 0);
    // The token's own list begins with the very same event.
    let listed = jeton.events(&held.token, &format!("{TOKENS}/{}/events", held.id)).await;
    assert_eq!((&listed[0], listed.len()), (&stored[1], 3));
}

#[tokio::test]
async fn php_finds_the_events_of_a_run_and_of_the_runs_within_it() {
    let jeton = Jeton::start().await;
    for run in ["11", "11.22", "11.22", "11.33", "11.33", "11.33", "112"] {
        jeton.post_event(&jeton.master, &json!({"component": "c", "message": "m", "runId": run})).await;
    }
    for (run, count) in [("11", 6), ("11.22", 2), ("11.33", 3), ("1", 0)] {
        let found = jeton.events(&jeton.master, &format!("/v2/storage/events?runId={run}")).await;
        assert_eq!(found.len(), count, "{run}");
    }
}

#[tokio::test]
async fn php_is_told_which_query_does_not_parse() {
    let jeton = Jeton::start().await;
    for query in ["%3A+success", "success%3A", "%2FGET", "*tables*"] {
        let path = format!("/v2/storage/events?q={query}");
        let rejected = jeton.get(&path).token(&jeton.master).send().await.expect(400);
        assert!(rejected.field("error").starts_with("Failed to parse query"), "{query}");
    }
}

#[tokio::test]
async fn kbagent_creates_scoped_tokens_by_form() {
    let jeton = Jeton::start().await;
    let form = "description=device+42&expiresIn=60&bucketPermissions%5Bin.c-otlp-device-42%5D=write";
    let made = kbagent(&jeton, &jeton.master, Method::POST, TOKENS, Some(form)).await.expect(201).json();
    assert_eq!(made["bucketPermissions"], json!({"in.c-otlp-device-42": "write"}));
    assert_eq!((&made["canReadAllFileUploads"], made["expires"].is_string()), (&json!(false), true));
    let form = "description=broad&canReadAllFileUploads=1&componentAccess%5B%5D=keboola.ex-aws-s3\
                &componentAccess%5B%5D=keboola.wr-db-snowflake";
    let made = kbagent(&jeton, &jeton.master, Method::POST, TOKENS, Some(form)).await.expect(201).json();
    assert_eq!(made["componentAccess"], json!(["keboola.ex-aws-s3", "keboola.wr-db-snowflake"]));
    assert_eq!((&made["canReadAllFileUploads"], &made["expires"]), (&json!(true), &Value::Null));
}

#[tokio::test]
async fn kbagent_refreshes_asks_for_the_last_use_and_deletes() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({})).await;
    jeton.post_event(&held.token, &json!({"component": "c", "message": "used"})).await;
    let path = format!("{TOKENS}/{}", held.id);
    let fresh =
        kbagent(&jeton, &jeton.master, Method::POST, &format!("{path}/refresh"), None).await.expect(200);
    assert!(fresh.field("token").contains(&held.id));
    // The newest event by the token, and not the refresh, which is one about it.
    let asked = format!("{path}/events?limit=1&q=token.id%3A{}", held.id);
    let events = kbagent(&jeton, &jeton.master, Method::GET, &asked, None).await.expect(200).json();
    assert_eq!((events[0]["message"].as_str(), events.as_array().unwrap().len()), (Some("used"), 1));
    // A percent-encoded id is one that nobody has.
    let asked = format!("{TOKENS}/1%2F..%2F2/events?limit=1");
    kbagent(&jeton, &jeton.master, Method::GET, &asked, None).await.expect(404);
    kbagent(&jeton, &jeton.master, Method::DELETE, &path, None).await.expect(204);
}

/// The documentation names tests as proof, so these must exist.
#[test]
fn every_test_that_the_documentation_names_is_there() {
    let named: Vec<(&str, &str)> = include_str!("../../docs/explanation/compatibility.md")
        .split('`')
        .filter_map(|word| word.split_once("::"))
        .collect();
    assert!(named.len() > 50, "{named:?}");
    for (file, test) in named {
        let path = format!("{}/http/{file}.rs", env!("CARGO_MANIFEST_DIR"));
        let source = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(source.contains(&format!("fn {test}(")), "there is no {file}::{test}");
    }
}
