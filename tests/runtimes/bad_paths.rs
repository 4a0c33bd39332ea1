//! Bad calls of functions that know only their own rows.

use http::Method;
use jeton_service::endpoint::{Handler, endpoints};
use jeton_tests::raw;
use serde_json::json;

use crate::world::World;

#[tokio::test]
async fn bad_calls_are_rejected_in_the_one_shape_of_errors_whichever_function_answers() {
    let world = World::start().await;
    let call = async |method: Method, path: &str, token: &str| world.call(method, path, token, None).await;

    for path in ["/", "/v2", "/v2/storage/nothing", "/manage", "/expiry-sweep"] {
        let answer = call(Method::GET, path, "").await.expect(404);
        assert!(answer.field("error").contains("resource not found"), "{path}");
    }
    call(Method::POST, "/", "").await.expect(404);
    call(Method::GET, "/v2/storage/tokens/01", &world.master).await.expect(404);
    for path in ["/v2/storage", "/v2/storage/tokens", "/v2/storage/tokens/1", "/v2/storage/tokens/verify"] {
        let answer = call(Method::PATCH, path, &world.master).await;
        assert!(answer.header("allow").is_some_and(|allow| !allow.is_empty()), "{path}");
        answer.expect_error(405, "methodNotAllowed");
    }
    // A fixed path is never the id of a token, for any method.
    call(Method::DELETE, "/v2/storage/tokens/verify", &world.master)
        .await
        .expect_error(405, "methodNotAllowed");

    for row in endpoints() {
        let path: Vec<_> =
            row.path.split('/').map(|part| if part.starts_with('{') { "1" } else { part }).collect();
        let path = path.join("/");
        match row.handler {
            Handler::Open(_) => {}
            Handler::Storage(_) | Handler::Manage(_) => {
                call(row.method.clone(), &path, "").await.expect_error(401, "");
                call(row.method.clone(), &path, "1-2-jtinvented").await.expect(401);
            }
            // A token opens no page: a browser without a session is redirected to sign-in.
            Handler::Session(_) | Handler::Member(_) => {
                let shown = if row.method == Method::GET { 303 } else { 401 };
                call(row.method.clone(), &path, &world.master).await.expect(shown);
            }
        }
    }
}

#[tokio::test]
async fn bad_bodies_are_rejected_by_the_function_and_not_by_the_router() {
    let world = World::start().await;
    let tokens = "/v2/storage/tokens";
    let create = || world.client.post(tokens).token(&world.master);
    create().raw("application/json", "{").send().await.expect(400);
    create().raw("text/xml", "<a/>").send().await.expect(415);
    create()
        .json(&json!({"expiresIn": 0}))
        .send()
        .await
        .expect_error(400, "storage.tokens.invalidExpiration");
    let large = json!({"description": "x".repeat(300_000)});
    create().json(&large).send().await.expect_error(413, "requestTooLarge");
    let form = "description=form&bucketPermissions[in.c-x]=write&componentAccess[]=a";
    let made = create().form(form).send().await.expect(201).json();
    assert_eq!(made["bucketPermissions"], json!({"in.c-x": "write"}));

    // nginx forwards a chunked body, with a length or without.
    let head = [
        &format!("POST {tokens} HTTP/1.1"),
        &format!("X-StorageApi-Token: {}", world.master),
        "Content-Type: application/json",
        "Transfer-Encoding: chunked",
    ];
    let body = raw::chunked(&["{\"description\":", "\"in parts\"}"]);
    let made = raw::send(&world.functions.url, &head, &body).await.expect(201);
    assert_eq!(made.field("description"), "in parts");
}
