//! The page on which a developer reads the mail that was not sent anywhere.
//!
//! It shows links and codes, so it answers only this machine: a peer on loopback that asks for a
//! loopback host. The second keeps out web pages elsewhere whose name was made to point here.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use axum::{
    Router,
    extract::{ConnectInfo, Path, State},
    response::Response,
    routing::any,
};
use http::{HeaderMap, Method, StatusCode, header};
use jeton_core::Error;

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
    if method != Method::GET {
        return refused(&Error::MethodNotAllowed("GET".to_owned()));
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
    if method != Method::GET {
        return refused(&Error::MethodNotAllowed("GET".to_owned()));
    }
    let Some(outbox) = readable(&app, peer, &headers) else { return nothing() };
    match outbox.read(&name).await {
        Ok(Some(raw)) => Reply::page(StatusCode::OK, outbox_mail(&name, &raw)).into_response(),
        Ok(None) => nothing(),
        Err(error) => unreadable(&error),
    }
}

fn readable<'a>(app: &'a App, peer: SocketAddr, headers: &HeaderMap) -> Option<&'a Outbox> {
    let host = headers.get(header::HOST)?.to_str().ok()?;
    let name = host
        .rsplit_once(':')
        .map_or(host, |(name, port)| if port.bytes().all(|b| b.is_ascii_digit()) { name } else { host });
    let name = name.trim_matches(['[', ']']);
    let loopback = name == "localhost" || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
    match &app.mailer {
        Mailer::Outbox(outbox) if loopback && peer.ip().is_loopback() => Some(outbox),
        _ => None,
    }
}

fn nothing() -> Response {
    refused(&Error::NoRoute)
}

fn refused(error: &Error) -> Response {
    Reply::error(error, crate::http::exception_id()).into_response()
}

fn unreadable(error: &std::io::Error) -> Response {
    tracing::error!(%error, "the outbox cannot be read");
    refused(&Error::Unavailable(error.to_string()))
}
