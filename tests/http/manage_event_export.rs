//! `GET /manage/tokens/{manageToken}/events/export`

use std::{net::SocketAddr, sync::Arc};

use axum::{body::Body, extract::ConnectInfo};
use http::{Request, Response};
use http_body_util::BodyExt as _;
use jeton_core::event::{EventRange, Feed, Order};
use jeton_service::{clock::entropy, runtime::serve::routes};
use jeton_tests::jeton::Jeton;
use serde_json::{Value, json};

const TOKENS: &str = "/manage/tokens";

/// A manage token: its id and its secret.
async fn made(jeton: &Jeton) -> (String, String) {
    let wish = json!({"description": "=audited"});
    let answer = jeton.post(TOKENS).manage(&jeton.manage).json(&wish).send().await.expect(201);
    (answer.json()["id"].to_string(), answer.field("token"))
}

fn path(id: &str) -> String {
    format!("{TOKENS}/{id}/events/export")
}

/// Gives a manage token more events than one answer or one search of a list holds.
async fn made_busy(jeton: &Jeton) -> (String, String) {
    let (id, secret) = made(jeton).await;
    let (feed, store) = (Feed::Manage(id.parse().unwrap()), &jeton.app.store);
    let like = store.events(&feed, EventRange::all(Order::Descending, 1)).await.unwrap().events.remove(0);
    for number in 0..100 {
        let mut event = like.clone();
        event.uuid = jeton.app.sequence.next(jeton.app.clock.now(), &mut entropy());
        event.message = format!("{number} {}", "a ".repeat(95_000));
        store.append(&event, 1).await.unwrap();
    }
    (id, secret)
}

/// Calls in this process, with a connection to stream to or without.
async fn called(jeton: &Jeton, path: &str, secret: &str, is_connected: bool) -> Response<Body> {
    let mut request = Request::get(path).header("x-kbc-manageapitoken", secret);
    if is_connected {
        request = request.extension(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 9))));
    }
    routes(Arc::clone(&jeton.app)).answer(request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn an_export_has_the_events_of_the_list_also_of_a_manage_token_that_is_deleted() {
    let jeton = Jeton::start().await;
    let (id, secret) = made(&jeton).await;
    let rename = json!({"description": "renamed"});
    jeton.put(&format!("{TOKENS}/{id}")).manage(&secret).json(&rename).send().await.expect(200);
    let read = async |path: &str| jeton.get(path).manage(&jeton.manage).send().await.expect(200);
    let as_the_list = async || {
        let answer = read(&path(&id)).await;
        assert_eq!(answer.content_type(), Some("application/x-ndjson"));
        let lines: Vec<Value> =
            answer.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(Value::Array(lines), read(&path(&id).replace("/export", "")).await.json());
    };
    as_the_list().await;
    let csv = read(&format!("{}?format=csv&q=event:manage.tokenCreated", path(&id))).await;
    assert_eq!(csv.content_type(), Some("text/csv; charset=utf-8"));
    let file = format!("attachment; filename=\"manage-token-{id}.csv\"");
    assert_eq!(csv.header("content-disposition"), Some(file.as_str()));
    assert_eq!(csv.text().lines().count(), 2, "{}", csv.text());
    for name in ["limit", "component", "sortOrder"] {
        let rejected = jeton.get(&format!("{}?{name}=5", path(&id))).manage(&jeton.manage).send().await;
        assert!(rejected.expect_error(400, "validationError").contains(name));
    }
    let none = read(&format!("{}?from=2100-01-01", path(&id))).await;
    assert_eq!(none.text(), "");
    jeton.delete(&format!("{TOKENS}/{id}")).manage(&jeton.manage).send().await.expect(204);
    as_the_list().await;
}

#[tokio::test]
async fn only_manage_tokens_export_what_they_did_and_only_of_manage_tokens_that_were_there() {
    let jeton = Jeton::start().await;
    let (id, secret) = made(&jeton).await;
    jeton.get(&path(&id)).send().await.expect(401);
    jeton.get(&path(&id)).token(&jeton.master).send().await.expect(401);
    let all = jeton.get(TOKENS).manage(&secret).send().await.expect(200).json();
    let is_free = |free: &i64| all.as_array().unwrap().iter().all(|token| token["id"] != *free);
    let unknown = (1..=100).find(is_free).unwrap().to_string();
    jeton.get(&path(&unknown)).manage(&secret).send().await.expect(404);
    for (query, code) in [
        ("format=xml", "validationError"),
        ("from=2026-01-16&to=2026-01-15", "validationError"),
        ("q=(", "storage.events.invalidQuery"),
    ] {
        let rejected = jeton.get(&format!("{}?{query}", path(&id))).manage(&secret).send().await;
        rejected.expect_error(400, code);
    }
}

#[tokio::test]
async fn an_export_of_any_length_is_streamed_and_ends_with_the_manage_token_that_reads_it() {
    let jeton = Jeton::start().await;
    let (id, secret) = made_busy(&jeton).await;
    let whole = called(&jeton, &path(&id), &jeton.manage, true).await;
    assert_eq!((whole.status().as_u16(), whole.headers().get("link")), (200, None));
    let text = whole.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).count(), 101);

    let reads_another = async |id: &str, secret: &str| {
        let mut body = called(&jeton, &path(id), secret, true).await.into_body();
        let first = body.frame().await.unwrap().unwrap().into_data().unwrap();
        assert!(first.len() < 2 << 20, "a page at a time: {}", first.len());
        body
    };
    // What happens to the manage token that is read ends nothing.
    let (reader, its_secret) = made(&jeton).await;
    let mut body = reads_another(&id, &its_secret).await;
    jeton.delete(&format!("{TOKENS}/{id}")).manage(&jeton.manage).send().await.expect(204);
    assert!(body.frame().await.unwrap().is_ok());
    let off = json!({"isDisabled": true});
    jeton.put(&format!("{TOKENS}/{reader}")).manage(&jeton.manage).json(&off).send().await.expect(200);
    assert!(body.frame().await.unwrap().is_err());
    assert_eq!(called(&jeton, &path(&id), &secret, true).await.status(), 401);
}

#[tokio::test]
async fn a_manage_token_exports_two_at_a_time_and_another_once_a_client_is_gone() {
    let jeton = Jeton::start().await;
    let (id, secret) = made_busy(&jeton).await;
    let call = async || called(&jeton, &path(&id), &secret, true).await;
    let (one, two) = (call().await, call().await);
    assert_eq!((one.status().as_u16(), two.status().as_u16()), (200, 200));
    let third = call().await;
    assert_eq!((third.status().as_u16(), third.headers()["retry-after"].to_str().unwrap()), (503, "1"));
    assert_eq!(called(&jeton, &path(&id), &jeton.manage, true).await.status(), 200);
    drop(one);
    assert_eq!(call().await.status(), 200);
}

/// Where an answer cannot be streamed, as on Lambda: a call without a connection.
#[tokio::test]
async fn without_a_connection_an_export_is_a_page_and_says_where_to_go_on() {
    let jeton = Jeton::start().await;
    let (id, secret) = made_busy(&jeton).await;
    let (mut next, mut seen, mut pages) = (path(&id), 0, 0);
    loop {
        let answer = called(&jeton, &next, &secret, false).await;
        let link = answer.headers().get("link").map(|link| link.to_str().unwrap().to_owned());
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        assert!(body.len() <= 5_001_000, "{}", body.len());
        let mut lines: Vec<Value> =
            body.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect();
        pages += 1;
        let Some(link) = link else {
            seen += lines.len();
            break;
        };
        let url = lines.pop().unwrap()["next"].as_str().unwrap().to_owned();
        assert_eq!(link, format!("<{url}>; rel=\"next\""));
        next = url.strip_prefix(&jeton.url).unwrap().to_owned();
        seen += lines.len();
    }
    assert!(seen == 101 && pages > 2, "{seen} {pages}");
}
