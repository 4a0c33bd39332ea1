//! Sending calls.

use std::{fmt, ops::Deref, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, header};
use http_body_util::Full;
use jeton_core::{idempotency::IdempotencyKey, secret::PlainSecret};
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};
use rand::rngs::SysRng;
use rand_core::UnwrapErr;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{
    Error, Refusal,
    base_url::BaseUrl,
    transport::{NoAnswer, Transport},
};

/// The header that finds a call in the logs of all services that it went through.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// How often a call that can be sent again is sent at most.
const TRIES: u32 = 3;

/// How long is waited between two tries where the answer does not say.
const WAIT: Duration = Duration::from_millis(200);

/// How long is waited at most, whatever the answer says.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// How long a call may take unless [`Client::within`] says otherwise.
const TIMEOUT: Duration = Duration::from_secs(35);

/// What may not stand in a segment of a path as it is.
const IN_A_SEGMENT: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'@');

/// What may not stand in a value of a query as it is.
const IN_A_QUERY: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'<').add(b'>').add(b'&').add(b'+').add(b'%').add(b'=');

/// A client of one Jeton, by one credential. Cheap to clone; clones share at most 64
/// connections. A call that finds none free waits.
#[derive(Debug, Clone)]
pub struct Client {
    transport: Transport,
    url: BaseUrl,
    timeout: Duration,
    credential: Credential,
}

/// Who calls.
#[derive(Debug, Clone)]
pub enum Credential {
    /// The bearer of a storage token, for what belongs to its project.
    Storage(PlainSecret),
    /// The bearer of a manage token, for projects and their members.
    Manage(PlainSecret),
    /// Nobody.
    None,
}

/// What was answered.
pub struct Answer<T> {
    /// What was answered, in types.
    pub value: T,
    /// The same as JSON, with the fields that the types leave out. It may hold a secret.
    pub json: Value,
    /// The header `X-Request-Id`, which finds the call in Jeton's log.
    pub request_id: Option<String>,
    /// Where a list goes on that is not complete, for [`Client::more_events`]: path and query of the link
    /// `rel="next"`.
    pub next: Option<String>,
}

/// A call that is being put together.
pub(crate) struct Call<'a> {
    pub method: Method,
    pub path: &'a str,
    pub body: Option<&'a Value>,
    pub again: Again,
    pub key: Option<IdempotencyKey>,
    pub request_id: Option<HeaderValue>,
}

/// When a call is sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Again {
    /// When there was no connection, so that it cannot have been carried out.
    Unsent,
    /// When its answer is lost or 503, too: sent twice, it does what it does once.
    Lost,
}

impl Client {
    /// A client of the Jeton at this base URL, such as `https://tokens.example.org`. `/v2/storage` at its end is
    /// not part of the base.
    ///
    /// Errors: [`Error::WithinJeton`] for the URL of something within it; [`Error::BadUrl`], also for a URL with a password, a query or a fragment;
    /// [`Error::NoCertificates`] with `https://`.
    pub fn new(url: &str, credential: Credential) -> Result<Self, Error> {
        let url = BaseUrl::parse(url)?;
        Ok(Self { transport: Transport::new(&url)?, url, timeout: TIMEOUT, credential })
    }

    /// A client with no credential yet, for [`Client::with`].
    ///
    /// Errors: as [`Client::new`].
    pub fn anonymous(url: &str) -> Result<Self, Error> {
        Self::new(url, Credential::None)
    }

    /// The same by another credential. They share connections.
    #[must_use]
    pub fn with(&self, credential: Credential) -> Self {
        Self { credential, ..self.clone() }
    }

    /// The same with another time for each call, in place of 35 seconds: [`Error::TimedOut`] follows. Waiting for
    /// a connection and sending again count.
    #[must_use]
    pub fn within(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// The base URL.
    pub fn url(&self) -> &str {
        self.url.as_str()
    }

    /// A read. It is sent again when its answer is lost, or when the store was not available.
    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<Answer<T>, Error> {
        self.call(Call { again: Again::Lost, ..Call::new(Method::GET, path) }).await
    }

    /// Any other call. It is sent again only when it cannot have arrived.
    pub(crate) async fn send<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Answer<T>, Error> {
        self.call(Call { body, ..Call::new(method, path) }).await
    }

    /// A call that shows a secret. It has a key of its own, so that it can be sent again as safely as a read:
    /// what was made by a call whose answer got lost is answered once more, and not made twice.
    pub(crate) async fn send_once<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Answer<T>, Error> {
        let key = Some(IdempotencyKey::random(&mut UnwrapErr(SysRng)));
        self.call(Call { body, key, again: Again::Lost, ..Call::new(method, path) }).await
    }

    /// Carries a call out, within its time.
    pub(crate) async fn call<T: DeserializeOwned>(&self, call: Call<'_>) -> Result<Answer<T>, Error> {
        match tokio::time::timeout(self.timeout, self.tries(&call)).await {
            Ok(outcome) => {
                let (status, headers, bytes) = outcome?;
                self.read(call.path, status, &headers, &bytes)
            }
            Err(_) => Err(Error::TimedOut { url: self.url.to_string(), after: self.timeout }),
        }
    }

    async fn tries(&self, call: &Call<'_>) -> Result<(StatusCode, HeaderMap, Bytes), Error> {
        let unreachable = |why| Error::Unreachable { url: self.url.to_string(), why };
        for left in (0..TRIES).rev() {
            let again = left > 0 && call.again == Again::Lost;
            let request = self.request(call)?;
            let wait = match self.transport.send(request).await {
                Ok((StatusCode::SERVICE_UNAVAILABLE, headers, _)) if again => retry_after(&headers),
                Err(NoAnswer::Lost(_)) if again => WAIT,
                Err(NoAnswer::NotConnected(_)) if left > 0 => WAIT,
                Ok(answer) => return Ok(answer),
                Err(NoAnswer::Lost(why) | NoAnswer::NotConnected(why)) => return Err(unreachable(why)),
            };
            tokio::time::sleep(wait.min(LONGEST_WAIT)).await;
        }
        unreachable!("the last try returns")
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
        let not_understood = |why: String| Error::NotUnderstood { url: self.url.to_string(), why };
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
            return Ok(Answer { value, json, request_id: header(REQUEST_ID), next });
        }
        let text = |name: &str| json[name].as_str().map(str::to_owned);
        let Some(message) = text("error") else {
            return Err(not_understood(format!("status {status}")));
        };
        Err(Error::Refused(Box::new(Refusal {
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
    /// One without a body, that is sent again only when it cannot have arrived.
    pub fn new(method: Method, path: &'a str) -> Self {
        Self { method, path, body: None, again: Again::Unsent, key: None, request_id: None }
    }
}

impl<T> Deref for Answer<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: fmt::Debug> fmt::Debug for Answer<T> {
    /// Leaves out what may hold a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}

/// A segment of a path.
///
/// Errors: [`Error::BadId`] for what would name another path: an empty text, and dots alone, which are no names on the way.
pub(crate) fn segment(text: &str) -> Result<impl fmt::Display, Error> {
    if text.bytes().all(|byte| byte == b'.') {
        return Err(Error::BadId);
    }
    Ok(utf8_percent_encode(text, IN_A_SEGMENT))
}

/// A query of what is there.
pub(crate) fn query(pairs: &[(&str, Option<String>)]) -> String {
    let pairs = pairs.iter().filter_map(|(name, value)| Some((name, value.as_deref()?)));
    let pairs: Vec<_> =
        pairs.map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, IN_A_QUERY))).collect();
    if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) }
}

/// A header that shows in no log.
fn sensitive(mut value: HeaderValue) -> HeaderValue {
    value.set_sensitive(true);
    value
}

fn retry_after(headers: &HeaderMap) -> Duration {
    let seconds = headers.get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    seconds.map_or(WAIT, Duration::from_secs)
}

/// The next page of a path by a header `Link`. The address in it is that of another way to the same Jeton, perhaps.
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
