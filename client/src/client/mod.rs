//! The client: it sends calls, with retries, timeouts and idempotency keys.

mod send;

use std::time::Duration;

use http::Method;
use jeton_core::{idempotency::IdempotencyKey, secret::PlainSecret};
use rand::rngs::SysRng;
use rand_core::UnwrapErr;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{
    Answer, Change, Error, Retry,
    base_url::BaseUrl,
    call::{Again, Call},
    change::OnChange,
    retry::RetryPolicy,
    transport::Transport,
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
    on_change: OnChange,
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
        let on_change = OnChange::default();
        Ok(Self { transport, url, timeout: TIMEOUT, retry, is_patient: false, on_change, credential })
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
    /// A call that exceeds it fails with [`Error::TimedOut`], or with [`Error::AnswerLost`] if it changes something.
    ///
    /// Unless the client is [`Client::patient`], 10 seconds are the most for [`Client::verify`], questions, [`Client::index`] and
    /// [`Client::ready`].
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

    /// A client that calls this before it sends a call that changes something, and holds what it returns until the outcome of the
    /// call is known. For programs that say what may have been done when a signal ends them meanwhile.
    #[must_use]
    pub fn on_change<T: Send + 'static>(self, hook: impl Fn(Change) -> T + Send + Sync + 'static) -> Self {
        Self { on_change: OnChange::new(hook), ..self }
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
        self.call(Call { body: Some(body), change: None, ..Call::new(Method::POST, path) }).await
    }

    /// The same, for a read that others wait for.
    pub(crate) async fn read_by_post_soon<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &Value,
    ) -> Result<Answer<T>, Error> {
        self.call(Call { body: Some(body), change: None, ..Call::new(Method::POST, path).brief() }).await
    }

    /// A call that returns a new secret, or acts on many tokens. It has an idempotency key, so it can be retried as safely as a read: if its answer is
    /// lost, the retry returns the same secret and does nothing twice. Of one that mails, each attempt that may have been carried out may be a mail.
    pub(crate) async fn send_once<T: DeserializeOwned>(
        &self,
        change: Change,
        path: &str,
        body: &Value,
    ) -> Result<Answer<T>, Error> {
        let call = Call::new(Method::POST, path).keyed(IdempotencyKey::random(&mut UnwrapErr(SysRng)));
        self.call(Call { body: Some(body), change: Some(change), ..call }).await
    }

    /// A call that mails an invitation. It is retried only if the server cannot have received it.
    pub(crate) async fn mail_invitation(
        &self,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Answer<()>, Error> {
        self.call(Call { body, change: Some(Change::Invitation), ..Call::new(Method::POST, path) }).await
    }

    /// A call that withdraws what may have been used before. It is retried only if the server cannot have received it.
    pub(crate) async fn withdraw(&self, change: Change, path: &str) -> Result<Answer<()>, Error> {
        self.call(Call { change: Some(change), ..Call::new(Method::DELETE, path) }).await
    }

    /// A call with a body that changes nothing.
    pub(crate) async fn look<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &Value,
    ) -> Result<Answer<T>, Error> {
        let call = Call::new(Method::POST, path);
        self.call(Call { body: Some(body), again: Again::Lost, change: None, ..call }).await
    }
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
