//! A service that is away for a while, as during a restart.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use axum::{Router, http::StatusCode};
use jeton_client::{Client, Credential, Error, PlainSecret, Question, Retry, ShareToken, TokenSettings};
use jeton_tests::functions::quiet_address;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
};

use crate::guarded::serve;

/// A client, and what it tells of its retries.
fn client(url: &str) -> (Client, UnboundedReceiver<Retry>) {
    let (tell, told) = unbounded_channel();
    let client = Client::new(url, Credential::Storage(PlainSecret::new("1-2-jtx".to_owned()))).unwrap();
    (client.on_retry(move |retry| drop(tell.send(retry.clone()))), told)
}

/// Takes one call, and answers it, or closes the connection without an answer. The service is gone afterwards. Returns the
/// idempotency key of the call.
async fn take_one(address: SocketAddr, answer: Option<String>) -> String {
    let listener = TcpListener::bind(address).await.unwrap();
    let (mut caller, _) = listener.accept().await.unwrap();
    let mut request = Vec::new();
    while !request.ends_with(b"}") {
        assert_ne!(caller.read_buf(&mut request).await.unwrap(), 0, "the call is complete");
    }
    if let Some(answer) = answer {
        caller.write_all(answer.as_bytes()).await.unwrap();
    }
    let request = String::from_utf8(request).unwrap();
    let key = request.lines().find_map(|line| line.strip_prefix("idempotency-key: "));
    key.unwrap_or_default().to_owned()
}

/// Creates a token at a service that takes two calls and answers 403 at last. Both have the same key.
async fn is_sent_with_one_key(client: &Client, service: impl Future<Output = (String, String)>) {
    let settings = TokenSettings::default();
    let (created, (first, last)) = tokio::join!(client.create(&settings), service);
    assert_eq!(created.unwrap_err().status(), Some(403));
    assert!(first.len() >= 43 && first == last, "{first} {last}");
}

fn answer(status: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

#[tokio::test]
async fn a_create_outlasts_a_restart_with_one_key() {
    let address = quiet_address();
    let (client, mut told) = client(&format!("http://{address}"));
    let service = async {
        let first = take_one(address, None).await;
        // More than for a service that was never there.
        for _ in 0..4 {
            told.recv().await.unwrap();
        }
        let rejection = json!({"error": "No", "code": "accessDenied"}).to_string();
        (first, take_one(address, Some(answer("403 Forbidden", &rejection))).await)
    };
    is_sent_with_one_key(&client, service).await;
}

#[tokio::test]
async fn a_call_that_a_gateway_could_not_finish_may_have_been_carried_out() {
    for (first, last, may) in [
        (Some("502 Bad Gateway"), "503 Service Unavailable", true),
        (None, "503 Service Unavailable", true),
        (None, "429 Too Many Requests", true),
        (None, "500 Internal Server Error", true),
        (Some("504 Gateway Timeout"), "403 Forbidden", false),
        (Some("503 Service Unavailable"), "503 Service Unavailable", false),
    ] {
        let address = quiet_address();
        let (client, mut told) = client(&format!("http://{address}"));
        let client = client.retry_for(Duration::from_secs(2));
        let body = json!({"error": "No", "code": "serviceUnavailable"}).to_string();
        let service = async {
            take_one(address, first.map(|status| answer(status, &body))).await;
            told.recv().await.unwrap();
            let last = answer(last, &body).replacen("\r\n", "\r\nRetry-After: 60\r\n", 1);
            take_one(address, Some(last)).await;
        };
        let settings = TokenSettings::default();
        let (created, ()) = tokio::join!(client.create(&settings), service);
        let error = created.unwrap_err();
        assert_eq!(matches!(error, Error::AnswerLost { .. }), may, "{first:?} {last}: {error}");
    }
}

#[tokio::test]
async fn an_answer_that_ends_early_is_lost_and_the_call_is_sent_again_with_its_key() {
    let address = quiet_address();
    let (client, _told) = client(&format!("http://{address}"));
    let half = "HTTP/1.1 201 Created\r\nConnection: close\r\nContent-Type: application/json\r\n\r\n{\"id\": \"5\", \"tok";
    let service = async {
        let first = take_one(address, Some(half.to_owned())).await;
        let rejection = json!({"error": "No", "code": "accessDenied"}).to_string();
        (first, take_one(address, Some(answer("403 Forbidden", &rejection))).await)
    };
    is_sent_with_one_key(&client, service).await;
}

#[tokio::test]
async fn a_read_that_a_gateway_could_not_finish_says_so() {
    let url = serve(Router::new().fallback(async || (StatusCode::BAD_GATEWAY, "<html>"))).await;
    let failed = client(&url).0.retry_for(Duration::ZERO).token("5").await.unwrap_err();
    assert!(matches!(&failed, Error::NotUnderstood { status: 502, .. }), "{failed}");
}

#[tokio::test]
async fn a_call_that_mails_is_sent_three_times_at_most() {
    let sent = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&sent);
    let lost = move || {
        count.fetch_add(1, Relaxed);
        async { (StatusCode::BAD_GATEWAY, [("retry-after", "0")]) }
    };
    let (client, _told) = client(&serve(Router::new().fallback(lost)).await);
    let share = ShareToken { recipient_email: Some("bob@example.org".to_owned()), ..ShareToken::default() };
    let failed = client.share("5", &share).await.unwrap_err();
    assert!(matches!(failed, Error::AnswerLost { .. }), "{failed}");
    assert_eq!(sent.load(Relaxed), 3);
}

#[tokio::test]
async fn an_address_that_was_never_reached_and_a_name_that_nobody_knows_are_told_soon() {
    for url in [format!("http://{}", quiet_address()), "http://jeton.invalid".to_owned()] {
        let (client, mut told) = client(&url);
        let failed = client.create(&TokenSettings::default()).await.unwrap_err();
        assert!(matches!(failed, Error::Unreachable { .. }), "{failed}");
        drop(client);
        let mut retries = 0;
        while told.recv().await.is_some() {
            retries += 1;
        }
        assert!(retries <= 2, "{url}: {retries}");
    }
}

/// A service that answers 503 to everything; it may be asked again at once.
async fn unavailable() -> String {
    let answer = || async {
        let body = json!({"error": "Away", "code": "serviceUnavailable"}).to_string();
        (StatusCode::SERVICE_UNAVAILABLE, [("retry-after", "0")], body)
    };
    serve(Router::new().fallback(answer)).await
}

#[tokio::test]
async fn calls_that_somebody_waits_for_are_given_up_soon() {
    let (client, mut told) = client(&unavailable().await);
    let question = Question::to_read("test.asked", "in.c-a");
    let failed = [
        client.verify().await.map(drop),
        client.verify_manage_token().await.map(drop),
        client.index().await.map(drop),
        client.ready().await.map(drop),
    ];
    for failed in failed {
        assert_eq!(failed.unwrap_err().status(), Some(503));
        // Two retries each.
        assert!(told.recv().await.is_some() && told.recv().await.is_some());
    }
    assert!(told.try_recv().is_err(), "no more than three attempts");
    // A question may have been answered, and its answer is an event.
    assert_eq!(client.ask(&question).await.unwrap_err().status(), Some(503));
    assert_eq!(client.ask_all(&[question]).await.unwrap_err().status(), Some(503));
    assert!(told.try_recv().is_err());
    // Others are repeated for as long as the caller wants.
    assert_eq!(client.retry_for(Duration::from_secs(2)).token("5").await.unwrap_err().status(), Some(503));
    for _ in 0..3 {
        assert!(told.recv().await.is_some());
    }
}
