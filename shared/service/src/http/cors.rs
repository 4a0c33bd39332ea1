//! Programs in browsers, on pages of the sites that are allowed.

use std::sync::Arc;

use axum::{Router, extract::Request, middleware::Next, response::Response};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};

use super::Reply;
use crate::{origin, telemetry::request_id};

/// What a page may send: the headers that the API knows.
const HEADERS: &str =
    "authorization, content-type, idempotency-key, x-kbc-runid, x-request-id, x-storageapi-token";

/// What a page may read beside what every page may.
const EXPOSED: &str = "link, retry-after, x-request-id";

const METHODS: &str = "GET, HEAD, POST, PUT, DELETE";

/// For how many seconds a browser need not ask again.
const MAX_AGE: u32 = 600;

/// The origins whose pages may call the storage API from a browser; none unless they are configured.
///
/// A browser sends nothing of its own along, since nothing here allows credentials: a page has to have a token to send one.
/// The console, pick-ups and the manage API are for no page but our own, whatever is configured.
#[derive(Debug, Clone, Default)]
pub struct Cors(Arc<[String]>);

impl Cors {
    /// Reads origins with commas between them; none of a text that has anything else in it. There is no `*`: whoever is to
    /// be let in is named.
    pub fn parse(text: &str) -> Option<Self> {
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        parts.map(origin::canonical).collect::<Option<_>>().map(Self)
    }

    /// Whether no origin is named.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The routes, with what browsers want to know in front of them.
    pub fn allow(self, routes: Router) -> Router {
        if self.0.is_empty() {
            return routes;
        }
        routes.layer(axum::middleware::from_fn(move |request: Request, next: Next| {
            let cors = self.clone();
            async move { cors.answer(request, next).await }
        }))
    }

    async fn answer(&self, request: Request, next: Next) -> Response {
        if !is_shared(request.uri().path()) {
            return next.run(request).await;
        }
        let allowed = self.allowed(request.headers());
        let mut response = match &allowed {
            Some(_) if is_preflight(&request) => preflight(&request),
            _ => next.run(request).await,
        };
        let headers = response.headers_mut();
        headers.append(header::VARY, HeaderValue::from_static("origin"));
        if let Some(origin) = allowed {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
        }
        response
    }

    /// The origin that the browser names, if it is one of those.
    fn allowed(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        let mut sent = headers.get_all(header::ORIGIN).iter();
        let value = sent.next().filter(|_| sent.next().is_none())?;
        let origin = value.to_str().ok()?;
        self.0.iter().any(|known| origin::same(known, origin)).then(|| value.clone())
    }
}

/// What is for programs of others. Everything else is for our own pages, or for operators.
fn is_shared(path: &str) -> bool {
    path.starts_with("/v2/storage") || matches!(path, "/openapi.json" | "/health" | "/ready")
}

fn is_preflight(request: &Request) -> bool {
    request.method() == Method::OPTIONS
        && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

/// What a browser asks before the call itself. It comes without a token, so it says nothing about one.
fn preflight(request: &Request) -> Response {
    let with = |reply: Reply, name: HeaderName, value: &'static str| {
        reply.with(name, HeaderValue::from_static(value))
    };
    let reply = Reply::no_content().identified(&request_id(request));
    debug_assert_eq!(reply.status, StatusCode::NO_CONTENT);
    let reply = with(reply, header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
    let reply = with(reply, header::ACCESS_CONTROL_ALLOW_HEADERS, HEADERS);
    let reply = with(reply, header::VARY, "access-control-request-method, access-control-request-headers");
    reply.with(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from(MAX_AGE)).into_response()
}

#[cfg(test)]
mod tests {
    use axum::{body::Body, routing::any};
    use tower::ServiceExt as _;

    use super::*;

    const HOME: &str = "https://app.example.org";

    async fn answer(cors: &str, method: Method, path: &str, headers: &[(&str, &str)]) -> Response {
        let routes = Router::new().fallback(any(|| async { (StatusCode::IM_A_TEAPOT, "reached") }));
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Cors::parse(cors).unwrap().allow(routes).oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
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
