//! A guard's answers when Jeton says no, answers otherwise, or is down.

use std::sync::{Arc, Mutex};

use axum::{Router, http::StatusCode, response::IntoResponse as _, routing::post};
use jeton_client::{Client, Error, Question, Tokens, require};
use jeton_tests::{
    client::{self, Answer},
    functions::quiet_address,
    jeton::Jeton,
    lossy::Lossy,
};
use serde_json::json;
use tokio::net::TcpListener;

use crate::guarded::{serve, service_of};

/// A fake Jeton that always answers the same; returns its address.
async fn always(status: u16, headers: &'static [(&'static str, &'static str)], body: String) -> String {
    let answer = move || {
        let (body, status) = (body.clone(), StatusCode::from_u16(status).unwrap());
        async move { (status, axum::response::AppendHeaders(headers.iter().copied()), body).into_response() }
    };
    serve(Router::new().fallback(answer)).await
}

fn error(code: &str) -> String {
    json!({"error": "Words", "code": code, "exceptionId": "jeton-1", "status": "error"}).to_string()
}

type Failures = Arc<Mutex<Vec<(Error, String)>>>;

/// A service that asks the Jeton at this address, and the failures reported to it.
async fn guarded(jeton: &str) -> (String, Failures) {
    let failures = Failures::default();
    let told = Arc::clone(&failures);
    let guard = require(Client::anonymous(jeton).unwrap(), Tokens::OfAnyProject, |_| {
        Some(Question::to_write("storage.tableImported", "in.c-a"))
    });
    let guard = guard.on_failure(move |error, id| told.lock().unwrap().push((error.clone(), id.to_owned())));
    (serve(Router::new().route("/", post(async || "done").route_layer(guard))).await, failures)
}

async fn call(service: &str) -> Answer {
    client::send("POST", &format!("{service}/"), &[("x-storageapi-token", "1-2-jtx")]).await
}

#[tokio::test]
async fn an_error_of_jeton_is_passed_on_as_what_it_is() {
    for (status, code, is_failure) in [
        (400, "validationError", false),
        (401, "storage.tokenExpired", false),
        (409, "projectClosed", true),
        (429, "tooManyWrongTokens", false),
        (503, "serviceUnavailable", true),
    ] {
        let headers = &[
            ("retry-after", "7"),
            ("x-request-id", "of-jeton"),
            ("www-authenticate", "Bearer realm=\"jeton\""),
        ];
        let (service, failures) = guarded(&always(status, headers, error(code)).await).await;
        let answer = call(&service).await;
        for (name, value) in
            [("retry-after", "7"), ("x-request-id", "of-jeton"), ("cache-control", "no-store")]
        {
            assert_eq!(answer.header(name), Some(value), "{status}: {name}");
        }
        let challenge = answer.header("www-authenticate").map(str::to_owned);
        assert_eq!(challenge.as_deref(), (status == 401).then_some("Bearer realm=\"jeton\""), "{status}");
        let body = answer.expect(status).json();
        assert_eq!((&body["code"], &body["error"]), (&json!(code), &json!("Words")));
        assert_eq!(body["exceptionId"], "jeton-1");
        assert_eq!(!failures.lock().unwrap().is_empty(), is_failure, "{status}");
    }
}

#[tokio::test]
async fn an_answer_that_is_not_understood_is_a_bad_gateway_and_its_cause_is_handed_over() {
    for (status, body) in [
        (200, "<html>".to_owned()),
        (200, "{}".to_owned()),
        (200, String::new()),
        (404, error("notFound")),
        (405, error("methodNotAllowed")),
        (500, "<html>".to_owned()),
        (502, String::new()),
        (302, String::new()),
    ] {
        let (service, failures) = guarded(&always(status, &[], body.clone()).await).await;
        let answer = call(&service).await.expect(502).json();
        assert_eq!(answer["code"], "badGateway", "{status} {body}");
        let failures = failures.lock().unwrap();
        let (_, id) = &failures[0];
        assert_eq!(
            (failures.len(), answer["exceptionId"].as_str()),
            (1, Some(id.as_str())),
            "{status} {body}"
        );
    }
}

#[tokio::test]
async fn while_jeton_cannot_be_asked_nothing_is_allowed() {
    let (service, failures) = guarded("http://127.0.0.1:9").await;
    let rejected = call(&service).await.expect(503);
    assert_eq!(rejected.header("retry-after"), Some("2"));
    assert_eq!(rejected.json()["status"], "maintenance");
    let failures = failures.lock().unwrap();
    assert!(matches!(failures[0].0, Error::Unreachable { .. }), "{failures:?}");
}

#[tokio::test]
async fn a_question_whose_answer_is_lost_is_not_asked_again() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({"bucketPermissions": {"in.c-a": "write"}})).await;
    let line = Lossy::to(&jeton.url).await;
    let (service, _) = guarded(&line.url).await;
    line.lose(1);
    let own = [("x-storageapi-token", held.token.as_str())];
    client::send("POST", &format!("{service}/"), &own).await.expect(503);
    assert_eq!(jeton.history(&held.id).await, ["storage.tableImported", "storage.tokenCreated"]);
}

#[tokio::test]
async fn a_connection_that_is_refused_is_tried_again() {
    let jeton = Jeton::start().await;
    let address = quiet_address();
    let client = Client::anonymous(&format!("http://{address}")).unwrap();
    let asks = async { client.ask(&Question::to_read("test.asked", "in.c-a")).await };
    // The first attempt is made before anything listens.
    let starts = async {
        let listener = TcpListener::bind(address).await.unwrap();
        let rejection = (StatusCode::UNAUTHORIZED, error("storage.tokenInvalid"));
        let routes = Router::new().fallback(async move || rejection.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
    };
    let (answer, ()) = tokio::join!(asks, starts);
    assert_eq!(answer.unwrap_err().status(), Some(401));
    drop(jeton);
}

#[tokio::test]
async fn a_guard_whose_base_url_ends_in_the_path_of_the_api_asks_the_same() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({"bucketPermissions": {"in.c-a": "write"}})).await;
    let (service, _) = guarded(&format!("{}/v2/storage", jeton.url)).await;
    let own = [("x-storageapi-token", held.token.as_str())];
    assert_eq!(client::send("POST", &format!("{service}/"), &own).await.expect(200).text(), "done");
    let example = service_of(&jeton).await;
    client::send("POST", &format!("{example}/buckets/in.c-a/tables"), &own).await.expect(200);
}
