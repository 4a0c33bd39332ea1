//! The route `/metrics` for Prometheus.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Router,
    extract::{ConnectInfo, Request, State},
    response::{IntoResponse as _, Response},
    routing::any,
};
use http::{Method, StatusCode, header};

use super::loopback::asks_from_here;
use crate::{app::App, http::unmatched};

const PATH: &str = "/metrics";

/// The route on the address of the service. It answers only this machine, because metrics are not public. For others it is
/// 404.
pub(super) fn for_this_machine(app: Arc<App>) -> Router {
    let answer =
        async |State(app): State<Arc<App>>, ConnectInfo(peer): ConnectInfo<SocketAddr>, request: Request| {
            if asks_from_here(peer, request.version(), request.headers()) {
                counted(&app, &request)
            } else {
                unmatched(&app, &request)
            }
        };
    Router::new().route(PATH, any(answer)).with_state(app)
}

/// The route on an address of its own, `JETON_METRICS`, for everyone who can reach it.
pub(super) fn for_everyone(app: Arc<App>) -> Router {
    let answer = async |State(app): State<Arc<App>>, request: Request| counted(&app, &request);
    let nothing = async |State(app): State<Arc<App>>, request: Request| unmatched(&app, &request);
    Router::new().route(PATH, any(answer)).fallback(nothing).with_state(app)
}

fn counted(app: &App, request: &Request) -> Response {
    const TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    match app.telemetry.metrics() {
        Some(metrics) if matches!(*request.method(), Method::GET | Method::HEAD) => {
            (StatusCode::OK, [(header::CONTENT_TYPE, TYPE)], metrics.text()).into_response()
        }
        _ => unmatched(app, request),
    }
}
