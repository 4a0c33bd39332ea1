//! The events tab: the actions of a token and on it, newest first, and how to search them.

use jeton_tests::jeton::{Held, Jeton};
use serde_json::{Value, json};

/// A token with a history: created, asked about, denied, reporting, edited by the master.
async fn token_with_a_past(jeton: &Jeton) -> Held {
    let rights = json!({"in.c-csv-import": "write"});
    let token = jeton.create(&json!({"description": "MySQL extractor", "bucketPermissions": rights})).await;
    jeton.may(&token.token, json!({"bucket": "in.c-csv-import", "access": "write"})).await;
    let create = jeton.post("/v2/storage/tokens").token(&token.token).json(&json!({}));
    create.send().await.expect_error(403, "accessDenied");
    let report = json!({
        "component": "keboola.ex-db-mysql", "configurationId": 123, "runId": "77.78", "type": "success",
        "message": "Imported 5 rows", "objectType": "bucket", "objectId": "in.c-csv-import",
    });
    jeton.post("/v2/storage/events").token(&token.token).json(&report).send().await.expect(201);
    let edit = json!({"description": "MySQL reader", "bucketPermissions": {"in.c-csv-import": "read"}});
    let path = format!("/v2/storage/tokens/{}", token.id);
    jeton.put(&path).token(&jeton.master).json(&edit).send().await.expect(200);
    token
}

async fn events(jeton: &Jeton, path: &str, caller: &str) -> Vec<Value> {
    let answer = jeton.get(path).token(caller).send().await.expect(200).json();
    answer.as_array().unwrap().clone()
}

async fn names(jeton: &Jeton, path: &str, caller: &str) -> Vec<String> {
    let events = events(jeton, path, caller).await;
    events.iter().map(|event| event["event"].as_str().unwrap().to_owned()).collect()
}

const REPORT: &str = "ext.keboola.ex-db-mysql.123";

#[tokio::test]
async fn the_history_holds_what_the_token_did_and_what_was_done_to_it_newest_first() {
    let jeton = Jeton::start().await;
    let token = token_with_a_past(&jeton).await;
    let path = format!("/v2/storage/tokens/{}/events", token.id);
    let seen = events(&jeton, &path, &jeton.master).await;
    let [updated, report, rejected, asked, created] = &seen[..] else { panic!("five events: {seen:#?}") };
    assert_eq!(created["event"], "storage.tokenCreated");
    assert_eq!(created["token"]["id"], jeton.master_id, "the master did it");
    assert_eq!(asked["event"], "test.asked");
    assert_eq!((&asked["origin"], &asked["token"]["id"]), (&json!("question"), &json!(token.id)));
    assert_eq!(rejected["event"], "storage.accessDenied");
    assert_eq!(report["event"], REPORT);
    assert_eq!((&report["origin"], &report["runId"]), (&json!("posted"), &json!("77.78")));
    assert_eq!(updated["event"], "storage.tokenUpdated");
    assert_eq!(updated["objectId"], token.id);
    // The token reads the same of itself.
    assert_eq!(events(&jeton, &path, &token.token).await, seen);
}

#[tokio::test]
async fn the_history_is_searched_by_fields_and_by_words() {
    let jeton = Jeton::start().await;
    let token = token_with_a_past(&jeton).await;
    let (id, master) = (&token.id, &jeton.master_id);
    for (query, expected) in [
        ("event:storage.tokenCreated".to_owned(), vec!["storage.tokenCreated"]),
        ("event:storage.token*".to_owned(), vec!["storage.tokenUpdated", "storage.tokenCreated"]),
        (format!("token.id:{id}"), vec![REPORT, "storage.accessDenied", "test.asked"]),
        (format!("token.id:{master}+AND+event:storage.tokenU*"), vec!["storage.tokenUpdated"]),
        ("rows+OR+test.asked".to_owned(), vec![REPORT]),
        ("imported".to_owned(), vec![REPORT]),
        ("runId:77.78".to_owned(), vec![REPORT]),
        ("configurationId:123+AND+type:success".to_owned(), vec![REPORT]),
        ("objectId:in.c-csv-import".to_owned(), vec![REPORT, "test.asked"]),
        ("nowhere".to_owned(), vec![]),
    ] {
        let path = format!("/v2/storage/tokens/{id}/events?q={query}");
        assert_eq!(names(&jeton, &path, &jeton.master).await, expected, "{query}");
    }
    let path = format!("/v2/storage/tokens/{id}/events?q=nosuchfield:1");
    let rejected = jeton.get(&path).token(&jeton.master).send().await.expect(400).field("error");
    assert!(rejected.starts_with("Failed to parse query"), "{rejected}");
}

#[tokio::test]
async fn the_projects_feed_holds_changes_denied_calls_and_reports_but_no_questions() {
    let jeton = Jeton::start().await;
    let token = token_with_a_past(&jeton).await;
    let feed = names(&jeton, "/v2/storage/events?limit=4", &jeton.master).await;
    assert_eq!(feed, ["storage.tokenUpdated", REPORT, "storage.accessDenied", "storage.tokenCreated"]);
    // Anyone but a master sees only their own actions.
    let own = names(&jeton, "/v2/storage/events", &token.token).await;
    assert_eq!(own, [REPORT, "storage.accessDenied", "test.asked"]);
}

#[tokio::test]
async fn a_bucket_has_the_events_that_are_about_it() {
    let jeton = Jeton::start().await;
    let token = token_with_a_past(&jeton).await;
    let path = "/v2/storage/buckets/in.c-csv-import/events";
    assert_eq!(names(&jeton, path, &jeton.master).await, [REPORT, "test.asked"]);
    assert!(names(&jeton, "/v2/storage/buckets/in.c-other/events", &jeton.master).await.is_empty());
    jeton.get(path).token(&token.token).send().await.expect_error(403, "accessDenied");
}

#[tokio::test]
async fn a_long_history_is_read_page_by_page_without_a_gap() {
    let jeton = Jeton::start().await;
    let token = jeton.create(&json!({})).await;
    for _ in 0..12 {
        jeton.may(&token.token, json!({"component": "keboola.ex-db-mysql"})).await;
    }
    let path = format!("/v2/storage/tokens/{}/events", token.id);
    let whole = events(&jeton, &path, &jeton.master).await;
    let mut pages: Vec<Value> = Vec::new();
    while let Some(last) = events(&jeton, &page_after(&path, &pages), &jeton.master).await.split_last() {
        pages.extend(last.1.iter().chain([last.0]).cloned());
    }
    assert_eq!((whole.len(), &pages), (13, &whole));
}

/// The page after this one.
fn page_after(path: &str, read: &[Value]) -> String {
    match read.last() {
        None => format!("{path}?limit=5"),
        Some(last) => format!("{path}?limit=5&maxId={}", last["uuid"].as_str().unwrap()),
    }
}
