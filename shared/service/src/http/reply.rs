//! What an operation answers.

use axum::{body::Body, response::Response};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode, header};
use maud::Markup;
use serde::Serialize;

use crate::{
    limits::answers::{AnswerRoom, SMALL},
    telemetry::{REQUEST_ID, RequestId},
};

/// How many headers nearly every answer has.
const COMMON_HEADERS: usize = 4;

/// An answer.
#[derive(Debug)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    content_type: Option<&'static str>,
    body: Bytes,
    headers: Vec<(HeaderName, HeaderValue)>,
    /// The id of its request.
    request: Option<RequestId>,
    /// What its body has among the answers of the process, where that is large.
    room: Option<AnswerRoom>,
    /// Whether its body is one that the process holds in any case.
    shared: bool,
}

impl Reply {
    /// A JSON answer. Its type carries no charset, since clients compare it to the letter.
    pub fn json(status: StatusCode, body: &impl Serialize) -> Self {
        // Bodies are plain structs and maps with string keys, which serialise without fail.
        let body = serde_json::to_vec(body).unwrap_or_default();
        Self::of(status, Some("application/json"), body)
    }

    /// 200 with JSON.
    pub fn ok(body: &impl Serialize) -> Self {
        Self::json(StatusCode::OK, body)
    }

    /// 201 with JSON.
    pub fn created(body: &impl Serialize) -> Self {
        Self::json(StatusCode::CREATED, body)
    }

    /// 204: no body, and no content type either.
    pub fn no_content() -> Self {
        Self::of(StatusCode::NO_CONTENT, None, Vec::new())
    }

    /// A page.
    pub fn page(status: StatusCode, markup: Markup) -> Self {
        Self::of(status, Some("text/html; charset=utf-8"), markup.into_string())
    }

    /// Something static.
    pub fn asset(content_type: &'static str, body: &'static str) -> Self {
        Self::of(StatusCode::OK, Some(content_type), body)
    }

    /// JSON that is already written.
    pub fn written_json(mut body: Vec<u8>) -> Self {
        // It may be held for long, and no more of it than is sent.
        body.shrink_to_fit();
        Self::of(StatusCode::OK, Some("application/json"), body)
    }

    /// The same for what holds its JSON by itself, without a copy.
    pub fn held_json(body: impl AsRef<[u8]> + Send + 'static) -> Self {
        Self::of(StatusCode::OK, Some("application/json"), Bytes::from_owner(body))
    }

    /// 200 with JSON of which it is known about how many bytes it takes.
    pub fn ok_of_about(bytes: usize, body: &impl Serialize) -> Self {
        let mut written = Vec::with_capacity(bytes);
        // As above: it serialises without fail.
        let _ = serde_json::to_writer(&mut written, body);
        Self::of(StatusCode::OK, Some("application/json"), written)
    }

    /// Something that the process holds once for everyone.
    pub fn shared(content_type: &'static str, body: &Bytes) -> Self {
        Self { shared: true, ..Self::of(StatusCode::OK, Some(content_type), body.clone()) }
    }

    /// The same answer, whose body has this room until it is sent.
    #[must_use]
    pub fn within(self, room: AnswerRoom) -> Self {
        Self { room: Some(room), ..self }
    }

    /// How many bytes of room its body needs and has not yet. A small one needs none.
    pub fn needs_room(&self) -> Option<usize> {
        Some(self.body.len()).filter(|length| self.room.is_none() && !self.shared && *length > SMALL)
    }

    /// The same answer with one more header.
    #[must_use]
    pub fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// The same answer with the id of its request, by which it is found in log and traces.
    #[must_use]
    pub fn identified(self, request: RequestId) -> Self {
        Self { request: Some(request), ..self }
    }

    /// The answer to HEAD: the same without its body, whose length it tells.
    #[must_use]
    pub fn without_body(mut self) -> Self {
        let body = std::mem::take(&mut self.body);
        if body.is_empty() { self } else { self.with(header::CONTENT_LENGTH, HeaderValue::from(body.len())) }
    }

    /// Go and see this path.
    pub fn see_other(path: &str) -> Self {
        let reply = Self::of(StatusCode::SEE_OTHER, None, Vec::new());
        match HeaderValue::from_str(path) {
            Ok(path) => reply.with(header::LOCATION, path),
            Err(_) => reply,
        }
    }

    /// A file that the browser saves.
    pub fn file(content_type: &'static str, name: &str, mut body: Vec<u8>) -> Self {
        body.shrink_to_fit();
        let reply = Self::of(StatusCode::OK, Some(content_type), body);
        match HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
            Ok(disposition) => reply.with(header::CONTENT_DISPOSITION, disposition),
            Err(_) => reply,
        }
    }

    /// The same answer with the headers of every page, errors included: nothing is told to other sites,
    /// and no script but our own runs. `referrer` is how much a browser says of where it comes from: a
    /// page whose forms have to prove where they come from may say it to us.
    #[must_use]
    pub fn guarded(self, referrer: &'static str) -> Self {
        const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                              form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
        // Without TLS browsers pass over it, so it need not be known whether there is TLS in front.
        self.with(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"))
            .with(header::REFERRER_POLICY, HeaderValue::from_static(referrer))
            .with(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY))
            .with(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"))
    }

    /// The response to send.
    pub fn into_response(self) -> Response {
        let body = match self.room {
            Some(room) if self.body.len() > SMALL => room.hold(self.body),
            _ => self.body,
        };
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.reserve(COMMON_HEADERS + self.headers.len());
        if let Some(content_type) = self.content_type {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        }
        // Every answer is about a secret or a right, and none is to be kept by anyone on the way.
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if let Some(request) = self.request {
            headers.insert(REQUEST_ID, request.into_header());
        }
        headers.extend(self.headers);
        response
    }

    fn of(status: StatusCode, content_type: Option<&'static str>, body: impl Into<Bytes>) -> Self {
        Self {
            status,
            content_type,
            body: body.into(),
            headers: Vec::new(),
            request: None,
            room: None,
            shared: false,
        }
    }
}
