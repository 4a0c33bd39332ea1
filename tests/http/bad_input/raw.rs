//! Malformed requests, byte by byte, which no client library would send.

use std::time::Duration;

use http::Method;
use jeton_service::endpoint::{Endpoint, endpoints};
use jeton_tests::state::state_of;
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use super::{bodies::too_large, rows::ROWS, world::World};

/// Sends these bytes and reads until the service closes the connection.
async fn exchange(world: &World, bytes: &[u8]) -> String {
    let address = world.jeton.url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).await.unwrap();
    // The service may answer, and close, before it has read everything.
    let _ = stream.write_all(bytes).await;
    let mut answer = Vec::new();
    let read = stream.read_to_end(&mut answer);
    let read =
        timeout(Duration::from_mins(1), read).await.expect("the connection is closed after the answer");
    // Closing with unread data resets the connection; data that had arrived before counts.
    drop(read);
    String::from_utf8_lossy(&answer).into_owned()
}

/// The status and the body of the first answer.
fn read(answer: &str) -> (u16, &str) {
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    (status.unwrap_or(0), body)
}

/// A request with these headers and a body in chunks.
fn chunked(endpoint: &Endpoint, path: &str, credential: (&str, &str), chunks: &str) -> String {
    let (header, secret) = credential;
    format!(
        "{} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{header}: {secret}\r\n\
         content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n{chunks}",
        endpoint.method
    )
}

#[tokio::test]
async fn a_chunked_body_is_counted_as_it_arrives() {
    let world = World::start().await;
    let before = state_of(&world.jeton).await;
    for row in ROWS {
        let endpoint = row.endpoint();
        let path = world.path(endpoint.path, &[]);
        // Only the last byte is too much, so that all of it is read before the answer.
        let chunk = " ".repeat(endpoint.max_body);
        let chunks = format!("{:x}\r\n{chunk}\r\n1\r\n \r\n0\r\n\r\n", chunk.len());
        let answer =
            exchange(&world, chunked(endpoint, &path, world.credential(endpoint), &chunks).as_bytes()).await;
        let (status, body) = read(&answer);
        let expected = too_large(endpoint);
        assert_eq!(status, expected.status, "{}: {answer}", row.endpoint);
        let body: Value = serde_json::from_str(body).unwrap();
        assert_eq!(body["code"], expected.code, "{}", row.endpoint);
    }
    assert_eq!(state_of(&world.jeton).await.changes_since(&before), [""; 0]);
}

#[tokio::test]
async fn a_path_that_takes_no_get_takes_no_head_and_no_answer_to_one_has_a_body() {
    let world = World::start().await;
    for row in ROWS {
        let path = world.path(row.endpoint().path, &[]);
        let taken = endpoints().any(|other| other.path == row.endpoint().path && other.method == Method::GET);
        let request = format!("HEAD {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
        let answer = exchange(&world, request.as_bytes()).await;
        let (status, body) = read(&answer);
        assert_eq!((status == 405, body), (!taken, ""), "{path}: {answer}");
        assert_eq!(answer.contains("\r\nallow: "), !taken, "{path}: {answer}");
    }
}

#[tokio::test]
async fn a_chunked_body_that_breaks_off_is_malformed() {
    let world = World::start().await;
    let before = state_of(&world.jeton).await;
    for row in ROWS {
        let endpoint = row.endpoint();
        let path = world.path(endpoint.path, &[]);
        let request = chunked(endpoint, &path, world.credential(endpoint), "zz\r\n{}\r\n0\r\n\r\n");
        let answer = exchange(&world, request.as_bytes()).await;
        let (status, body) = read(&answer);
        assert_eq!(status, 400, "{}: {answer}", row.endpoint);
        let body: Value = serde_json::from_str(body).unwrap();
        assert_eq!(body["code"], "malformedRequest", "{}", row.endpoint);
    }
    assert_eq!(state_of(&world.jeton).await.changes_since(&before), [""; 0]);
}

/// Requests that violate HTTP itself, and the statuses that they may get. The HTTP library answers most of
/// them without a body, before any of our code runs.
fn outside_http(world: &World) -> Vec<(&'static str, Vec<u8>, &'static [u16])> {
    let master = &world.jeton.master;
    let get = |headers: &str| {
        format!("GET /v2/storage/tokens HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{headers}\r\n")
            .into_bytes()
    };
    let post = |headers: &str, body: &str| {
        format!(
            "POST /v2/storage/tokens HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
             x-storageapi-token: {master}\r\ncontent-type: application/json\r\n{headers}\r\n{body}"
        )
        .into_bytes()
    };
    vec![
        ("no HTTP at all", b"\x16\x03\x01\x00\x05hello\r\n\r\n".to_vec(), &[400]),
        ("a bad request line", b"GET /\r\n\r\n".to_vec(), &[400]),
        ("a space in the path", b"GET /v2/storage/a b HTTP/1.1\r\nhost: x\r\n\r\n".to_vec(), &[400]),
        ("HTTP/3.0", b"GET /health HTTP/3.0\r\nhost: x\r\n\r\n".to_vec(), &[400]),
        ("a header without a colon", get("nonsense\r\n"), &[400]),
        ("a header with a NUL", get("x-storageapi-token: a\0b\r\n"), &[400]),
        // The library has at most 408 KiB before a read, and reads at most as much again.
        ("a long header", get(&format!("x-storageapi-token: {}\r\n", "a".repeat(1_000_000))), &[431]),
        ("many headers", get(&"a: b\r\n".repeat(200)), &[431]),
        (
            "a long path",
            format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", "a".repeat(70_000)).into_bytes(),
            &[414],
        ),
        ("a length that is none", post("content-length: x\r\n", "{}"), &[400]),
        ("a negative length", post("content-length: -1\r\n", "{}"), &[400]),
        ("two lengths that differ", post("content-length: 2\r\ncontent-length: 3\r\n", "{} "), &[400]),
        ("an absurd length", post("content-length: 99999999999999999999\r\n", "{}"), &[400]),
    ]
}

#[tokio::test]
async fn what_is_no_http_is_rejected_and_changes_nothing() {
    let world = World::start().await;
    let before = state_of(&world.jeton).await;
    for (about, bytes, statuses) in outside_http(&world) {
        let answer = exchange(&world, &bytes).await;
        let (status, _) = read(&answer);
        assert!(statuses.contains(&status), "{about}: {answer:?}");
        assert!(!answer.contains(&world.jeton.master), "{about}: {answer:?}");
    }
    assert_eq!(state_of(&world.jeton).await.changes_since(&before), [""; 0]);
}

#[tokio::test]
async fn a_credential_that_is_no_text_is_invalid() {
    let world = World::start().await;
    for header in ["x-storageapi-token: ", "authorization: Bearer "] {
        let start = "GET /v2/storage/tokens HTTP/1.1\r\nhost: x\r\nconnection: close\r\n";
        let mut bytes = format!("{start}{header}").into_bytes();
        bytes.extend(b"\xff\xfe\r\n\r\n");
        let answer = exchange(&world, &bytes).await;
        let (status, body) = read(&answer);
        assert_eq!(status, 401, "{answer}");
        assert_eq!(serde_json::from_str::<Value>(body).unwrap()["code"], "storage.tokenInvalid");
    }
}
