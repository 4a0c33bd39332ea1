//! The gateways of docs/how-to/gateways.md: a real nginx with the page's configuration.

mod nginx;

use jeton_tests::{
    client::{self, Answer},
    jeton::{Held, Jeton},
    raw,
};
use nginx::{Gateway, configuration};
use serde_json::json;

async fn import(gateway: &Gateway, bucket: &str, headers: &[(&str, &str)]) -> Answer {
    client::send("POST", &format!("{}/buckets/{bucket}/tables", gateway.url), headers).await
}

/// A token with write access to `in.c-a`.
async fn writer(jeton: &Jeton) -> Held {
    jeton.create(&json!({"bucketPermissions": {"in.c-a": "write"}})).await
}

/// A token with the same rights in another project.
async fn foreign(jeton: &Jeton) -> Held {
    let made = jeton.post("/manage/organizations/11/projects").manage(&jeton.manage);
    let other = made.json(&json!({"name": "Other"})).send().await.expect(201).json()["id"].to_string();
    let tokens = jeton.post(&format!("/manage/projects/{other}/tokens")).manage(&jeton.manage);
    Held::from(&tokens.json(&json!({"bucketPermissions": {"in.c-a": "write"}})).send().await.expect(201))
}

#[tokio::test]
async fn nginx_that_asks_lets_through_who_may_and_nobody_else() {
    let jeton = Jeton::start().await;
    let gateway = Gateway::start(&jeton, &configuration("## nginx that asks the question")).await;
    let (held, foreign) = (writer(&jeton).await, foreign(&jeton).await);
    let own = ("x-storageapi-token", held.token.as_str());
    let bearer = format!("Bearer {}", held.token);
    for header in [own, ("authorization", bearer.as_str())] {
        let served = import(&gateway, "in.c-a", &[header]).await.expect(200).text();
        assert_eq!(served, "/buckets/in.c-a/tables");
    }
    import(&gateway, "in.c-b", &[own]).await.expect(403);
    import(&gateway, "in.c-a", &[("x-storageapi-token", &foreign.token)]).await.expect(403);
    import(&gateway, "in.c-a", &[]).await.expect(401);
    import(&gateway, "in.c-a", &[("x-storageapi-token", "zzz")]).await.expect(401);
    import(&gateway, "in.c-a", &[own, ("authorization", "Bearer zzz")]).await.expect(401);
    import(&gateway, "in.c-a", &[own, ("x-storageapi-token", "zzz")]).await.expect(401);
    for (method, path, status) in [
        ("GET", "/buckets/in.c-a/tables", 403),
        ("POST", "/buckets/in.c-a", 404),
        ("POST", "/-/jeton", 404),
        ("POST", "/", 404),
    ] {
        client::send(method, &format!("{}{path}", gateway.url), &[own]).await.expect(status);
    }
    jeton.refresh(&held).await;
    import(&gateway, "in.c-a", &[own]).await.expect(401);
}

#[tokio::test]
async fn a_path_changes_nothing_of_the_question_but_the_bucket_and_the_service_gets_what_was_asked_about() {
    let jeton = Jeton::start().await;
    let gateway = Gateway::start(&jeton, &configuration("## nginx that asks the question")).await;
    let held = writer(&jeton).await;
    let token = format!("X-StorageApi-Token: {}", held.token);
    for (path, status) in [
        (r"/buckets/in.c-SECRET%22,%22bucket%22:%22in.c-a/tables", 404),
        (r"/buckets/in.c-a%22,%22access%22:%22read/tables", 404),
        ("/buckets/in.c-a%2Fx/tables", 404),
        ("/buckets/in.c-a%0d%0aX:%20y/tables", 404),
        ("/buckets/in.c-a;x/tables", 404),
        ("/buckets/in.c-a/../in.c-b/tables", 403),
        ("/buckets/in.c-b/../in.c-a/tables", 200),
        ("//buckets/in.c%2Da//tables", 200),
    ] {
        let lines = [&format!("POST {path} HTTP/1.1"), &token, "Content-Length: 0"];
        let answer = raw::exchange(&gateway.url, &lines, b"").await.expect(status);
        assert!(status != 200 || answer.text() == "/buckets/in.c-a/tables", "{path}: {}", answer.text());
    }
    let names = jeton.history(&held.id).await;
    assert_eq!(names.len(), 4, "what the service got was asked about, and one that was denied: {names:?}");
}

#[tokio::test]
async fn while_jeton_cannot_be_reached_nginx_lets_no_call_through() {
    let jeton = Jeton::start().await;
    let held = writer(&jeton).await;
    let own = ("x-storageapi-token", held.token.as_str());
    for section in ["## nginx that asks the question", "## nginx that authenticates"] {
        let nowhere = configuration(section).replace("127.0.0.1:3000", "127.0.0.1:9");
        let script = nginx::script().replace("127.0.0.1:3000", "127.0.0.1:9");
        let gateway = Gateway::start_with(&jeton, &nowhere, &script).await;
        import(&gateway, "in.c-a", &[own]).await.expect(500);
    }
}

#[tokio::test]
async fn nginx_that_authenticates_keeps_out_who_has_no_live_token_of_the_project() {
    let jeton = Jeton::start().await;
    let gateway = Gateway::start(&jeton, &configuration("## nginx that authenticates")).await;
    let (held, foreign) = (writer(&jeton).await, foreign(&jeton).await);
    let own = ("x-storageapi-token", held.token.as_str());
    let bearer = format!("bearer {}", held.token);
    for header in [own, ("authorization", bearer.as_str())] {
        import(&gateway, "in.c-a", &[header]).await.expect(200);
    }
    let other = format!("Bearer {}", foreign.token);
    for headers in [
        &[] as &[(&str, &str)],
        &[("x-storageapi-token", "zzz")],
        &[("x-storageapi-token", &foreign.token)],
        &[("authorization", &other)],
        &[own, ("authorization", &other)],
        &[own, ("authorization", "Bearer zzz")],
    ] {
        import(&gateway, "in.c-a", headers).await.expect(403);
    }
    let twice = [own, ("x-storageapi-token", foreign.token.as_str())];
    let rejected = import(&gateway, "in.c-a", &twice).await;
    assert!([401, 403].contains(&rejected.status.as_u16()), "{rejected:?}");
    jeton.refresh(&held).await;
    import(&gateway, "in.c-a", &[own]).await.expect(401);
}
