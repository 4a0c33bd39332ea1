//! The page on which a developer reads the mail that was not sent anywhere.
//!
//! It shows links and codes, so it answers only this machine.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Router,
    extract::{ConnectInfo, Path, State},
    response::Response,
    routing::any,
};
use http::{HeaderMap, Method, StatusCode};
use jeton_core::Error;

use super::loopback::asks_from_here;
use crate::{
    app::App,
    http::Reply,
    mail::{Mailer, Outbox},
    page::outbox::{outbox_index, outbox_mail},
};

/// The routes of the page.
pub fn routes(app: Arc<App>) -> Router {
    Router::new().route("/outbox", any(index)).route("/outbox/{name}", any(mail)).with_state(app)
}

async fn index(
    method: Method,
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
) -> Response {
    if !matches!(method, Method::GET | Method::HEAD) {
        return refused(&Error::MethodNotAllowed("GET, HEAD".to_owned()));
    }
    let Some(outbox) = readable(&app, peer, &headers) else { return nothing() };
    match outbox.list().await {
        Ok(mails) => Reply::page(StatusCode::OK, outbox_index(&mails)).into_response(),
        Err(error) => unreadable(&error),
    }
}

async fn mail(
    method: Method,
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Response {
    if !matches!(method, Method::GET | Method::HEAD) {
        return refused(&Error::MethodNotAllowed("GET, HEAD".to_owned()));
    }
    let Some(outbox) = readable(&app, peer, &headers) else { return nothing() };
    match outbox.read(&name).await {
        Ok(Some(raw)) => Reply::page(StatusCode::OK, outbox_mail(&name, &raw)).into_response(),
        Ok(None) => nothing(),
        Err(error) => unreadable(&error),
    }
}

fn readable<'a>(app: &'a App, peer: SocketAddr, headers: &HeaderMap) -> Option<&'a Outbox> {
    match &app.mailer {
        Mailer::Outbox(outbox) if asks_from_here(peer, headers) => Some(outbox),
        _ => None,
    }
}

fn nothing() -> Response {
    refused(&Error::NoRoute)
}

fn refused(error: &Error) -> Response {
    Reply::error(error, crate::telemetry::exception_id()).into_response()
}

fn unreadable(error: &std::io::Error) -> Response {
    tracing::error!(%error, "the outbox cannot be read");
    refused(&Error::Unavailable(error.to_string()))
}
