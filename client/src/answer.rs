//! Answers.

use std::{fmt, ops::Deref};

use http::{HeaderMap, HeaderName, StatusCode, header};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{Error, Rejection};

/// The header of the request id, which appears in the logs of all services of a call.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The header of the number of entries on all pages of a list.
const TOTAL: HeaderName = HeaderName::from_static("x-total-count");

/// An answer.
pub struct Answer<T> {
    /// The answer as a type.
    pub value: T,
    /// The answer as JSON, including fields that the type does not have. It may hold a secret.
    pub json: Value,
    /// The header `X-Request-Id`: the id of the call in Jeton's log.
    pub request_id: Option<String>,
    /// The header `Date`: the clock of the server, or of a proxy in front of it.
    pub date: Option<String>,
    /// The next page of a list, for [`more_events`](crate::Client::more_events) and [`more_tokens`](crate::Client::more_tokens): path and query of the link `rel="next"`.
    pub next: Option<String>,
    /// How many there are on all pages of a list, if that was asked for: the header `X-Total-Count`.
    pub total: Option<u64>,
}

impl<T> Deref for Answer<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: fmt::Debug> fmt::Debug for Answer<T> {
    /// Omits the fields that may hold a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}

/// Reads an answer to a call of this path. Errors: [`Error::Rejected`] for a status of 400 or above, [`Error::NotUnderstood`].
pub fn read<T: DeserializeOwned>(
    url: &str,
    path: &str,
    status: StatusCode,
    headers: &HeaderMap,
    bytes: &[u8],
) -> Result<Answer<T>, Error> {
    let not_understood =
        |why: String| Error::NotUnderstood { url: url.to_owned(), status: status.as_u16(), why };
    let json = if bytes.is_empty() {
        Value::Null
    } else {
        jeton_core::json::from_slice(bytes)
            .map_err(|error| not_understood(format!("status {status}, {error}")))?
    };
    let header = |name: HeaderName| Some(headers.get(name)?.to_str().ok()?.to_owned());
    if status.is_success() {
        let value = T::deserialize(&json).map_err(|error| not_understood(error.to_string()))?;
        let next = header(header::LINK).and_then(|link| next(path, &link));
        let total = header(TOTAL).and_then(|total| total.parse().ok());
        return Ok(Answer {
            value,
            json,
            request_id: header(REQUEST_ID),
            date: header(header::DATE),
            next,
            total,
        });
    }
    let text = |name: &str| json[name].as_str().map(str::to_owned);
    let Some(message) = text("error") else {
        return Err(not_understood(format!("status {status}")));
    };
    Err(Error::Rejected(Box::new(Rejection {
        status: status.as_u16(),
        code: text("code").unwrap_or_default(),
        message,
        exception_id: text("exceptionId").unwrap_or_default(),
        request_id: header(REQUEST_ID),
        retry_after: header(header::RETRY_AFTER).and_then(|seconds| seconds.parse().ok()),
        www_authenticate: header(header::WWW_AUTHENTICATE),
        reason: text("reason"),
    })))
}

/// The next page from a `Link` header, as path and query: the host in it may be another address of the same server.
pub fn next(path: &str, link: &str) -> Option<String> {
    let (target, rel) = link.strip_prefix('<')?.split_once('>')?;
    rel.contains("rel=\"next\"").then_some(())?;
    let path = path.split_once('?').map_or(path, |(path, _)| path);
    Some(format!("{path}?{}", target.split_once('?')?.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_goes_on_at_the_query_of_its_link() {
        let link = r#"<https://tokens.example.org/v2/storage/events?limit=5&sinceId=x>; rel="next""#;
        assert_eq!(next("/events?limit=5", link).as_deref(), Some("/events?limit=5&sinceId=x"));
        assert_eq!(next("/events", r#"<https://tokens.example.org/?a>; rel="prev""#), None);
    }
}
