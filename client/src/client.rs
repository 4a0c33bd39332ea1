//! Sending calls.

use std::{fmt, ops::Deref, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Uri, header};
use http_body_util::{BodyExt as _, Full};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client as Hyper, connect::HttpConnector},
    rt::TokioExecutor,
};
use jeton_core::{receipt::IdempotencyKey, secret::PlainSecret};
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};
use rand::rngs::SysRng;
use rand_core::UnwrapErr;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::Error;

/// How often a call that can be sent again is sent at most.
const TRIES: u32 = 3;

/// How long is waited between two tries where the answer does not say.
const WAIT: Duration = Duration::from_millis(200);

/// How long is waited at most, whatever the answer says.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// How long a call may take.
const PATIENCE: Duration = Duration::from_secs(35);

/// What may not stand in a segment of a path as it is.
const IN_A_SEGMENT: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'@');

/// What may not stand in a value of a query as it is.
const IN_A_QUERY: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'<').add(b'>').add(b'&').add(b'+').add(b'%').add(b'=');

/// A client of one Jeton, by one credential. Cheap to clone; clones share connections.
#[derive(Debug, Clone)]
pub struct Client {
    http: Hyper<HttpsConnector<HttpConnector>, Full<Bytes>>,
    url: String,
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
    /// The same as it came, without a value in types left out. It may hold a secret.
    pub json: Value,
}

impl Client {
    /// A client of the Jeton at this address.
    ///
    /// Errors: [`Error::BadUrl`].
    pub fn new(url: &str, credential: Credential) -> Result<Self, Error> {
        let bad = || Error::BadUrl(url.to_owned());
        let parsed: Uri = url.parse().map_err(|_| bad())?;
        if !matches!(parsed.scheme_str(), Some("http" | "https")) || parsed.host().is_none() {
            return Err(bad());
        }
        let roots = HttpsConnectorBuilder::new().with_native_roots();
        let roots =
            roots.map_err(|error| Error::Unreachable { url: url.to_owned(), why: error.to_string() })?;
        let connector = roots.https_or_http().enable_http1().build();
        Ok(Self {
            http: Hyper::builder(TokioExecutor::new()).build(connector),
            url: url.trim_end_matches('/').to_owned(),
            credential,
        })
    }

    /// A client with no credential yet, for [`Client::with`].
    ///
    /// Errors: [`Error::BadUrl`].
    pub fn anonymous(url: &str) -> Result<Self, Error> {
        Self::new(url, Credential::None)
    }

    /// The same by another credential. They share connections.
    #[must_use]
    pub fn with(&self, credential: Credential) -> Self {
        Self { credential, ..self.clone() }
    }

    /// Where it is.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A read.
    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<Answer<T>, Error> {
        self.send(Method::GET, path, None).await
    }

    /// Any call. A read is sent again when nobody answers, or when the store was not available.
    pub(crate) async fn send<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Answer<T>, Error> {
        let tries = if method == Method::GET { TRIES } else { 1 };
        self.send_up_to(tries, method, path, body, None).await
    }

    /// A call that shows a secret. It has a key of its own, so that it can be sent again as safely as a read:
    /// what was made by a call whose answer got lost is answered once more, and not made twice.
    pub(crate) async fn send_once<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Answer<T>, Error> {
        let key = IdempotencyKey::random(&mut UnwrapErr(SysRng));
        self.send_up_to(TRIES, method, path, body, Some(&key)).await
    }

    async fn send_up_to<T: DeserializeOwned>(
        &self,
        tries: u32,
        method: Method,
        path: &str,
        body: Option<&Value>,
        key: Option<&IdempotencyKey>,
    ) -> Result<Answer<T>, Error> {
        for left in (0..tries).rev() {
            let wait = match self.once(&method, path, body, key).await {
                Ok((StatusCode::SERVICE_UNAVAILABLE, headers, _)) if left > 0 => retry_after(&headers),
                Err(Error::Unreachable { .. }) if left > 0 => WAIT,
                Ok((status, _, bytes)) => return self.read(status, &bytes),
                Err(error) => return Err(error),
            };
            tokio::time::sleep(wait.min(LONGEST_WAIT)).await;
        }
        unreachable!("the last try returns")
    }

    async fn once(
        &self,
        method: &Method,
        path: &str,
        body: Option<&Value>,
        key: Option<&IdempotencyKey>,
    ) -> Result<(StatusCode, HeaderMap, Bytes), Error> {
        let unreachable =
            |why: &dyn std::error::Error| Error::Unreachable { url: self.url.clone(), why: causes(why) };
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.url));
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
            if let Some(key) = key.and_then(|key| HeaderValue::from_str(key.expose()).ok()) {
                headers.insert("idempotency-key", sensitive(key));
            }
            headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
            headers.insert(
                header::USER_AGENT,
                HeaderValue::from_static(concat!("jeton/", env!("CARGO_PKG_VERSION"))),
            );
            if body.is_some() {
                headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
            }
        }
        let body = Full::new(Bytes::from(body.map(Value::to_string).unwrap_or_default()));
        let request = request.body(body).map_err(|error| unreachable(&error))?;
        let call = async {
            let answer = self.http.request(request).await.map_err(|error| unreachable(&error))?;
            let (head, body) = answer.into_parts();
            let body = body.collect().await.map_err(|error| unreachable(&error))?.to_bytes();
            Ok((head.status, head.headers, body))
        };
        tokio::time::timeout(PATIENCE, call).await.map_err(|error| unreachable(&error))?
    }

    fn read<T: DeserializeOwned>(&self, status: StatusCode, bytes: &[u8]) -> Result<Answer<T>, Error> {
        let not_understood = |why: String| Error::NotUnderstood { url: self.url.clone(), why };
        let json = if bytes.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(bytes)
                .map_err(|error| not_understood(format!("status {status}, {error}")))?
        };
        if status.is_success() {
            let value = T::deserialize(&json).map_err(|error| not_understood(error.to_string()))?;
            return Ok(Answer { value, json });
        }
        let text = |name: &str| json[name].as_str().unwrap_or_default().to_owned();
        if !json["error"].is_string() {
            return Err(not_understood(format!("status {status}")));
        }
        Err(Error::Refused {
            status: status.as_u16(),
            code: text("code"),
            message: text("error"),
            exception_id: text("exceptionId"),
        })
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
pub(crate) fn segment(text: &str) -> impl fmt::Display {
    utf8_percent_encode(text, IN_A_SEGMENT)
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

/// An error with all that caused it: the first of them often says least.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
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
    fn what_is_no_address_is_refused() {
        for url in ["", "tokens.example.org", "ftp://x", "/v2/storage"] {
            let credential = Credential::Storage(PlainSecret::new(String::new()));
            assert_eq!(Client::new(url, credential).unwrap_err(), Error::BadUrl(url.to_owned()));
        }
    }

    #[test]
    fn what_a_person_types_stays_one_segment_and_one_value() {
        assert_eq!(segment("a/b?c@d.e").to_string(), "a%2Fb%3Fc@d.e");
        assert_eq!(query(&[("q", Some("a&b=c d".to_owned())), ("limit", None)]), "?q=a%26b%3Dc%20d");
        assert_eq!(query(&[("q", None)]), "");
    }
}
