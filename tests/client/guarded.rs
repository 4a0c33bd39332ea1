//! `require(…)`: a service asks Jeton before it does anything.

use axum::{Extension, Router, routing::post};
use jeton_client::{Question, Token, require};
use jeton_tests::{
    client::{self, Answer},
    jeton::Jeton,
};
use serde_json::json;
use tokio::net::TcpListener;

/// A service whose one route writes the bucket in its path, and says who did it; and where it is.
async fn service(jeton: &str) -> String {
    let writes = require(jeton_client::Client::anonymous(jeton).unwrap(), |head| {
        let bucket = head.uri.path().strip_prefix("/buckets/")?.split('/').next()?;
        Some(Question::to_write("storage.tableImported", bucket))
    });
    let import = async |Extension(token): Extension<Token>| token.description;
    let routes =
        Router::new().route("/buckets/{bucket}", post(import)).route("/other", post(import)).layer(writes);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, routes).await });
    url
}

async fn import(service: &str, path: &str, header: (&'static str, &str)) -> Answer {
    // Only Jeton's own answers are held against its description.
    client::send("POST", &format!("{service}{path}"), &[header]).await
}

#[tokio::test]
async fn who_may_is_let_through_with_the_token_and_it_is_remembered() {
    let jeton = Jeton::start().await;
    let wish = json!({"description": "Import", "bucketPermissions": {"in.c-a": "write"}});
    let held = jeton.create(&wish).await;
    let service = service(&jeton.url).await;
    let bearer = format!("Bearer {}", held.token);
    for header in [("x-storageapi-token", held.token.as_str()), ("authorization", bearer.as_str())] {
        assert_eq!(import(&service, "/buckets/in.c-a", header).await.expect(200).text(), "Import");
    }
    let event = jeton.last_event(&held.id).await;
    assert_eq!((&event["event"], &event["objectId"]), (&json!("storage.tableImported"), &json!("in.c-a")));
}

#[tokio::test]
async fn who_may_not_reads_why_and_the_service_does_nothing() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({"bucketPermissions": {"in.c-a": "read"}})).await;
    let service = service(&jeton.url).await;
    let own = ("x-storageapi-token", held.token.as_str());
    let refused = import(&service, "/buckets/in.c-a", own).await.expect(403).json();
    assert_eq!(refused["error"], "This token may not write bucket in.c-a: it may only read it.");
    import(&service, "/other", own).await.expect(403);
    let wrong = import(&service, "/buckets/in.c-a", ("x-storageapi-token", "1-2-wrong")).await.expect(401);
    assert_eq!(wrong.json()["code"], "storage.tokenInvalid");
    import(&service, "/buckets/in.c-a", ("accept", "*/*")).await.expect(401);
    jeton.refresh(&held).await;
    import(&service, "/buckets/in.c-a", own).await.expect(401);
}

#[tokio::test]
async fn while_jeton_cannot_be_asked_nothing_is_allowed() {
    let service = service("http://127.0.0.1:9").await;
    let refused = import(&service, "/buckets/in.c-a", ("x-storageapi-token", "1-2-jtx")).await.expect(503);
    assert_eq!(refused.header("retry-after"), Some("2"));
}
