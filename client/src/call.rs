//! A call before it is sent, and the parts of its URL.

use std::fmt;

use http::{HeaderValue, Method};
use jeton_core::idempotency::IdempotencyKey;
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use crate::{Change, Error};

/// The characters that are percent-encoded in a path segment.
const IN_A_SEGMENT: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'@');

/// The characters that are percent-encoded in a query value.
const IN_A_QUERY: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'<').add(b'>').add(b'&').add(b'+').add(b'%').add(b'=');

/// A call before it is sent.
pub struct Call<'a> {
    /// Its method.
    pub method: Method,
    /// Its path and query.
    pub path: &'a str,
    /// Its body.
    pub body: Option<&'a Value>,
    /// When it is retried.
    pub again: Again,
    /// For how long.
    pub patience: Patience,
    /// What it changes. `None` for a read.
    pub change: Option<Change>,
    /// Its idempotency key.
    pub key: Option<IdempotencyKey>,
    /// The request id that it passes on.
    pub request_id: Option<HeaderValue>,
}

/// When a call is retried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    /// If there was no connection, so that the server cannot have received it.
    Unsent,
    /// Also if its answer is lost, or says that the server is not available. For idempotent calls.
    Lost,
}

/// For how long a call is retried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Patience {
    /// A few seconds at most, with a timeout of their own. For calls that others wait for, and for checks of the server.
    Brief,
    /// As long as the client says.
    Full,
}

impl<'a> Call<'a> {
    /// A call without a body, which is retried only if the server cannot have received it.
    pub fn new(method: Method, path: &'a str) -> Self {
        let change = match method {
            Method::GET => None,
            Method::PUT => Some(Change::State),
            Method::DELETE => Some(Change::Deletion),
            _ => Some(Change::Creation),
        };
        let (again, patience) = (Again::Unsent, Patience::Full);
        Self { method, path, body: None, again, patience, change, key: None, request_id: None }
    }

    /// The same call with an idempotency key, so that it can be sent again if its answer is lost.
    pub fn keyed(self, key: IdempotencyKey) -> Self {
        Self { key: Some(key), again: Again::Lost, ..self }
    }

    /// The same call, which others wait for.
    pub fn brief(self) -> Self {
        Self { patience: Patience::Brief, ..self }
    }
}

/// Encodes a path segment.
///
/// Errors: [`Error::BadId`] for an empty text and for `.` and `..`, which would make another path.
pub fn segment(text: &str) -> Result<impl fmt::Display, Error> {
    if text.bytes().all(|byte| byte == b'.') {
        return Err(Error::BadId);
    }
    Ok(utf8_percent_encode(text, IN_A_SEGMENT))
}

/// A query string of the parameters that are set.
pub fn query(pairs: &[(&str, Option<String>)]) -> String {
    let pairs = pairs.iter().filter_map(|(name, value)| Some((name, value.as_deref()?)));
    let pairs: Vec<_> =
        pairs.map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, IN_A_QUERY))).collect();
    if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_person_types_stays_one_segment_and_one_value() {
        assert_eq!(segment("a/b?c@d.e").unwrap().to_string(), "a%2Fb%3Fc@d.e");
        assert_eq!(segment("..a\n%2e").unwrap().to_string(), "..a%0A%252e");
        for text in ["", ".", "..", "..."] {
            assert_eq!(segment(text).err(), Some(Error::BadId), "{text:?}");
        }
        assert_eq!(query(&[("q", Some("a&b=c d".to_owned())), ("limit", None)]), "?q=a%26b%3Dc%20d");
        assert_eq!(query(&[("q", None)]), "");
    }
}
