//! The `/outbox` page, which shows the mails of the outbox to a developer.
//!
//! Mails contain links and codes, so the page answers only this machine, and only with the key of the outbox, because a local
//! proxy may forward requests of others without saying so.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Router,
    extract::{ConnectInfo, Path, Request, State},
    response::Response,
    routing::any,
};
use http::{HeaderValue, Method, StatusCode, header, request::Parts};
use jeton_core::{
    Error,
    secret::{Label, PlainSecret, SecretHash},
};
use serde::Deserialize;

use super::loopback::asks_from_here;
use crate::{
    app::App,
    http::{Reply, cookie::cookie},
    mail::{Mailer, Outbox, is_outbox_key},
    page::outbox::{SCRIPT, outbox_closed, outbox_index, outbox_mail},
    wire::form,
};

/// The cookie with the key. It is sent to this page only.
const OPENED: &str = "jeton-outbox";

/// The lifetime of the cookie, in seconds.
const OPENED_SECONDS: u64 = 30 * 86_400;

#[derive(Debug, Default, Deserialize)]
struct Link {
    key: Option<String>,
}

/// The routes of the page.
pub fn routes(app: Arc<App>) -> Router {
    Router::new()
        .route("/outbox", any(index))
        .route("/outbox/{name}", any(mail))
        .route("/outbox/-/outbox.js", any(script))
        .with_state(app)
}

async fn index(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    let (outbox, key) = match opened(&app, peer, &request.into_parts().0).await {
        Ok(opened) => opened,
        Err(answer) => return answer,
    };
    // Redirects, so that the key is not kept in the address bar and the history.
    if let Some(key) = key {
        return shown(Reply::see_other("/outbox").with(header::SET_COOKIE, keep(&key)));
    }
    match outbox.list().await {
        Ok(mails) => shown(Reply::page(StatusCode::OK, outbox_index(&app.brand, &mails))),
        Err(error) => unreadable(&error),
    }
}

async fn mail(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Path(name): Path<String>,
    request: Request,
) -> Response {
    let (outbox, _) = match opened(&app, peer, &request.into_parts().0).await {
        Ok(opened) => opened,
        Err(answer) => return answer,
    };
    match outbox.read(&name).await {
        Ok(Some(raw)) => shown(Reply::page(StatusCode::OK, outbox_mail(&app.brand, &name, &raw))),
        Ok(None) => nothing(),
        Err(error) => unreadable(&error),
    }
}

async fn script(request: Request) -> Response {
    shown(SCRIPT.reply(request.uri(), request.headers()))
}

/// The outbox, if the request is from this machine and has the key; with the key if it was in the link. Otherwise the answer.
async fn opened<'a>(
    app: &'a App,
    peer: SocketAddr,
    request: &Parts,
) -> Result<(&'a Outbox, Option<PlainSecret>), Response> {
    if !matches!(request.method, Method::GET | Method::HEAD) {
        return Err(error_reply(&Error::MethodNotAllowed("GET, HEAD".to_owned())));
    }
    let Mailer::Outbox(outbox) = &app.mailer else { return Err(nothing()) };
    if !asks_from_here(peer, request.version, &request.headers) {
        return Err(nothing());
    }
    let link: Link = form::read_query(request.uri.query().unwrap_or_default()).unwrap_or_default();
    let in_link = link.key.map(PlainSecret::new);
    let kept = cookie(&request.headers, OPENED, is_outbox_key);
    let presented = in_link.as_ref().map(PlainSecret::expose).or(kept).unwrap_or_default();
    let key = outbox.key().await.map_err(|error| unreadable(&error))?;
    let hash = |text: &str| SecretHash::of(Label::Browser, &[text]);
    if key.is_some_and(|key| hash(presented).matches(&hash(key.expose()))) {
        Ok((outbox, in_link))
    } else {
        Err(shown(Reply::page(StatusCode::FORBIDDEN, outbox_closed(&app.brand))))
    }
}

/// The cookie header. Cookies are shared by all ports of a host, so this one is limited to this path, and is `SameSite=Strict`.
fn keep(key: &PlainSecret) -> HeaderValue {
    let kept = key.expose();
    let cookie =
        format!("{OPENED}={kept}; Max-Age={OPENED_SECONDS}; Path=/outbox; HttpOnly; SameSite=Strict");
    let mut cookie = HeaderValue::from_str(&cookie).unwrap_or(HeaderValue::from_static(""));
    cookie.set_sensitive(true);
    cookie
}

fn shown(reply: Reply) -> Response {
    reply.guarded("no-referrer").into_response()
}

fn nothing() -> Response {
    error_reply(&Error::NoRoute)
}

fn error_reply(error: &Error) -> Response {
    Reply::error(error, &crate::telemetry::exception_id()).into_response()
}

fn unreadable(error: &std::io::Error) -> Response {
    tracing::error!(%error, "the outbox cannot be read");
    error_reply(&Error::Unavailable(error.to_string()))
}
