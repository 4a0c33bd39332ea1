//! The client: it sends calls, with retries, timeouts and idempotency keys.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, header};
use http_body_util::Full;
use hyper::body::Incoming;
use jeton_core::{idempotency::IdempotencyKey, secret::PlainSecret};
use rand::rngs::SysRng;
use rand_core::UnwrapErr;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{
    Answer, Error, Retry,
    answer::{REQUEST_ID, next, read},
    base_url::BaseUrl,
    call::{Again, Call, Patience},
    reply::{NoAnswer, Reply, leaves_open},
    retry::{Repeatable, Repeated, RetryPolicy},
    transport::{self, Transport},
};

/// The default timeout of a call, see [`Client::within`].
const TIMEOUT: Duration = Duration::from_secs(35);

/// A client of a Jeton server, with one credential. Cheap to clone. Clones share a pool of at most 64 connections; a call
/// waits for a free one.
#[derive(Debug, Clone)]
pub struct Client {
    transport: Transport,
    url: BaseUrl,
    timeout: Duration,
    retry: RetryPolicy,
    is_patient: bool,
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

impl Client {
    /// A client of the server at this base URL, such as `https://tokens.example.org`. A trailing `/v2/storage` is removed.
    ///
    /// Errors: [`Error::WithinJeton`] for the URL of a page or of a path of the API; [`Error::BadUrl`], also for a URL with a
    /// password, a query or a fragment; [`Error::NoCertificates`] with `https://`.
    pub fn new(url: &str, credential: Credential) -> Result<Self, Error> {
        let url = BaseUrl::parse(url)?;
        let (transport, retry) = (Transport::new(&url)?, RetryPolicy::default());
        Ok(Self { transport, url, timeout: TIMEOUT, retry, is_patient: false, credential })
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

    /// A client that sends a call again for so long, instead of 30 seconds; [`Duration::ZERO`] for never, and nine minutes at most, because a
    /// server answers a repeated idempotency key for ten.
    ///
    /// It counts for calls with a key and for reads whose connection breaks, or whose answer is 502, 503 or 504, and for all others that
    /// found no connection. Waits grow from 0.2 to 5 seconds, are random up to that bound, and are at least as long as `Retry-After` says. A
    /// call whose next wait would lead beyond the time, or beyond the timeout of [`Client::within`], ends with its last answer.
    ///
    /// Whatever is chosen here, three attempts within three seconds are the most for an unknown host name or an invalid certificate, and, unless
    /// the client is [`Client::patient`], for [`Client::verify`], questions, [`Client::index`] and [`Client::ready`]. A client without a chosen
    /// time takes an address that was never reached for such a mistake, too.
    #[must_use]
    pub fn retry_for(self, time: Duration) -> Self {
        Self { retry: self.retry.lasting(time), ..self }
    }

    /// A client that sends verify and questions again for as long as other calls. For programs that nobody waits for.
    #[must_use]
    pub fn patient(self) -> Self {
        Self { is_patient: true, ..self }
    }

    /// A client that calls this before each wait for another attempt, such as to tell people or a log. It must not block.
    #[must_use]
    pub fn on_retry(self, hook: impl Fn(&Retry) + Send + Sync + 'static) -> Self {
        Self { retry: self.retry.telling(hook), ..self }
    }

    /// The base URL.
    pub fn url(&self) -> &str {
        self.url.as_str()
    }

    /// A read. It is retried, also if its answer is lost.
    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<Answer<T>, Error> {
        self.call(Call { again: Again::Lost, ..Call::new(Method::GET, path) }).await
    }

    /// A read that others wait for. It is retried briefly.
    pub(crate) async fn get_soon<T: DeserializeOwned>(&self, path: &str) -> Result<Answer<T>, Error> {
        self.call(Call { again: Again::Lost, ..Call::new(Method::GET, path).brief() }).await
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

    /// The same, for a read that others wait for.
    pub(crate) async fn read_by_post_soon<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &Value,
    ) -> Result<Answer<T>, Error> {
        self.call(Call { body: Some(body), is_read: true, ..Call::new(Method::POST, path).brief() }).await
    }

    /// A call that returns a new secret, or acts on many tokens. It has an idempotency key, so it can be retried as safely as a read: if its answer is
    /// lost, the retry returns the same secret and does nothing twice.
    pub(crate) async fn send_once<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Answer<T>, Error> {
        self.call(Call {
            body,
            ..Call::new(method, path).keyed(IdempotencyKey::random(&mut UnwrapErr(SysRng)))
        })
        .await
    }

    /// As [`Self::send_once`], for a call that mails: each attempt that may have been carried out may be a mail.
    pub(crate) async fn mail_once<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &Value,
    ) -> Result<Answer<T>, Error> {
        let call = Call::new(Method::POST, path).keyed(IdempotencyKey::random(&mut UnwrapErr(SysRng)));
        self.call(Call { body: Some(body), mails: true, ..call }).await
    }

    /// A call with a body that changes nothing.
    pub(crate) async fn look<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &Value,
    ) -> Result<Answer<T>, Error> {
        let call = Call::new(Method::POST, path);
        self.call(Call { body: Some(body), again: Again::Lost, is_read: true, ..call }).await
    }

    /// Sends a call and returns its answer, within the timeout.
    pub(crate) async fn call<T: DeserializeOwned>(&self, call: Call<'_>) -> Result<Answer<T>, Error> {
        let timeout = match self.patience(&call) {
            Patience::Brief => self.timeout.min(TIMEOUT),
            Patience::Full => self.timeout,
        };
        match tokio::time::timeout(timeout, self.tries(&call)).await {
            Ok(outcome) => {
                let (status, headers, bytes) = outcome?;
                read(self.url(), call.path, status, &headers, &bytes)
            }
            Err(_) if call.is_read => Err(Error::TimedOut { url: self.url.to_string(), after: timeout }),
            Err(_) => Err(Error::AnswerLost {
                url: self.url.to_string(),
                why: format!("it took longer than {} s", timeout.as_secs_f32()),
            }),
        }
    }

    fn patience(&self, call: &Call<'_>) -> Patience {
        if self.is_patient { Patience::Full } else { call.patience }
    }

    async fn tries(&self, call: &Call<'_>) -> Result<Reply, Error> {
        let request = self.request(call)?;
        let repeatable = Repeatable {
            again: call.again,
            patience: self.patience(call),
            mails: call.mails,
            timeout: self.timeout,
            reached: self.transport.reached(),
        };
        let repeated = self.retry.repeat(&repeatable, || self.transport.send(request.clone())).await;
        let Repeated { answer, may_be_done } = repeated;
        let may_be_done = may_be_done && !call.is_read;
        let url = || self.url.to_string();
        match answer {
            Ok((status, _, body)) if may_be_done && leaves_open(status, &body) => {
                Err(Error::AnswerLost { url: url(), why: format!("status {status}") })
            }
            Ok(answer) => Ok(answer),
            Err(NoAnswer::Lost(why) | NoAnswer::NotConnected { why, .. }) if may_be_done => {
                Err(Error::AnswerLost { url: url(), why })
            }
            Err(NoAnswer::Lost(why) | NoAnswer::NotConnected { why, .. }) => {
                Err(Error::Unreachable { url: url(), why })
            }
        }
    }

    /// Sends a call once and returns the body of its answer, which may be long, with the path of the next page.
    pub(crate) async fn opened(&self, call: &Call<'_>) -> Result<(Incoming, Option<String>), Error> {
        let unreachable = |why| Error::Unreachable { url: self.url.to_string(), why };
        let opened = tokio::time::timeout(self.timeout, self.transport.open(self.request(call)?)).await;
        let (status, headers, body) = match opened {
            Ok(Ok(answer)) => answer,
            Ok(Err(NoAnswer::Lost(why) | NoAnswer::NotConnected { why, .. })) => {
                return Err(unreachable(why));
            }
            Err(_) => return Err(Error::TimedOut { url: self.url.to_string(), after: self.timeout }),
        };
        if status.is_success() {
            let link = headers.get(header::LINK).and_then(|link| link.to_str().ok());
            return Ok((body, link.and_then(|link| next(call.path, link))));
        }
        let reading = tokio::time::timeout(self.timeout, transport::collected(body)).await;
        let body = reading.map_err(|_| Error::TimedOut { url: self.url.to_string(), after: self.timeout })?;
        match read::<Value>(self.url(), call.path, status, &headers, &body.map_err(unreachable)?) {
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
}

/// A header value that is marked as sensitive.
fn sensitive(mut value: HeaderValue) -> HeaderValue {
    value.set_sensitive(true);
    value
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
}
