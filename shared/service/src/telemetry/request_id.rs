//! Request ids.

use std::sync::{
    LazyLock,
    atomic::{AtomicU64, Ordering},
};

use http::{HeaderName, HeaderValue, Request};
use rand_core::Rng as _;

use crate::clock;

/// The header of the request id, in requests and answers.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The maximum length of a caller's id, in bytes: shorter than any secret, so that no secret gets into the log.
const LONGEST: usize = 40;

/// The id of a request, as the header that carries it: an answer takes it over as it is.
#[derive(Debug, Clone)]
pub struct RequestId(HeaderValue);

impl RequestId {
    /// That of the invocation on Lambda, the caller's own where it sends one that is plain and short, else a new one.
    pub fn of<B>(request: &Request<B>) -> Self {
        if let Some(invocation) = request.extensions().get::<lambda_http::Context>() {
            return Self(HeaderValue::from_str(&invocation.request_id).unwrap_or_else(|_| new()));
        }
        let from_client = request.headers().get(REQUEST_ID).filter(|id| is_plain(id.as_bytes()));
        Self(from_client.cloned().unwrap_or_else(new))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        str::from_utf8(self.0.as_bytes()).unwrap_or_default()
    }

    /// The header of the answer.
    pub fn into_header(self) -> HeaderValue {
        self.0
    }
}

fn is_plain(id: &[u8]) -> bool {
    (1..=LONGEST).contains(&id.len())
        && id.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b':'))
}

/// A new exception id, which identifies an error in the log.
pub fn exception_id() -> String {
    static ERRORS: AtomicU64 = AtomicU64::new(0);
    let number = PROCESS.wrapping_add(ERRORS.fetch_add(1, Ordering::Relaxed));
    // Without the formatter: a refused token costs little else.
    let mut digits = [b'0'; 16];
    let _ = hex::encode_to_slice(number.to_be_bytes(), &mut digits);
    ["jeton-", str::from_utf8(&digits).unwrap_or_default()].concat()
}

/// A random number of the process and a counter. Ids are not secret, so they need no randomness of the system for each one.
fn new() -> HeaderValue {
    static REQUESTS: AtomicU64 = AtomicU64::new(0);
    let numbers = u128::from(*PROCESS) << 64 | u128::from(REQUESTS.fetch_add(1, Ordering::Relaxed));
    let mut text = [b'0'; 32];
    // Twice as many digits as bytes always fit.
    let _ = hex::encode_to_slice(numbers.to_be_bytes(), &mut text);
    HeaderValue::from_bytes(&text).unwrap_or(HeaderValue::from_static(""))
}

static PROCESS: LazyLock<u64> = LazyLock::new(|| clock::entropy().next_u64());

#[cfg(test)]
mod tests {
    use super::*;

    fn of(header: &str) -> String {
        RequestId::of(&Request::builder().header(REQUEST_ID, header).body(()).unwrap()).as_str().to_owned()
    }

    #[test]
    fn a_plain_id_of_the_caller_is_kept() {
        for id in ["7", "5f0c7a4e-8a3f-4a54-9a39-0f3a4a5f5f00", "a_b.c:d"] {
            assert_eq!(of(id), id);
        }
    }

    #[test]
    fn whatever_could_hold_a_secret_or_break_a_line_gets_a_new_id() {
        let token = format!("1-1-jt{}", "x".repeat(49));
        for id in ["", "two words", "\"quoted\"", &token, &"x".repeat(41)] {
            assert_eq!(of(id).len(), 32, "{id:?}");
        }
        assert_ne!(of(""), of(""));
    }
}
