//! CORS: API calls from browsers, on pages of allowed origins.

use std::sync::Arc;

use axum::extract::Request;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header};

use super::{Content, Reply};
use crate::{origin, telemetry::RequestId};

/// The request headers that a page may send: those of the API.
const HEADERS: &str =
    "authorization, content-type, idempotency-key, x-kbc-runid, x-request-id, x-storageapi-token";

/// The response headers that a page may read, besides those that CORS always allows.
const EXPOSED: &str = "link, retry-after, x-request-id, x-searched-to, x-total-count";

const METHODS: &str = "GET, HEAD, POST, PUT, DELETE";

/// How long browsers cache the answer of a preflight request, in seconds.
const MAX_AGE: u32 = 600;

/// The origins whose pages may call the storage API from a browser; none by default.
///
/// Credentials are not allowed, so browsers send no cookies: a page needs a token of its own.
/// The console, pick-ups and the manage API are never available to pages of others.
#[derive(Debug, Clone, Default)]
pub struct Cors(Arc<[String]>);

impl Cors {
    /// Parses origins separated by commas; none if any part is invalid. There is no `*`: allowed origins are
    /// always listed.
    pub fn parse(text: &str) -> Option<Self> {
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        parts.map(origin::canonical).collect::<Option<_>>().map(Self)
    }

    /// Whether no origin is allowed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The CORS state of a request; none if no origin is configured, or the path is not for pages of others.
    pub(super) fn asked(&self, request: &Request) -> Option<Asked> {
        if self.0.is_empty() || !is_shared(request.uri().path()) {
            return None;
        }
        Some(Asked { allowed: self.allowed(request.headers()) })
    }

    /// The origin of the request, if it is allowed.
    fn allowed(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        let mut sent = headers.get_all(header::ORIGIN).iter();
        let value = sent.next().filter(|_| sent.next().is_none())?;
        let origin = value.to_str().ok()?;
        self.0.iter().any(|known| origin::same(known, origin)).then(|| value.clone())
    }
}

/// The CORS state of a request.
#[derive(Debug)]
pub(super) struct Asked {
    /// The origin of the page, if it is allowed.
    allowed: Option<HeaderValue>,
}

impl Asked {
    /// The answer to a preflight request of an allowed origin.
    pub(super) fn preflight(&self, request: &Request) -> Option<Response<Content>> {
        let asks = self.allowed.is_some() && is_preflight(request);
        asks.then(|| {
            let mut response = preflight(request);
            self.answered(&mut response);
            response
        })
    }

    /// Adds the CORS headers to an answer.
    pub(super) fn answered<B>(&self, response: &mut Response<B>) {
        let headers = response.headers_mut();
        headers.append(header::VARY, HeaderValue::from_static("origin"));
        if let Some(origin) = &self.allowed {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
            headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
        }
    }
}

/// Whether a path is for pages of others. All other paths are for our own pages, or for operators.
fn is_shared(path: &str) -> bool {
    path.starts_with("/v2/storage") || matches!(path, "/openapi.json" | "/health" | "/ready")
}

fn is_preflight(request: &Request) -> bool {
    request.method() == Method::OPTIONS
        && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

/// The answer to a preflight request. It has no token, so the answer is not about one.
fn preflight(request: &Request) -> Response<Content> {
    let with = |reply: Reply, name: HeaderName, value: &'static str| {
        reply.with(name, HeaderValue::from_static(value))
    };
    let reply = Reply::no_content().identified(RequestId::of(request));
    debug_assert_eq!(reply.status, StatusCode::NO_CONTENT);
    let reply = with(reply, header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
    let reply = with(reply, header::ACCESS_CONTROL_ALLOW_HEADERS, HEADERS);
    let reply = with(reply, header::VARY, "access-control-request-method, access-control-request-headers");
    reply.with(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from(MAX_AGE)).into_answer(HeaderMap::new())
}

#[cfg(test)]
mod tests {
    use axum::{Router, body::Body, response::Response, routing::any};

    use super::*;
    use crate::http::Routes;

    const HOME: &str = "https://app.example.org";

    async fn answer(cors: &str, method: Method, path: &str, headers: &[(&str, &str)]) -> Response {
        let routes = Router::new().fallback(any(|| async { (StatusCode::IM_A_TEAPOT, "reached") }));
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let routes = Routes::from(routes).shared_with(Cors::parse(cors).unwrap());
        routes.answer(request.body(Body::empty()).unwrap()).await
    }

    fn header<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
        response.headers().get(name).map(|value| value.to_str().unwrap())
    }

    #[tokio::test]
    async fn a_browser_is_told_what_pages_of_an_allowed_site_may_send() {
        let asks = [
            ("origin", HOME),
            ("access-control-request-method", "POST"),
            ("access-control-request-headers", "x-storageapi-token"),
        ];
        let path = "/v2/storage/tokens/verify";
        let answer =
            answer("https://other.example,HTTPS://APP.example.org:443", Method::OPTIONS, path, &asks).await;
        assert_eq!(answer.status(), StatusCode::NO_CONTENT);
        assert_eq!(header(&answer, "access-control-allow-origin"), Some(HOME));
        assert!(header(&answer, "access-control-allow-headers").unwrap().contains("x-storageapi-token"));
        assert!(header(&answer, "access-control-allow-methods").unwrap().contains("POST"));
        assert_eq!(header(&answer, "access-control-allow-credentials"), None);
        assert!(answer.headers().get_all("vary").iter().any(|vary| vary == "origin"));
    }

    #[tokio::test]
    async fn a_page_of_an_allowed_site_may_read_the_answer_and_no_other_may() {
        let path = "/v2/storage/tokens/verify";
        let allowed = answer(HOME, Method::GET, path, &[("origin", HOME)]).await;
        assert_eq!(allowed.status(), StatusCode::IM_A_TEAPOT);
        assert_eq!(header(&allowed, "access-control-allow-origin"), Some(HOME));
        assert_eq!(header(&allowed, "access-control-expose-headers"), Some(EXPOSED));
        for origin in [
            "https://evil.example",
            "http://app.example.org",
            "https://app.example.org.evil.example",
            "null",
            "*",
            "",
        ] {
            let refused = answer(HOME, Method::GET, path, &[("origin", origin)]).await;
            assert_eq!(header(&refused, "access-control-allow-origin"), None, "{origin}");
            assert_eq!(header(&refused, "vary"), Some("origin"), "{origin}");
            let asks = [("origin", origin), ("access-control-request-method", "POST")];
            let refused = answer(HOME, Method::OPTIONS, path, &asks).await;
            assert_eq!(refused.status(), StatusCode::IM_A_TEAPOT, "it is like any other call");
        }
        let twice = answer(HOME, Method::GET, path, &[("origin", HOME), ("origin", HOME)]).await;
        assert_eq!(header(&twice, "access-control-allow-origin"), None);
    }

    #[tokio::test]
    async fn the_console_pick_ups_and_managing_are_for_no_other_page() {
        for path in
            ["/console", "/console/sign-in", "/pickup/x", "/manage/tokens/verify", "/outbox", "/metrics", "/"]
        {
            for method in [Method::GET, Method::OPTIONS] {
                let asks = [("origin", HOME), ("access-control-request-method", "POST")];
                let answer = answer(HOME, method, path, &asks).await;
                assert_eq!(answer.status(), StatusCode::IM_A_TEAPOT);
                assert_eq!(header(&answer, "access-control-allow-origin"), None, "{path}");
            }
        }
    }

    #[tokio::test]
    async fn without_an_allowed_site_nothing_changes() {
        let asks = [("origin", HOME), ("access-control-request-method", "POST")];
        let answer = answer("", Method::OPTIONS, "/v2/storage", &asks).await;
        assert_eq!((answer.status(), answer.headers().get("vary")), (StatusCode::IM_A_TEAPOT, None));
        for bad in [
            "*",
            "https://*.example.org",
            "https://app.example.org,https://*",
            "app.example.org",
            "https://app.example.org/path",
            "https://a.example https://b.example",
            "null",
        ] {
            assert!(Cors::parse(bad).is_none(), "{bad}");
        }
    }
}
