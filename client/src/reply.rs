//! Replies to a call. A gateway or another program may answer in place of Jeton.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use serde::de::IgnoredAny;
use serde_json::Value;

use crate::answer::REQUEST_ID;

/// A reply with its body.
pub type Reply = (StatusCode, HeaderMap, Bytes);

/// Why there is no answer.
#[derive(Debug)]
pub enum NoAnswer {
    /// There was no connection, so nothing was sent.
    NotConnected {
        /// Why, for people.
        why: String,
        /// Whether it may pass, as when a server restarts: the name of the server is known, and its certificate is not invalid.
        passing: bool,
    },
    /// The server may have received the request.
    Lost(String),
}

/// Whether the last answer leaves open what became of an attempt before: it is about itself alone, or is one of another program.
pub fn leaves_open(status: StatusCode, body: &[u8]) -> bool {
    if status.is_success() {
        return !body.is_empty() && !is_json(body);
    }
    status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS || !is_of_jeton(status, body)
}

/// Whether a success without a body is one of another program: Jeton names each request.
pub fn is_blank_of_another(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> bool {
    status.is_success() && body.is_empty() && !headers.contains_key(REQUEST_ID)
}

/// Whether an error is one of Jeton, which never answers as a gateway.
pub fn is_of_jeton(status: StatusCode, body: &[u8]) -> bool {
    !matches!(status, StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT)
        && jeton_core::json::from_slice::<Value>(body).is_ok_and(|error| error["code"].is_string())
}

/// Whether a status says that the server is not available: 503, or 502 and 504 of a gateway whose server restarts.
pub fn is_unavailable(status: StatusCode) -> bool {
    matches!(status, StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT)
}

/// Whether a body is JSON.
pub fn is_json(body: &[u8]) -> bool {
    jeton_core::json::from_slice::<IgnoredAny>(body).is_ok()
}

/// Whether the `Content-Type` is this media type, with any parameters.
pub fn is_of_type(headers: &HeaderMap, media_type: &str) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = content_type.and_then(|value| value.split(';').next());
    essence.is_some_and(|essence| essence.trim().eq_ignore_ascii_case(media_type))
}

/// The seconds of `Retry-After`. A date counts as none, since clocks differ.
pub fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(header::RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn a_success_without_a_body_and_a_request_id_is_of_another_program() {
        let named = HeaderMap::from_iter([(REQUEST_ID, HeaderValue::from_static("5"))]);
        assert!(is_blank_of_another(StatusCode::NO_CONTENT, &HeaderMap::new(), b""));
        assert!(!is_blank_of_another(StatusCode::NO_CONTENT, &named, b""));
        assert!(!is_blank_of_another(StatusCode::OK, &HeaderMap::new(), b"{}"));
    }

    #[test]
    fn the_last_answer_leaves_an_attempt_before_open_unless_it_is_one_of_jeton_about_the_call() {
        let error = br#"{"error": "No", "code": "accessDenied"}"#;
        let of = |status, body: &[u8]| leaves_open(StatusCode::from_u16(status).unwrap(), body);
        for (status, body) in [
            (200, &b"<html>"[..]),
            (302, b""),
            (403, b"<html>"),
            (404, br#"{"message": "no route"}"#),
            (429, error),
            (500, error),
            (502, error),
        ] {
            assert!(of(status, body), "{status}");
        }
        for (status, body) in [(201, &br#"{"id": "5"}"#[..]), (204, b""), (403, error), (409, error)] {
            assert!(!of(status, body), "{status}");
        }
    }
}
