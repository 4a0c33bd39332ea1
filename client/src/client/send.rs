//! Sending a call: with retries, within its timeout.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderValue, Request, header};
use http_body_util::Full;
use hyper::body::Incoming;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Client, Credential};
use crate::{
    Answer, Change, Error,
    answer::{REQUEST_ID, next, read},
    call::{Call, Patience},
    reply::{NoAnswer, Reply, is_blank_of_another, is_of_type, leaves_open},
    retry::{Repeatable, Repeated},
    transport,
};

/// The longest timeout of a call that somebody waits for, such as verify.
const BRIEF_TIMEOUT: Duration = Duration::from_secs(10);

impl Client {
    /// Sends a call and returns its answer, within the timeout.
    pub(crate) async fn call<T: DeserializeOwned>(&self, call: Call<'_>) -> Result<Answer<T>, Error> {
        let _held = self.on_change.begins(call.change);
        let timeout = self.timeout(&call);
        let outcome = tokio::time::timeout(timeout, self.tries(&call)).await;
        let (status, headers, bytes) = match (outcome, call.change) {
            (Ok(outcome), _) => outcome?,
            (Err(_), None) => return Err(Error::TimedOut { url: self.url.to_string(), after: timeout }),
            (Err(_), Some(change)) => {
                let why = format!("it took longer than {} s", timeout.as_secs_f32());
                return Err(self.answer_lost(change, why));
            }
        };
        if let Some(change) = call.change.filter(|_| is_blank_of_another(status, &headers, &bytes)) {
            return Err(self.answer_lost(
                change,
                format!("status {status} without the header {REQUEST_ID} is not one of Jeton"),
            ));
        }
        match (read(self.url(), call.path, status, &headers, &bytes), call.change) {
            // Another program may have answered after Jeton has carried the call out.
            (Err(error @ Error::NotUnderstood { .. }), Some(change)) if status.is_success() => {
                Err(self.answer_lost(change, error.to_string()))
            }
            (outcome, _) => outcome,
        }
    }

    /// The timeout of a call with all of its retries.
    fn timeout(&self, call: &Call<'_>) -> Duration {
        match self.patience(call) {
            Patience::Brief => self.timeout.min(BRIEF_TIMEOUT),
            Patience::Full => self.timeout,
        }
    }

    fn patience(&self, call: &Call<'_>) -> Patience {
        if self.is_patient { Patience::Full } else { call.patience }
    }

    fn repeatable(&self, call: &Call<'_>) -> Repeatable<'_> {
        Repeatable {
            again: call.again,
            patience: self.patience(call),
            mails: call.change.is_some_and(Change::mails),
            timeout: self.timeout(call),
            reached: self.transport.reached(),
        }
    }

    /// An error of a call that may have been carried out.
    pub(crate) fn answer_lost(&self, change: Change, why: String) -> Error {
        Error::AnswerLost { change, url: self.url.to_string(), why }
    }

    fn unreachable(&self, why: String) -> Error {
        Error::Unreachable { url: self.url.to_string(), why }
    }

    async fn tries(&self, call: &Call<'_>) -> Result<Reply, Error> {
        let request = self.request(call)?;
        let send = || self.transport.send(request.clone());
        let Repeated { answer, may_be_done } = self.retry.repeat(&self.repeatable(call), send).await;
        match (answer, call.change.filter(|_| may_be_done)) {
            (Ok((status, _, body)), Some(change)) if leaves_open(status, &body) => {
                Err(self.answer_lost(change, format!("status {status}")))
            }
            (Ok(answer), _) => Ok(answer),
            (Err(NoAnswer::Lost(why) | NoAnswer::NotConnected { why, .. }), Some(change)) => {
                Err(self.answer_lost(change, why))
            }
            (Err(NoAnswer::Lost(why) | NoAnswer::NotConnected { why, .. }), None) => {
                Err(self.unreachable(why))
            }
        }
    }

    /// Sends a call and returns the body of its answer, which may be long, with the path of the next page. It is retried until
    /// a body begins.
    ///
    /// Errors: [`Error::NotUnderstood`] for an answer of another media type, such as the page of a proxy.
    pub(crate) async fn opened(
        &self,
        call: &Call<'_>,
        media_type: &str,
    ) -> Result<(Incoming, Option<String>), Error> {
        let opening = tokio::time::timeout(self.timeout(call), self.opens(call, media_type)).await;
        opening
            .unwrap_or_else(|_| Err(Error::TimedOut { url: self.url.to_string(), after: self.timeout(call) }))
    }

    async fn opens(&self, call: &Call<'_>, media_type: &str) -> Result<(Incoming, Option<String>), Error> {
        let request = self.request(call)?;
        // The retry policy looks at an answer without its body.
        let opened = Mutex::new(None);
        let open = || async {
            let (status, headers, body) = self.transport.open(request.clone()).await?;
            if !status.is_success() {
                return Ok((status, headers, transport::collected(body).await.map_err(NoAnswer::Lost)?));
            }
            *opened.lock().unwrap_or_else(PoisonError::into_inner) = Some(body);
            Ok((status, headers, Bytes::new()))
        };
        let answer = self.retry.repeat(&self.repeatable(call), open).await.answer;
        let (status, headers, error) = match answer {
            Ok(answer) => answer,
            Err(NoAnswer::Lost(why) | NoAnswer::NotConnected { why, .. }) => {
                return Err(self.unreachable(why));
            }
        };
        if let Some(body) = opened.into_inner().unwrap_or_else(PoisonError::into_inner) {
            if !is_of_type(&headers, media_type) {
                let (url, status) = (self.url.to_string(), status.as_u16());
                let why = format!("its content type is not {media_type}");
                return Err(Error::NotUnderstood { url, status, why });
            }
            let link = headers.get(header::LINK).and_then(|link| link.to_str().ok());
            return Ok((body, link.and_then(|link| next(call.path, link))));
        }
        match read::<Value>(self.url(), call.path, status, &headers, &error) {
            Err(error) => Err(error),
            Ok(_) => Err(self.unreachable(format!("status {status}"))),
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
    use http::Method;

    use super::*;

    #[test]
    fn a_call_that_somebody_waits_for_has_ten_seconds_and_less_if_the_client_says_so() {
        let client = Client::anonymous("http://127.0.0.1:3000").unwrap();
        let timeouts = |client: &Client| {
            let call = || Call::new(Method::GET, "/");
            [call().brief(), call()].map(|call| client.timeout(&call).as_secs())
        };
        assert_eq!(timeouts(&client), [10, 35]);
        assert_eq!(timeouts(&client.clone().within(Duration::from_secs(3))), [3, 3]);
        assert_eq!(timeouts(&client.clone().within(Duration::from_mins(1))), [10, 60]);
        assert_eq!(timeouts(&client.patient()), [35, 35]);
    }
}
