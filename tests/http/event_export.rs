//! `GET /v2/storage/events/export`, and that of one token

use std::sync::Arc;

use axum::body::Body;
use http::Request;
use http_body_util::BodyExt as _;
use jeton_service::runtime::serve::routes;
use jeton_tests::{
    jeton::{Held, Jeton},
    reading::path,
};
use serde_json::{Value, json};

const PATH: &str = "/v2/storage/events/export";

/// A token that has posted these messages, a minute apart.
async fn posted(jeton: &Jeton, messages: &[&str]) -> Held {
    let held = jeton.create(&json!({"description": "poster"})).await;
    for message in messages {
        jeton.post_event(&held.token, &json!({"component": "it", "message": message})).await;
    }
    held
}

/// A token with more events than one answer or one search of a list holds.
async fn busy(jeton: &Jeton) -> Held {
    let held = jeton.create(&json!({"description": "busy"})).await;
    for number in 0..100 {
        let event = json!({"component": "it", "message": format!("{number} {}", "a ".repeat(95_000))});
        jeton.post_event(&held.token, &event).await;
    }
    held
}

fn messages(lines: &str) -> Vec<String> {
    let events = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    events.map(|event| event["message"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn an_export_has_the_events_of_the_list_one_on_each_line() {
    let jeton = Jeton::start().await;
    let held = posted(&jeton, &["one", "two"]).await;
    posted(&jeton, &["theirs"]).await;
    for (caller, list) in [(&jeton.master, "/v2/storage/events"), (&held.token, "/v2/storage/events")] {
        let answer = jeton.read(caller, &list.replace("events", "events/export")).await;
        assert_eq!(answer.content_type(), Some("application/x-ndjson"));
        let lines: Vec<Value> =
            answer.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(Value::Array(lines), jeton.read(caller, list).await.json());
    }
    let own = format!("{}/events/export?q=NOT+one&format=ndjson", path(&held.id));
    assert_eq!(messages(&jeton.read(&jeton.master, &own).await.text())[..1], ["two"]);
    let csv = jeton.read(&held.token, &format!("{PATH}?format=csv&q=two")).await;
    assert_eq!(csv.content_type(), Some("text/csv; charset=utf-8"));
    let file = format!("attachment; filename=\"token-{}.csv\"", held.id);
    assert_eq!(csv.header("content-disposition"), Some(file.as_str()));
    assert!(csv.text().starts_with("\u{feff}created,event,type,message,"), "{}", csv.text());
    assert_eq!(csv.text().lines().count(), 2);
    for (query, code) in [
        ("format=xml", "validationError"),
        ("from=2026-01-16&to=2026-01-15", "validationError"),
        ("q=(", "storage.events.invalidQuery"),
    ] {
        let rejected = jeton.get(&format!("{PATH}?{query}")).token(&jeton.master).send().await;
        rejected.expect_error(400, code);
    }
    let own = format!("{}/events/export", path(&held.id));
    for name in
        ["component", "sinceId", "limit", "offset", "runId", "configurationId", "sortOrder", "FORMAT", "x"]
    {
        for path in [PATH, &own] {
            for value in ["5", ""] {
                let rejected =
                    jeton.get(&format!("{path}?format=csv&{name}={value}")).token(&held.token).send().await;
                let message = rejected.expect_error(400, "validationError");
                assert!(message.contains(name), "{message}");
            }
        }
    }
    let none = jeton.read(&held.token, &format!("{PATH}?from=2100-01-01")).await;
    assert_eq!(none.text(), "");
}

#[tokio::test]
async fn who_may_not_list_the_events_of_a_token_may_not_export_them() {
    let jeton = Jeton::start().await;
    let held = posted(&jeton, &["x"]).await;
    let limited = jeton.create(&json!({"canManageBuckets": true})).await;
    let export = format!("{}/events/export", path(&held.id));
    jeton.get(&export).token(&limited.token).send().await.expect_error(403, "accessDenied");
    jeton.get(&export).token(&jeton.foreign().await.token).send().await.expect(404);
    jeton.get(&export).send().await.expect(401);
}

#[tokio::test]
async fn an_export_of_any_length_arrives_in_one_answer() {
    let jeton = Jeton::start().await;
    let held = busy(&jeton).await;
    let whole = jeton.read(&held.token, PATH).await;
    let numbers: Vec<_> =
        messages(&whole.text()).iter().map(|message| message.split_once(' ').unwrap().0.to_owned()).collect();
    assert_eq!(numbers, (0..100).rev().map(|number| number.to_string()).collect::<Vec<_>>());
    assert_eq!(whole.header("link"), None);
    assert_eq!(whole.header("content-length"), None, "it is not known beforehand");
    let found = jeton.read(&held.token, &format!("{PATH}?format=csv&q=%220%20a%22")).await.text();
    assert_eq!(found.lines().count(), 2, "a search goes as far back as there are events");
}

#[tokio::test]
async fn an_export_ends_with_the_token_that_reads_it() {
    let jeton = Jeton::start().await;
    let held = busy(&jeton).await;
    let request = Request::get(PATH).header("x-storageapi-token", &held.token);
    let request =
        request.extension(axum::extract::ConnectInfo(std::net::SocketAddr::from(([127, 0, 0, 1], 9))));
    let mut body =
        routes(Arc::clone(&jeton.app)).answer(request.body(Body::empty()).unwrap()).await.into_body();
    let first = body.frame().await.unwrap().unwrap().into_data().unwrap();
    assert!(first.len() < 2 << 20, "a page at a time: {}", first.len());
    jeton.delete(&path(&held.id)).token(&jeton.master).send().await.expect(204);
    assert!(body.frame().await.unwrap().is_err());
}

#[tokio::test]
async fn a_token_exports_two_at_a_time_and_another_once_a_client_is_gone() {
    let jeton = Jeton::start().await;
    let held = busy(&jeton).await;
    let call = async || {
        let request = Request::get(PATH).header("x-storageapi-token", &held.token);
        let request =
            request.extension(axum::extract::ConnectInfo(std::net::SocketAddr::from(([127, 0, 0, 1], 9))));
        routes(Arc::clone(&jeton.app)).answer(request.body(Body::empty()).unwrap()).await
    };
    let (one, two) = (call().await, call().await);
    assert_eq!((one.status().as_u16(), two.status().as_u16()), (200, 200));
    let third = call().await;
    assert_eq!((third.status().as_u16(), third.headers()["retry-after"].to_str().unwrap()), (503, "1"));
    drop(one);
    assert_eq!(call().await.status(), 200);
}

/// Where an answer cannot be streamed, as on Lambda: a call without a connection.
#[tokio::test]
async fn without_a_connection_an_export_is_a_page_and_says_where_to_go_on() {
    let jeton = Jeton::start().await;
    let held = busy(&jeton).await;
    let (mut next, mut seen) = (format!("{PATH}?q=a"), Vec::new());
    loop {
        let request = Request::get(&next).header("x-storageapi-token", &held.token);
        let answer = routes(Arc::clone(&jeton.app)).answer(request.body(Body::empty()).unwrap()).await;
        let link = answer.headers().get("link").map(|link| link.to_str().unwrap().to_owned());
        let searched = answer.headers().get("x-searched-to").cloned();
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        assert!(body.len() <= 5_001_000, "{}", body.len());
        let mut lines: Vec<Value> =
            body.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect();
        if let Some(link) = link {
            let last = lines.pop().unwrap();
            next = last["next"].as_str().unwrap().strip_prefix(&jeton.url).unwrap().to_owned();
            assert_eq!(link, format!("<{}>; rel=\"next\"", last["next"].as_str().unwrap()));
            assert_eq!(searched.unwrap(), "2026-01-15T12:00:00+0000");
            seen.extend(lines);
            continue;
        }
        seen.extend(lines);
        break;
    }
    assert_eq!(seen.len(), 100);
}
