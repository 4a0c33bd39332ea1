//! The client: it sends calls, with retries, timeouts and idempotency keys.

use std::{fmt, ops::Deref, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, header};
use http_body_util::Full;
use hyper::body::Incoming;
use jeton_core::{idempotency::IdempotencyKey, secret::PlainSecret};
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};
use rand::rngs::SysRng;
use rand_core::UnwrapErr;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{
    Error, Rejection,
    base_url::BaseUrl,
    transport::{self, NoAnswer, Transport},
};

/// The header of the request id, which appears in the logs of all services of a call.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The header of the number of entries on all pages of a list.
const TOTAL: HeaderName = HeaderName::from_static("x-total-count");

/// The most attempts of a call that can be retried.
const TRIES: u32 = 3;

/// The wait between two attempts if the answer has no `Retry-After`.
const WAIT: Duration = Duration::from_millis(200);

/// The longest wait between two attempts, whatever `Retry-After` says.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// The default timeout of a call, see [`Client::within`].
const TIMEOUT: Duration = Duration::from_secs(35);

/// The characters that are percent-encoded in a path segment.
const IN_A_SEGMENT: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'@');

/// The characters that are percent-encoded in a query value.
const IN_A_QUERY: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'<').add(b'>').add(b'&').add(b'+').add(b'%').add(b'=');

/// A client of a Jeton server, with one credential. Cheap to clone. Clones share a pool of at most 64 connections; a call
/// waits for a free one.
#[derive(Debug, Clone)]
pub struct Client {
    transport: Transport,
    url: BaseUrl,
    timeout: Duration,
    credential: Credential,
}

/// The credential of a client.
#[derive(Debug, Clone)]
pub enum Credential {
    /// A storage token, for calls about its project.
    Storage(PlainSecret),
    /// A manage token, for calls about projects and members.
    Manage(PlainSecret),
    /// No credential.
    None,
}

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
    /// The next page of a list, for [`Client::more_events`] and [`Client::more_tokens`]: path and query of the link `rel="next"`.
    pub next: Option<String>,
    /// How many there are on all pages of a list, if that was asked for: the header `X-Total-Count`.
    pub total: Option<u64>,
}

/// A call before it is sent.
pub(crate) struct Call<'a> {
    pub method: Method,
    pub path: &'a str,
    pub body: Option<&'a Value>,
    pub again: Again,
    /// Whether it changes nothing.
    pub is_read: bool,
    pub key: Option<IdempotencyKey>,
    pub request_id: Option<HeaderValue>,
}

/// When a call is retried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Again {
    /// If there was no connection, so that the server cannot have received it.
    Unsent,
    /// Also if its answer is lost or 503. For idempotent calls.
    Lost,
}

impl Client {
    /// A client of the server at this base URL, such as `https://tokens.example.org`. A trailing `/v2/storage` is removed.
    ///
    /// Errors: [`Error::WithinJeton`] for the URL of a page or of a path of the API; [`Error::BadUrl`], also for a URL with a
    /// password, a query or a fragment; [`Error::NoCertificates`] with `https://`.
    pub fn new(url: &str, credential: Credential) -> Result<Self, Error> {
        let url = BaseUrl::parse(url)?;
        Ok(Self { transport: Transport::new(&url)?, url, timeout: TIMEOUT, credential })
    }

    /// A client without a credential, for [`Client::with`].
    ///
    /// Errors: as [`Client::new`].
    pub fn anonymous(url: &str) -> Result<Self, Error> {
        Self::new(url, Credential::None)
    }

    /// A client with another credential and the same connections.
    #[must_use]
    pub fn with(&self, credential: Credential) -> Self {
        Self { credential, ..self.clone() }
    }

    /// A client with another timeout for each call, instead of 35 seconds. It includes waiting for a connection and retries.
    /// A call that exceeds it fails with [`Error::TimedOut`].
    #[must_use]
    pub fn within(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// The base URL.
    pub fn url(&self) -> &str {
        self.url.as_str()
    }

    /// A read. It is retried if its answer is lost or 503.
    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<Answer<T>, Error> {
        self.call(Call { again: Again::Lost, ..Call::new(Method::GET, path) }).await
    }

    /// Any other call. It is retried only if the server cannot have received it.
    pub(crate) async fn send<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Answer<T>, Error> {
        self.call(Call { body, ..Call::new(method, path) }).await
    }

    /// A read that sends a body.
    pub(crate) async fn read_by_post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &Value,
    ) -> Result<Answer<T>, Error> {
        self.call(Call { body: Some(body), is_read: true, ..Call::new(Method::POST, path) }).await
    }

    /// A call that returns a new secret, or acts on many tokens. It has an idempotency key, so it can be retried as safely as a read: if its answer is
    /// lost, the retry returns the same secret and does nothing twice.
    pub(crate) async fn send_once<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Answer<T>, Error> {
        let key = Some(IdempotencyKey::random(&mut UnwrapErr(SysRng)));
        self.call(Call { body, key, again: Again::Lost, ..Call::new(method, path) }).await
    }

    /// Sends a call and returns its answer, within the timeout.
    pub(crate) async fn call<T: DeserializeOwned>(&self, call: Call<'_>) -> Result<Answer<T>, Error> {
        match tokio::time::timeout(self.timeout, self.tries(&call)).await {
            Ok(outcome) => {
                let (status, headers, bytes) = outcome?;
                self.read(call.path, status, &headers, &bytes)
            }
            Err(_) if call.is_read => Err(Error::TimedOut { url: self.url.to_string(), after: self.timeout }),
            Err(_) => Err(Error::AnswerLost {
                url: self.url.to_string(),
                why: format!("it took longer than {} s", self.timeout.as_secs_f32()),
            }),
        }
    }

    async fn tries(&self, call: &Call<'_>) -> Result<(StatusCode, HeaderMap, Bytes), Error> {
        let mut may_be_done = false;
        for left in (0..TRIES).rev() {
            let again = left > 0 && call.again == Again::Lost;
            let request = self.request(call)?;
            let answer = self.transport.send(request).await;
            may_be_done |= matches!(answer, Err(NoAnswer::Lost(_))) && !call.is_read;
            let url = || self.url.to_string();
            let wait = match answer {
                Ok((StatusCode::SERVICE_UNAVAILABLE, headers, _)) if again => retry_after(&headers),
                Err(NoAnswer::Lost(_)) if again => WAIT,
                Err(NoAnswer::NotConnected(_)) if left > 0 => WAIT,
                Ok(answer) => return Ok(answer),
                Err(NoAnswer::Lost(why) | NoAnswer::NotConnected(why)) if may_be_done => {
                    return Err(Error::AnswerLost { url: url(), why });
                }
                Err(NoAnswer::Lost(why) | NoAnswer::NotConnected(why)) => {
                    return Err(Error::Unreachable { url: url(), why });
                }
            };
            tokio::time::sleep(wait.min(LONGEST_WAIT)).await;
        }
        unreachable!("the last try returns")
    }

    /// Sends a call once and returns the body of its answer, which may be long, with the path of the next page.
    pub(crate) async fn opened(&self, call: &Call<'_>) -> Result<(Incoming, Option<String>), Error> {
        let unreachable = |why| Error::Unreachable { url: self.url.to_string(), why };
        let opened = tokio::time::timeout(self.timeout, self.transport.open(self.request(call)?)).await;
        let (status, headers, body) = match opened {
            Ok(Ok(answer)) => answer,
            Ok(Err(NoAnswer::Lost(why) | NoAnswer::NotConnected(why))) => return Err(unreachable(why)),
            Err(_) => return Err(Error::TimedOut { url: self.url.to_string(), after: self.timeout }),
        };
        if status.is_success() {
            let link = headers.get(header::LINK).and_then(|link| link.to_str().ok());
            return Ok((body, link.and_then(|link| next(call.path, link))));
        }
        let reading = tokio::time::timeout(self.timeout, transport::collected(body)).await;
        let body = reading.map_err(|_| Error::TimedOut { url: self.url.to_string(), after: self.timeout })?;
        match self.read::<Value>(call.path, status, &headers, &body.map_err(unreachable)?) {
            Err(error) => Err(error),
            Ok(_) => Err(unreachable(format!("status {status}"))),
        }
    }

    fn request(&self, call: &Call<'_>) -> Result<Request<Full<Bytes>>, Error> {
        let mut request = Request::builder().method(&call.method).uri(format!("{}{}", self.url, call.path));
        if let Some(headers) = request.headers_mut() {
            let presented = match &self.credential {
                Credential::Storage(secret) => Some(("x-storageapi-token", secret)),
                Credential::Manage(secret) => Some(("x-kbc-manageapitoken", secret)),
                Credential::None => None,
            };
            if let Some((name, secret)) = presented {
                let secret = HeaderValue::from_str(secret.expose()).map_err(|_| Error::BadToken)?;
                headers.insert(name, sensitive(secret));
            }
            if let Some(key) = call.key.as_ref().and_then(|key| HeaderValue::from_str(key.expose()).ok()) {
                headers.insert("idempotency-key", sensitive(key));
            }
            if let Some(id) = &call.request_id {
                headers.insert(REQUEST_ID, id.clone());
            }
            headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
            headers.insert(
                header::USER_AGENT,
                HeaderValue::from_static(concat!("jeton/", env!("CARGO_PKG_VERSION"))),
            );
            if call.body.is_some() {
                headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
            }
        }
        let body = Full::new(Bytes::from(call.body.map(Value::to_string).unwrap_or_default()));
        request
            .body(body)
            .map_err(|error| Error::Unreachable { url: self.url.to_string(), why: error.to_string() })
    }

    fn read<T: DeserializeOwned>(
        &self,
        path: &str,
        status: StatusCode,
        headers: &HeaderMap,
        bytes: &[u8],
    ) -> Result<Answer<T>, Error> {
        let not_understood =
            |why: String| Error::NotUnderstood { url: self.url.to_string(), status: status.as_u16(), why };
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
}

impl<'a> Call<'a> {
    /// A call without a body, which is retried only if the server cannot have received it.
    pub fn new(method: Method, path: &'a str) -> Self {
        let is_read = method == Method::GET;
        Self { method, path, body: None, again: Again::Unsent, is_read, key: None, request_id: None }
    }
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

/// Encodes a path segment.
///
/// Errors: [`Error::BadId`] for an empty text and for `.` and `..`, which would make another path.
pub(crate) fn segment(text: &str) -> Result<impl fmt::Display, Error> {
    if text.bytes().all(|byte| byte == b'.') {
        return Err(Error::BadId);
    }
    Ok(utf8_percent_encode(text, IN_A_SEGMENT))
}

/// A query string of the parameters that are set.
pub(crate) fn query(pairs: &[(&str, Option<String>)]) -> String {
    let pairs = pairs.iter().filter_map(|(name, value)| Some((name, value.as_deref()?)));
    let pairs: Vec<_> =
        pairs.map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, IN_A_QUERY))).collect();
    if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) }
}

/// A header value that is marked as sensitive.
fn sensitive(mut value: HeaderValue) -> HeaderValue {
    value.set_sensitive(true);
    value
}

fn retry_after(headers: &HeaderMap) -> Duration {
    let seconds = headers.get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    seconds.map_or(WAIT, Duration::from_secs)
}

/// The next page from a `Link` header, as path and query: the host in it may be another address of the same server.
fn next(path: &str, link: &str) -> Option<String> {
    let (target, rel) = link.strip_prefix('<')?.split_once('>')?;
    rel.contains("rel=\"next\"").then_some(())?;
    let path = path.split_once('?').map_or(path, |(path, _)| path);
    Some(format!("{path}?{}", target.split_once('?')?.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_shows_no_secret() {
        let credential = Credential::Storage(PlainSecret::new("hidden".to_owned()));
        let client = Client::new("https://tokens.example.org/", credential).unwrap();
        assert!(!format!("{client:?}").contains("hidden"));
        assert_eq!(client.url(), "https://tokens.example.org");
    }

    #[test]
    fn a_list_goes_on_at_the_query_of_its_link() {
        let link = r#"<https://tokens.example.org/v2/storage/events?limit=5&sinceId=x>; rel="next""#;
        assert_eq!(next("/events?limit=5", link).as_deref(), Some("/events?limit=5&sinceId=x"));
        assert_eq!(next("/events", r#"<https://tokens.example.org/?a>; rel="prev""#), None);
    }

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
