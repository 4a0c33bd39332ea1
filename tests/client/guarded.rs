//! `require(…)`: a service asks Jeton before each action. The service is the client's example.

use axum::Router;
use jeton_client::Client;
use jeton_tests::{
    client::{self, Answer},
    jeton::{Held, Jeton},
};
use serde_json::json;
use tokio::net::TcpListener;

#[expect(dead_code, reason = "its main function")]
#[path = "../../client/examples/guarded.rs"]
mod example;

/// Serves these routes on a free port; returns the address.
pub async fn serve(routes: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, routes).await });
    url
}

/// Serves the example for the project of this Jeton; returns the address.
pub async fn service_of(jeton: &Jeton) -> String {
    let client = Client::anonymous(&jeton.url).unwrap();
    serve(example::routes(client, jeton.project.number().into())).await
}

async fn import(service: &str, bucket: &str, header: (&'static str, &str)) -> Answer {
    client::send("POST", &format!("{service}/buckets/{bucket}/tables"), &[header]).await
}

fn by(held: &Held) -> (&'static str, &str) {
    ("x-storageapi-token", &held.token)
}

#[tokio::test]
async fn who_may_is_let_through_with_the_token_and_it_is_remembered() {
    let jeton = Jeton::start().await;
    let wish = json!({"description": "Import", "bucketPermissions": {"in.c-a": "write"}});
    let held = jeton.create(&wish).await;
    let service = service_of(&jeton).await;
    let bearer = format!("Bearer {}", held.token);
    for header in [by(&held), ("authorization", bearer.as_str())] {
        let said = import(&service, "in.c-a", header).await.expect(200).text();
        assert_eq!(said, format!("Import imports into in.c-a of project {}", jeton.project));
    }
    let event = jeton.last_event(&held.id).await;
    assert_eq!((&event["event"], &event["objectId"]), (&json!("storage.tableImported"), &json!("in.c-a")));
}

#[tokio::test]
async fn who_may_not_reads_why_and_the_service_does_nothing() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({"bucketPermissions": {"in.c-a": "read"}})).await;
    let service = service_of(&jeton).await;
    let denied = import(&service, "in.c-a", by(&held)).await;
    assert_eq!(denied.header("cache-control"), Some("no-store"));
    assert!(denied.header("x-request-id").is_some());
    let denied = denied.expect(403).json();
    assert_eq!(denied["error"], "This token may not write bucket in.c-a: it may only read it.");
    assert!(denied["exceptionId"].as_str().unwrap().starts_with("guard-"), "{denied}");
    let wrong = import(&service, "in.c-a", ("x-storageapi-token", "1-2-wrong")).await;
    assert_eq!(wrong.header("www-authenticate"), Some("Bearer"));
    let wrong = wrong.expect(401).json();
    assert_eq!(wrong["code"], "storage.tokenInvalid");
    assert!(wrong["exceptionId"].as_str().unwrap().starts_with("jeton-"), "{wrong}");
    import(&service, "in.c-a", ("accept", "*/*")).await.expect(401);
    jeton.refresh(&held).await;
    import(&service, "in.c-a", by(&held)).await.expect(401);
}

#[tokio::test]
async fn calls_of_another_method_or_path_ask_nothing() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({"bucketPermissions": {"in.c-a": "write"}})).await;
    let service = service_of(&jeton).await;
    for (method, path, status) in [
        ("GET", "/buckets/in.c-a/tables", 405),
        ("HEAD", "/buckets/in.c-a/tables", 405),
        ("PUT", "/buckets/in.c-a/tables", 405),
        ("POST", "/buckets/in.c-a/tables/", 404),
        ("POST", "/buckets/in.c-a", 404),
        ("POST", "/tables/in.c-a/tables", 404),
        ("POST", "/", 404),
    ] {
        client::send(method, &format!("{service}{path}"), &[by(&held)]).await.expect(status);
    }
    assert_eq!(jeton.history(&held.id).await, ["storage.tokenCreated"]);
}

#[tokio::test]
async fn a_token_of_another_project_is_denied_and_asks_nothing() {
    let jeton = Jeton::start().await;
    let made = jeton.post("/manage/organizations/11/projects").manage(&jeton.manage);
    let other = made.json(&json!({"name": "Other"})).send().await.expect(201).json()["id"].to_string();
    let tokens = jeton.post(&format!("/manage/projects/{other}/tokens")).manage(&jeton.manage);
    let wish = json!({"canManageTokens": true, "bucketPermissions": {"in.c-a": "write"}});
    let foreign = Held::from(&tokens.json(&wish).send().await.expect(201));
    let service = service_of(&jeton).await;
    let denied = import(&service, "in.c-a", by(&foreign)).await.expect(403).json();
    assert_eq!(
        (&denied["code"], &denied["error"]),
        (&json!("accessDenied"), &json!("This token belongs to another project."))
    );
    let events = jeton.get(&format!("/v2/storage/tokens/{}/events", foreign.id)).token(&foreign.token);
    let events = events.send().await.expect(200).json();
    let names: Vec<_> = events.as_array().unwrap().iter().map(|event| &event["event"]).collect();
    assert_eq!(names, ["storage.tokenCreated"]);
    // An invalid token is reported as invalid, without its project.
    jeton.refresh(&foreign).await;
    import(&service, "in.c-a", by(&foreign)).await.expect(401);
}

#[tokio::test]
async fn a_path_whose_bucket_is_no_id_is_told_as_that() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({"bucketPermissions": {"in.c-a": "write"}})).await;
    let service = service_of(&jeton).await;
    for bucket in ["nonsense", "in.c-a%2Fx", "in.c%2Da", "in.c-a%22", "..%2fin.c-a", "%ff", "in.c-a;x"] {
        let rejected = import(&service, bucket, by(&held)).await.expect(400).json();
        assert_eq!(rejected["code"], "validationError", "{bucket}: {rejected}");
    }
    assert_eq!(jeton.history(&held.id).await, ["storage.tokenCreated"]);
}

#[tokio::test]
async fn one_id_finds_a_request_in_both_services() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({"bucketPermissions": {"in.c-a": "read"}})).await;
    let service = service_of(&jeton).await;
    let url = format!("{service}/buckets/in.c-a/tables");
    for token in [held.token.as_str(), "1-2-wrong", ""] {
        let headers = [("x-storageapi-token", token), ("x-request-id", "from-the-browser")];
        let answer = client::send("POST", &url, &headers).await;
        assert_eq!(answer.header("x-request-id"), Some("from-the-browser"), "{}", answer.text());
    }
}
