//! Replies: the answers of operations.

use axum::{body::Body, response::Response};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use maud::Markup;
use serde::Serialize;

use super::Content;
use crate::{
    limits::answers::{AnswerRoom, SMALL},
    telemetry::{REQUEST_ID, RequestId},
};

/// The number of headers of nearly every answer.
const COMMON_HEADERS: usize = 4;

/// An answer.
#[derive(Debug)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    content_type: Option<&'static str>,
    body: Bytes,
    /// A body that is streamed, in place of `body`.
    stream: Option<Body>,
    headers: Vec<(HeaderName, HeaderValue)>,
    /// The id of its request.
    request: Option<RequestId>,
    /// The memory reservation of a large body.
    room: Option<AnswerRoom>,
    /// Whether the process holds the body in any case, so that it needs no reservation.
    shared: bool,
    /// Whether caches may keep it for good.
    immutable: bool,
}

impl Reply {
    /// A JSON answer. Its content type has no charset, since clients compare it literally.
    pub fn json(status: StatusCode, body: &impl Serialize) -> Self {
        // Bodies are plain structs and maps with string keys, whose serialization does not fail.
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

    /// 204: neither body nor content type.
    pub fn no_content() -> Self {
        Self::of(StatusCode::NO_CONTENT, None, Vec::new())
    }

    /// A page.
    pub fn page(status: StatusCode, markup: Markup) -> Self {
        Self::of(status, Some("text/html; charset=utf-8"), markup.into_string())
    }

    /// JSON that is already serialized.
    pub fn written_json(mut body: Vec<u8>) -> Self {
        // It may be held for long, so spare capacity is freed if it is worth a copy.
        if body.capacity() > body.len() + body.len() / 8 {
            body.shrink_to_fit();
        }
        Self::of(StatusCode::OK, Some("application/json"), body)
    }

    /// A body that the process holds once for all answers.
    pub fn shared(content_type: &'static str, body: &Bytes) -> Self {
        Self { shared: true, ..Self::of(StatusCode::OK, Some(content_type), body.clone()) }
    }

    /// Sets the memory reservation of the body, held until it is sent.
    #[must_use]
    pub fn within(self, room: AnswerRoom) -> Self {
        Self { room: Some(room), ..self }
    }

    /// The memory reservation that the body still needs, in bytes. Small bodies need none.
    pub fn needs_room(&self) -> Option<usize> {
        Some(self.body.len()).filter(|length| self.room.is_none() && !self.shared && *length > SMALL)
    }

    /// Adds a header.
    #[must_use]
    pub fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Lets every cache keep it for a year. Only for public content whose address names it.
    #[must_use]
    pub fn immutable(self) -> Self {
        Self { immutable: true, ..self }
    }

    /// Says that the body is compressed with gzip.
    #[must_use]
    pub fn gzipped(self) -> Self {
        self.with(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"))
    }

    /// Says that the body depends on this header of the request, too.
    #[must_use]
    pub fn varying(self, on: &HeaderName) -> Self {
        self.with(header::VARY, HeaderValue::from(on.clone()))
    }

    /// Sets the id of the request, which is also in the log and in traces.
    #[must_use]
    pub fn identified(mut self, request: RequestId) -> Self {
        self.identify(request);
        self
    }

    /// Sets the status.
    #[must_use]
    pub(super) fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// The same without a move of the whole answer.
    pub(super) fn identify(&mut self, request: RequestId) {
        self.request = Some(request);
    }

    /// The answer to HEAD: with the content length, without the body.
    #[must_use]
    pub fn without_body(mut self) -> Self {
        self.stream = None;
        let body = std::mem::take(&mut self.body);
        if body.is_empty() { self } else { self.with(header::CONTENT_LENGTH, HeaderValue::from(body.len())) }
    }

    /// A redirect to this path (303).
    pub fn see_other(path: &str) -> Self {
        let reply = Self::of(StatusCode::SEE_OTHER, None, Vec::new());
        match HeaderValue::from_str(path) {
            Ok(path) => reply.with(header::LOCATION, path),
            Err(_) => reply,
        }
    }

    /// A file to download.
    pub fn file(content_type: &'static str, name: &str, mut body: Vec<u8>) -> Self {
        body.shrink_to_fit();
        Self::of(StatusCode::OK, Some(content_type), body).named(name)
    }

    /// A file to download that is made while it is sent.
    pub fn streamed_file(content_type: &'static str, name: &str, body: Body) -> Self {
        let reply = Self::of(StatusCode::OK, Some(content_type), Vec::new()).named(name);
        Self { stream: Some(body), ..reply }
    }

    fn named(self, name: &str) -> Self {
        match HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
            Ok(disposition) => self.with(header::CONTENT_DISPOSITION, disposition),
            Err(_) => self,
        }
    }

    /// Adds the security headers of pages, also of error pages: no referrer or framing for other sites,
    /// and no scripts but our own. `referrer` is the referrer policy: a page whose forms need an origin check
    /// sends it to us.
    #[must_use]
    pub fn guarded(self, referrer: &'static str) -> Self {
        const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
                              form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
        // Browsers ignore it without TLS, so it is sent in any case.
        self.with(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"))
            .with(header::REFERRER_POLICY, HeaderValue::from_static(referrer))
            .with(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY))
            .with(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"))
    }

    /// The response to send.
    pub fn into_response(self) -> Response {
        self.into_answer(HeaderMap::new()).map(Content::boxed)
    }

    /// The response to send, whose headers are written into this empty map: that of the request saves making another.
    pub fn into_answer(self, mut headers: HeaderMap) -> http::Response<Content> {
        let body = match self.room {
            Some(room) if self.body.len() > SMALL => room.hold(self.body),
            _ => self.body,
        };
        headers.reserve(COMMON_HEADERS + self.headers.len());
        if let Some(content_type) = self.content_type {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        }
        // Every other answer is about a secret or a right, so no cache may store it.
        let caching = if self.immutable { "public, max-age=31536000, immutable" } else { "no-store" };
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if let Some(request) = self.request {
            headers.insert(REQUEST_ID, request.into_header());
        }
        headers.extend(self.headers);
        let body = self.stream.map_or(Content::Whole(body), Content::Stream);
        let mut response = http::Response::new(body);
        *response.status_mut() = self.status;
        *response.headers_mut() = headers;
        response
    }

    fn of(status: StatusCode, content_type: Option<&'static str>, body: impl Into<Bytes>) -> Self {
        Self {
            status,
            content_type,
            body: body.into(),
            stream: None,
            headers: Vec::new(),
            request: None,
            room: None,
            shared: false,
            immutable: false,
        }
    }
}
