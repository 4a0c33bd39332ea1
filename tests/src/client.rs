//! A small HTTP client for stories of ten lines. It checks every answer against the API description.

use std::error::Error;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use hyper_util::{
    client::legacy::{Client as Hyper, ResponseFuture, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde_json::Value;
use tokio::time::timeout;

use crate::{called, description, waiting::PATIENCE};

/// A client of one Jeton.
#[derive(Clone)]
pub struct Client {
    hyper: Hyper<HttpConnector, Full<Bytes>>,
    url: String,
}

/// A request under construction.
#[must_use]
#[derive(Clone)]
pub struct Call {
    client: Client,
    method: Method,
    path: String,
    headers: HeaderMap,
    body: Bytes,
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

/// Reads a URL that is not part of the API, so there is no description of its answer: the outbox page, or a
/// test service.
pub async fn fetch(url: &str, headers: &[(&str, &str)]) -> Answer {
    send("GET", url, headers).await
}

/// Calls a URL that is not part of the API, without a body.
pub async fn send(method: &str, url: &str, headers: &[(&str, &str)]) -> Answer {
    let hyper: Hyper<HttpConnector, Full<Bytes>> = Hyper::builder(TokioExecutor::new()).build_http();
    let mut request = Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    received(hyper.request(request.body(Full::default()).unwrap())).await.unwrap()
}

/// Waits for a whole answer.
///
/// Hyper may never end a request that is queued while its connection ends: it is neither sent nor rejected. That happens in one of
/// some thousand kills of a server.
async fn received(response: ResponseFuture) -> Result<Answer, Box<dyn Error + Send + Sync>> {
    let whole = async {
        let (head, body) = response.await?.into_parts();
        Ok(Answer { status: head.status, headers: head.headers, body: body.collect().await?.to_bytes() })
    };
    timeout(PATIENCE, whole).await.map_err(|_| format!("there was no whole answer within {PATIENCE:?}"))?
}

impl Client {
    /// A client of the Jeton at this address, such as `http://127.0.0.1:3000`.
    pub fn new(url: &str) -> Self {
        Self { hyper: Hyper::builder(TokioExecutor::new()).build_http(), url: url.to_owned() }
    }

    /// Any call.
    pub fn call(&self, method: Method, path: &str) -> Call {
        Call {
            client: self.clone(),
            method,
            path: path.to_owned(),
            headers: HeaderMap::new(),
            body: Bytes::new(),
        }
    }

    /// A GET.
    pub fn get(&self, path: &str) -> Call {
        self.call(Method::GET, path)
    }

    /// A POST without a body; see [`Call::json`] and [`Call::form`].
    pub fn post(&self, path: &str) -> Call {
        self.call(Method::POST, path)
    }

    /// A PUT.
    pub fn put(&self, path: &str) -> Call {
        self.call(Method::PUT, path)
    }

    /// A DELETE.
    pub fn delete(&self, path: &str) -> Call {
        self.call(Method::DELETE, path)
    }
}

impl Call {
    /// With a storage token.
    pub fn token(self, token: &str) -> Self {
        self.header("x-storageapi-token", token)
    }

    /// With a manage token.
    pub fn manage(self, token: &str) -> Self {
        self.header("x-kbc-manageapitoken", token)
    }

    /// Adds a header.
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.append(name, value.parse().unwrap());
        self
    }

    /// With a JSON body.
    pub fn json(self, body: &Value) -> Self {
        self.raw("application/json", body.to_string())
    }

    /// With a form, encoded already.
    pub fn form(self, body: &str) -> Self {
        self.raw("application/x-www-form-urlencoded", body.to_owned())
    }

    /// With any bytes.
    pub fn raw(mut self, content_type: &str, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self.header("content-type", content_type)
    }

    /// Sends it. Fails the test if the answer does not match the API description.
    pub async fn send(self) -> Answer {
        let call = format!("{} {}", self.method, self.path);
        self.try_send().await.unwrap_or_else(|error| panic!("{call}: {error:?}"))
    }

    /// Sends it to a Jeton that may be down, or stop while it answers.
    ///
    /// Errors: there is no connection, or no whole answer within [`PATIENCE`].
    pub async fn try_send(self) -> Result<Answer, Box<dyn Error + Send + Sync>> {
        let mut request =
            Request::builder().method(&self.method).uri(format!("{}{}", self.client.url, self.path));
        if let Some(headers) = request.headers_mut() {
            headers.extend(self.headers);
        }
        called::record(&self.method, &self.path);
        let response = self.client.hyper.request(request.body(Full::new(self.body)).unwrap());
        let answer = received(response).await?;
        description::check(&self.method, &self.path, &answer);
        Ok(answer)
    }
}

impl Answer {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {:?}", self.text()))
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// A header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// Expects a status, and returns the answer.
    #[track_caller]
    #[expect(clippy::return_self_not_must_use, reason = "often only the expectation matters")]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.text());
        self
    }

    /// Expects an error of this status and code, in the one form of errors, and returns its message.
    #[track_caller]
    pub fn expect_error(self, status: u16, code: &str) -> String {
        let body = self.expect(status).json();
        assert_eq!(body["code"], code, "{body}");
        body["error"].as_str().unwrap().to_owned()
    }

    /// The content type.
    pub fn content_type(&self) -> Option<&str> {
        self.headers.get(header::CONTENT_TYPE).map(|value| value.to_str().unwrap())
    }

    /// A text field of the JSON body.
    #[track_caller]
    pub fn field(&self, name: &str) -> String {
        let body = self.json();
        body[name].as_str().unwrap_or_else(|| panic!("no {name} in {body}")).to_owned()
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    // The clock moves on when nothing else is left to do.
    #[tokio::test(start_paused = true)]
    async fn a_request_without_an_answer_ends() {
        let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = Client::new(&format!("http://{}", silent.local_addr().unwrap()));
        let error = client.get("/health").try_send().await.unwrap_err();
        assert_eq!(error.to_string(), "there was no whole answer within 60s");
    }
}
