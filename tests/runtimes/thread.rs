//! A short scenario through every function.

use std::collections::BTreeSet;

use http::Method;
use jeton_service::function::Function;
use jeton_tests::{
    description,
    functions::http_functions,
    mailbox::{Invitation, mail_in},
};
use serde_json::{Value, json};

use crate::world::{CALLER, World};

#[tokio::test]
async fn a_token_is_created_used_and_deleted_by_functions_that_are_plain_http_servers() {
    let world = World::start().await;
    let (master, manage) = (&world.master, &world.manage);
    let mut called = BTreeSet::new();
    let mut call = async |method: Method, path: &str, token: &str, body: Option<Value>| {
        called.insert(description::endpoint(&method, path).unwrap().function.name());
        world.call(method, path, token, body).await
    };

    let index = call(Method::GET, "/v2/storage?exclude=components", "", None).await.expect(200).json();
    assert_eq!(index["services"][0]["url"], world.functions.url.as_str());
    call(Method::GET, "/health", "", None).await.expect(200);
    call(Method::GET, "/ready", "", None).await.expect(200);
    call(Method::POST, "/v2/storage/tickets/", master, None).await.expect(201);

    let wish = json!({"description": "import", "bucketPermissions": {"in.c-x": "write"}});
    let created = call(Method::POST, "/v2/storage/tokens", master, Some(wish)).await.expect(201);
    let (id, token) = (created.field("id"), created.field("token"));
    let path = format!("/v2/storage/tokens/{id}");
    assert_eq!(created.field("uri"), format!("{}{path}", world.functions.url));
    let verify = "/v2/storage/tokens/verify";
    assert_eq!(call(Method::GET, verify, &token, None).await.expect(200).field("id"), id);
    let question = json!({"operation": "test.asked", "bucket": "in.c-x", "access": "write"});
    let asked = call(Method::POST, verify, &token, Some(question)).await.expect(200).json();
    assert_eq!(asked["allowed"], true);
    call(Method::PUT, &path, master, Some(json!({"description": "nightly"}))).await.expect(200);
    assert_eq!(call(Method::GET, &path, master, None).await.expect(200).field("description"), "nightly");
    let branch = "/v2/storage/branch/default/tokens";
    let listed = call(Method::GET, branch, master, None).await.expect(200).json();
    assert_eq!(listed.as_array().unwrap().len(), 2);

    let recipient = "colleague@example.org";
    let body = json!({"recipientEmail": recipient, "message": "for you"});
    call(Method::POST, &format!("{path}/share"), master, Some(body)).await.expect(204);
    let mails = mail_in(&world.functions.outbox, recipient).await;
    let invitation = Invitation::read(&mails[0]);
    let page = call(Method::GET, &invitation.path, "", None).await.expect(200);
    assert!(page.content_type().unwrap().starts_with("text/html"));
    call(Method::GET, "/pickup/-/pickup.js", "", None).await.expect(200);
    let typed = json!({"secret": invitation.secret, "code": invitation.code});
    let copy = call(Method::POST, &invitation.path, "", Some(typed)).await.expect(200).field("token");
    call(Method::GET, verify, &copy, None).await.expect(200);

    let refreshed = call(Method::POST, &format!("{path}/refresh"), &token, None).await.expect(200);
    call(Method::GET, verify, &copy, None).await.expect_error(401, "storage.tokenInvalid");
    call(Method::GET, verify, &refreshed.field("token"), None).await.expect(200);
    let posted = json!({"component": "keboola.ex-db", "message": "It ran"});
    call(Method::POST, "/v2/storage/events", &refreshed.field("token"), Some(posted)).await.expect(201);
    let events =
        call(Method::GET, &format!("{path}/events?limit=100"), master, None).await.expect(200).json();
    let names: Vec<_> = events.as_array().unwrap().iter().map(|event| &event["event"]).collect();
    assert_eq!(names.len(), 7, "{names:?}");
    assert_eq!((names[1], names[6]), (&json!("storage.tokenRefreshed"), &json!("storage.tokenCreated")));
    assert_eq!(events[0]["context"]["remoteAddr"], CALLER, "the word of a proxy that is trusted");

    let config = "/v2/storage/components/keboola.orchestrator/configs/1/token";
    call(Method::PUT, config, master, Some(json!({}))).await.expect(201);
    call(Method::DELETE, config, master, None).await.expect(204);
    let project = format!("/manage/projects/{}", world.project);
    call(Method::GET, "/manage/tokens/verify", manage, None).await.expect(200);
    call(Method::GET, &project, manage, None).await.expect(200);
    let manager = json!({"description": "manager", "canManageTokens": true});
    let manager = call(Method::POST, &format!("{project}/tokens"), manage, Some(manager)).await.expect(201);
    call(Method::GET, &path, &manager.field("token"), None).await.expect(200);
    let gone = call(Method::DELETE, &path, &manager.field("token"), None).await.expect(204);
    assert!(gone.body.is_empty());
    call(Method::GET, verify, &refreshed.field("token"), None).await.expect(401);

    let start = call(Method::GET, "/console", "", None).await.expect(200).text();
    assert!(start.contains("Email me a link"), "{start}");

    let scheduled: BTreeSet<_> = [Function::ExpirySweep, Function::Seal].map(Function::name).into();
    let all: BTreeSet<_> = http_functions().map(Function::name).collect();
    assert_eq!(&called | &scheduled, all, "every function has been called");
}
