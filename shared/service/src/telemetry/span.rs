//! The spans of requests in a trace; those of the stores are in `jeton_store_support`. They cost next to nothing where nobody asked for traces.

use http::{HeaderMap, Method};
pub use jeton_store_support::span::TARGET;
use jeton_store_support::span::is_wanted;
use tracing::{Span, debug_span, field::Empty};

/// The span of a request, as a child of the caller's span if there is a `traceparent` header.
///
/// Its fields follow the HTTP conventions of OpenTelemetry, without the path, which may contain personal data.
pub fn request(method: &Method, route: &'static str, id: &str, headers: &HeaderMap) -> Span {
    if !is_wanted() {
        return Span::none();
    }
    let span = debug_span!(
        target: TARGET,
        "request",
        otel.name = format_args!("{method} {route}"),
        otel.kind = "server",
        otel.status_code = Empty,
        http.request.method = %method,
        http.route = route,
        http.response.status_code = Empty,
        http.request.id = id,
    );
    below_its_caller(&span, headers);
    span
}

/// Records the answer of a request.
pub fn answered(span: &Span, status: u16) {
    if span.is_none() {
        return;
    }
    span.record("http.response.status_code", status);
    if status >= 500 {
        span.record("otel.status_code", "ERROR");
    }
}

#[cfg(feature = "otlp")]
fn below_its_caller(span: &Span, headers: &HeaderMap) {
    use opentelemetry::propagation::TextMapPropagator as _;
    use tracing_opentelemetry::OpenTelemetrySpanExt as _;

    let caller = opentelemetry_sdk::propagation::TraceContextPropagator::new();
    let caller = caller.extract(&opentelemetry_http::HeaderExtractor(headers));
    // The span is new, so its parent can still be set.
    drop(span.set_parent(caller));
}

#[cfg(not(feature = "otlp"))]
fn below_its_caller(_: &Span, _: &HeaderMap) {}
