//! Where Prometheus fetches what was counted.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Router,
    extract::{ConnectInfo, State},
    response::{IntoResponse as _, Response},
    routing::get,
};
use http::{HeaderMap, StatusCode, header};
use jeton_core::Error;

use super::loopback::asks_from_here;
use crate::{
    app::App,
    http::{Reply, exception_id},
};

const PATH: &str = "/metrics";

/// The route on the address of the service itself, which answers only this machine: how busy a service is,
/// and with what, is not for everyone.
pub(super) fn for_this_machine(app: Arc<App>) -> Router {
    let answer = async |State(app): State<Arc<App>>,
                        ConnectInfo(peer): ConnectInfo<SocketAddr>,
                        headers: HeaderMap| {
        if asks_from_here(peer, &headers) { counted(&app) } else { nothing() }
    };
    Router::new().route(PATH, get(answer)).with_state(app)
}

/// The route on an address of its own. Who reaches that was decided when it was configured.
pub(super) fn for_everyone(app: Arc<App>) -> Router {
    let answer = async |State(app): State<Arc<App>>| counted(&app);
    Router::new().route(PATH, get(answer)).fallback(|| async { nothing() }).with_state(app)
}

fn counted(app: &App) -> Response {
    const TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    match app.telemetry.metrics() {
        Some(metrics) => (StatusCode::OK, [(header::CONTENT_TYPE, TYPE)], metrics.text()).into_response(),
        None => nothing(),
    }
}

fn nothing() -> Response {
    Reply::error(&Error::NoRoute, exception_id()).into_response()
}
