//! The handling of one request: receive, authenticate, operate, answer, log.

use std::{
    sync::{Arc, OnceLock},
    time::Instant,
};

use axum::extract::Request;
use futures_util::FutureExt as _;
use http::{HeaderMap, Method, Response, StatusCode};
use jeton_core::{Error, secret::masked};
use tracing::Instrument as _;

use super::{
    ApiRequest, Content, Peer, Reply, body,
    elsewhere::{configured_name, configured_url},
    request::wants_page,
};
use crate::{
    app::App,
    authenticate::{self, Bearer, EarlyRead, Manager},
    console::{
        self, flash,
        session::{self, ConsoleSession},
        way_out::WayOut,
    },
    endpoint::{Endpoint, Handler, Repeated, Site},
    idempotency::{self, Keyed},
    operation::denied_call,
    page,
    retry::{Attempts, RetryPolicy},
    telemetry::{Handled, Presented, RequestId, RouteMetrics, UNMATCHED, exception_id, span},
};

/// The rows that share a path, and their metrics.
#[derive(Debug)]
pub(super) struct Route {
    rows: Box<[&'static Endpoint]>,
    metrics: RouteMetrics,
}

/// What is left of a request that was handled.
#[derive(Default)]
struct Remains {
    token: Option<Presented>,
    out: WayOut,
    /// Its map of headers, emptied: the answer has it next.
    headers: HeaderMap,
}

/// The most headers of a request whose map is used again. The map of a larger one is freed.
const MOST_REUSED: usize = 32;

/// The parameters of a path by name, percent-decoded; none if one is not UTF-8.
pub(super) type PathParameters = Option<Vec<(String, String)>>;

impl Route {
    pub(super) fn new(rows: Vec<&'static Endpoint>) -> Self {
        Self { rows: rows.into(), metrics: RouteMetrics::default() }
    }
}

/// Whether a request completes even if its client disconnects, as changes do.
pub(super) fn is_detached(route: &Route, request: &Request) -> bool {
    route.rows.iter().any(|row| row.detached && row.has_method(request.method()))
}

/// Answers a request in a task of its own.
pub(super) async fn detached(
    app: &Arc<App>,
    route: &Arc<Route>,
    path: PathParameters,
    request: Request,
    peer: Option<&Peer>,
) -> Response<Content> {
    let (app, route, peer, mut request) = (Arc::clone(app), Arc::clone(route), peer.cloned(), request);
    match tokio::spawn(async move { answer(&app, &route, path, &mut request, peer.as_ref()).await }).await {
        Ok(response) => response,
        Err(error) => {
            let exception = exception_id();
            tracing::error!(%error, %exception, "request task panicked or was cancelled");
            Reply::error(&Error::Internal(error.to_string()), &exception).into_answer(HeaderMap::new())
        }
    }
}

/// Answers a request on a path of the endpoint table.
pub(super) async fn answer(
    app: &Arc<App>,
    Route { rows, metrics }: &Route,
    path: PathParameters,
    request: &mut Request,
    peer: Option<&Peer>,
) -> Response<Content> {
    let started = Instant::now();
    let (method, id) = (request.method().clone(), RequestId::of(request));
    let route = rows.first().map_or(UNMATCHED, |row| row.path);
    let span = span::request(&method, route, id.as_str(), request.headers());
    let mut remains = Remains::default();
    let site = rows.first().map_or(Site::Api, |row| row.site);
    let elsewhere =
        (site == Site::Console).then(|| configured_url(&app.public_url, request.headers())).flatten();
    let outcome = if let Some(page) = meant(request).or_else(|| page_behind(rows, request)) {
        Ok(Reply::see_other(&page))
    } else if let Some(endpoint) = rows.iter().find(|row| row.has_method(&method)) {
        if span.is_none() {
            operate(app, endpoint, path, request, peer, &mut remains).await
        } else {
            let operation = operate(app, endpoint, path, request, peer, &mut remains);
            Box::pin(operation.instrument(span.clone())).await
        }
    } else if request.uri().path().ends_with('/') {
        // The segment after the slash is missing, most likely an id.
        Err(Error::NoRoute)
    } else {
        Err(Error::MethodNotAllowed(allowed(rows)))
    };
    let (mut reply, failure) = match outcome {
        Ok(reply) => (reply, None),
        Err(error) => {
            let exception = exception_id();
            let reply = match site {
                Site::Console => {
                    let (method, out) = (as_get(&method), std::mem::take(&mut remains.out));
                    let asked = console::page::Asked { method, out, elsewhere, ways: &app.ways };
                    console::page::error_page(&app.brand, &error, &asked, &exception)
                }
                Site::Api | Site::Page => Reply::error(&error, &exception),
            };
            (reply, Some((error, exception)))
        }
    };
    let status = reply.status.as_u16();
    span::answered(&span, status);
    let handled = Handled {
        id: id.as_str(),
        method: &method,
        route,
        path: None,
        status,
        elapsed: started.elapsed(),
        token: remains.token,
        failure: failure.as_ref().map(|(error, exception)| (error, exception.as_str())),
    };
    app.telemetry.handled(&handled, Some(metrics), &app.clock);
    reply.identify(id);
    if method == Method::HEAD {
        reply = reply.without_body();
    }
    // A browser may show the answer to a link, also an error, so it gets the headers of pages.
    match site {
        Site::Page => reply.guarded("no-referrer").into_answer(remains.headers),
        Site::Console => reply.guarded("same-origin").into_answer(remains.headers),
        Site::Api => reply.into_answer(remains.headers),
    }
}

/// HEAD is handled as GET.
fn as_get(method: &Method) -> &Method {
    if *method == Method::HEAD { &Method::GET } else { method }
}

/// Answers a request without a row in the endpoint table: redirects a browser to the intended page, if there is one.
pub fn unmatched(app: &App, request: &Request) -> axum::response::Response {
    let (started, id, exception) = (Instant::now(), RequestId::of(request), exception_id());
    let error = Error::NoRoute;
    let page = meant(request);
    let reply = match &page {
        Some(page) => Reply::see_other(page),
        None if reads_pages(request) => {
            let page = page::missing::missing(&app.brand, request.uri().path(), &exception);
            Reply::page(StatusCode::NOT_FOUND, page).guarded("no-referrer")
        }
        None => Reply::error(&error, &exception),
    };
    let handled = Handled {
        id: id.as_str(),
        method: request.method(),
        route: UNMATCHED,
        path: Some(loggable(request.uri().path())),
        status: reply.status.as_u16(),
        elapsed: started.elapsed(),
        token: None,
        failure: page.is_none().then_some((&error, exception.as_str())),
    };
    app.telemetry.handled(&handled, None, &app.clock);
    let reply = reply.identified(id);
    let reply = if request.method() == Method::HEAD { reply.without_body() } else { reply };
    reply.into_response()
}

/// Whether a missing path is answered as a page: for browsers, except below the API.
fn reads_pages(request: &Request) -> bool {
    let path = request.uri().path();
    let is_api = ["/v2", "/manage"]
        .iter()
        .any(|root| path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')));
    *as_get(request.method()) == Method::GET && wants_page(request.headers()) && !is_api
}

/// The redirect of a browser from the bare address, or from a page with a trailing slash.
fn meant(request: &Request) -> Option<String> {
    if *as_get(request.method()) != Method::GET || !wants_page(request.headers()) {
        return None;
    }
    let path = request.uri().path();
    if path == "/" {
        return Some("/console".to_owned());
    }
    let page = path.strip_suffix('/')?.trim_end_matches('/');
    let known = matches!(page, "/docs" | "/console" | "/outbox") || page.starts_with("/console/");
    let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
    known.then(|| format!("{page}{query}"))
}

/// The redirect of a browser that loads the address of a form, as from a bookmark or its history: to the page about
/// the same object.
fn page_behind(rows: &[&'static Endpoint], request: &Request) -> Option<String> {
    let is_form = rows.iter().all(|row| row.site == Site::Console && row.method == Method::POST);
    if !is_form || *as_get(request.method()) != Method::GET || !wants_page(request.headers()) {
        return None;
    }
    let parts: Vec<_> = request.uri().path().split('/').collect();
    Some(match parts[..] {
        ["", "console", "projects", project, "invitations", ..] => {
            format!("/console/projects/{project}/members")
        }
        ["", "console", "projects", project, "tokens", token, ..] => {
            format!("/console/projects/{project}/tokens/{token}")
        }
        _ => "/console".to_owned(),
    })
}

/// The part of an unknown path that may be logged, since it may contain anything, also a secret.
fn loggable(path: &str) -> &str {
    let cut = path.match_indices('/').nth(3).map_or(path.len(), |(at, _)| at);
    let cut = path.floor_char_boundary(cut.min(64));
    let decoded = percent_encoding::percent_decode_str(path).decode_utf8_lossy();
    let marked = |text: &str| text.contains("-jt") || text.contains("jtm-");
    if marked(path) || marked(&decoded) || masked(path) != path { "***" } else { &path[..cut] }
}

async fn operate(
    app: &Arc<App>,
    endpoint: &'static Endpoint,
    path: PathParameters,
    request: &mut Request,
    peer: Option<&Peer>,
    remains: &mut Remains,
) -> Result<Reply, Error> {
    let path = path.ok_or(Error::NoRoute)?;
    // The router matches two slashes in a row as an empty parameter, but no name is empty.
    if path.iter().any(|(name, value)| value.is_empty() || (name == "branch" && !is_branch(value))) {
        return Err(Error::NoRoute);
    }
    if let Some(reply) = configured_name(&app.public_url, endpoint, request) {
        return Ok(reply);
    }
    let unread = std::mem::take(request.body_mut());
    let (body, _room) = body::receive(unread, endpoint, &app.concurrency.bodies).await?;
    // Only after the body, so that slow clients do not use up the concurrency limit.
    let _place =
        if endpoint.limited { Some(app.concurrency.acquire().await.ok_or(Error::Overloaded)?) } else { None };
    let early = if app.table_check.has_passed() {
        None
    } else {
        Box::pin(checked(app, endpoint, request.headers())).await?
    };
    let keyed = if endpoint.is_keyed() {
        Keyed::of(request.headers(), request.method(), request.uri().path(), &body)?
    } else if endpoint.site == Site::Console && *request.method() == Method::POST {
        Keyed::of_form(request.headers(), request.uri().path(), &body)?
    } else {
        None
    };
    let request = ApiRequest {
        now: app.clock.now(),
        app: Arc::clone(app),
        // HEAD is answered as GET, without the body.
        method: endpoint.method.clone(),
        uri: std::mem::take(request.uri_mut()),
        headers: std::mem::take(request.headers_mut()),
        path,
        body,
        keyed,
        part: None,
        attempts: Attempts::new(RetryPolicy::Backoff),
        caller: OnceLock::new(),
        peer: peer.cloned(),
        extensions: std::mem::take(request.extensions_mut()),
    };
    let outcome = match run(endpoint, &request, early).await {
        Ok(reply) if reply.needs_room().is_none() => Ok(reply),
        Ok(reply) => Box::pin(with_room(&request, reply)).await,
        // A refused token, most of all: there is neither a call to record nor one to replay.
        Err(Failed { error, caller: None }) if !matches!(endpoint.repeated, Repeated::Replayed(_)) => {
            Err(error)
        }
        Err(failed) => Box::pin(again(endpoint, &request, failed)).await,
    };
    remains.token = request.caller.get().copied();
    if let (Site::Console, Err(error)) = (endpoint.site, &outcome) {
        remains.out = WayOut::of(&request, error);
    }
    let outcome = outcome.map_err(|error| slowed(&request, error));
    if request.headers.capacity() <= MOST_REUSED {
        remains.headers = request.headers;
        remains.headers.clear();
    }
    outcome
}

/// Waits until the table was checked. Meanwhile, reads the verify item of a caller with a storage token.
async fn checked(app: &App, endpoint: &Endpoint, headers: &HeaderMap) -> Result<EarlyRead, Error> {
    if let Handler::Storage(_) = endpoint.handler {
        return authenticate::beside_check(app, headers).await;
    }
    app.table_check.passed().await?;
    Ok(None)
}

/// Reserves memory for a large answer without a reservation. A change is answered even if that fails.
async fn with_room(request: &ApiRequest, reply: Reply) -> Result<Reply, Error> {
    let Some(bytes) = reply.needs_room() else { return Ok(reply) };
    let room = request.room_for(bytes);
    if request.method == Method::GET {
        return Ok(reply.within(room.await?));
    }
    match room.now_or_never() {
        Some(Ok(room)) => Ok(reply.within(room)),
        _ => Ok(reply),
    }
}

/// The error of a call, and its caller, if authenticated.
struct Failed {
    error: Error,
    caller: Option<Credential>,
}

/// The caller of a failed call.
enum Credential {
    Storage(Box<Bearer>),
    Manage(Box<Manager>),
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self { error, caller: None }
    }
}

impl Failed {
    fn of(error: Error, bearer: Bearer) -> Self {
        Self { error, caller: Some(Credential::Storage(Box::new(bearer))) }
    }
}

/// Replays the original answer of a retried call; else records a denied call.
async fn again(endpoint: &Endpoint, request: &ApiRequest, failed: Failed) -> Result<Reply, Error> {
    let Failed { mut error, caller } = failed;
    if let Repeated::Replayed(replay) = endpoint.repeated
        && let Some(original) = idempotency::original(request, &error).await?
    {
        let covered = match &caller {
            Some(Credential::Storage(bearer)) => original.require_covered(request, bearer).await,
            Some(Credential::Manage(_)) | None => Ok(()),
        };
        match covered {
            Ok(()) => return replay.call(request, original).await,
            Err(denied) => error = denied,
        }
    }
    match caller {
        Some(Credential::Storage(bearer)) => denied_call::record(request, &bearer, endpoint, &error).await?,
        Some(Credential::Manage(manager)) => {
            denied_call::record_of_manage_token(request, &manager, endpoint, &error).await?;
        }
        None => {}
    }
    Err(error)
}

/// Replaces the error of a wrong token by 429 once its source is over the rate limit.
fn slowed(request: &ApiRequest, error: Error) -> Error {
    if !matches!(error, Error::InvalidToken) {
        return error;
    }
    match request.app.throttle.wrong_token(request.source(), request.now) {
        Some(seconds) => Error::TooManyWrongTokens(seconds),
        None => error,
    }
}

/// Authenticates the caller and runs the operation.
async fn run(endpoint: &Endpoint, request: &ApiRequest, early: EarlyRead) -> Result<Reply, Failed> {
    let Handler::Storage(operation) = endpoint.handler else {
        return Box::pin(run_for_others(endpoint, request)).await;
    };
    let (app, headers, context) = (&request.app, &request.headers, || request.context());
    let mut bearer: Bearer = authenticate::storage(app, headers, &context, request.now, early).await?;
    loop {
        request.presents(Presented::Storage(bearer.caller.project, bearer.caller.id));
        let outcome = match endpoint.effect.permits(request, &bearer) {
            Ok(()) => operation.call(request, &bearer).await,
            Err(error) => Err(error),
        };
        match outcome {
            // The caller changed during the call, so it is authenticated again, at the present time: its token may
            // have expired meanwhile.
            Err(Error::CallerChanged) => {
                Box::pin(request.attempts.after_conflict()).await?;
                let again = authenticate::again(app, headers, &context, app.clock.now(), bearer);
                bearer = Box::pin(again).await?;
            }
            Err(error) => return Err(Failed::of(error, bearer)),
            Ok(reply) => return Ok(reply),
        }
    }
}

/// The same for all credentials except storage tokens.
async fn run_for_others(endpoint: &Endpoint, request: &ApiRequest) -> Result<Reply, Failed> {
    match endpoint.handler {
        Handler::Open(operation) => Ok(operation.call(request).await?),
        Handler::Storage(_) => Err(Error::NoRoute.into()),
        Handler::Session(operation) => {
            let signed_in = session::signed_in(request).await?;
            Ok(said(&signed_in, operation.call(request, &signed_in).await?))
        }
        Handler::Member(operation) => loop {
            let viewer = session::viewer(request).await?;
            let caller = &viewer.bearer.caller;
            request.presents(Presented::Storage(caller.project, caller.id));
            let outcome = match endpoint.effect.permits(request, &viewer.bearer) {
                Ok(()) => operation.call(request, &viewer).await,
                Err(error) => Err(error),
            };
            match outcome {
                Err(Error::CallerChanged) => request.attempts.after_conflict().await?,
                Err(error) => return Err(Failed::of(error, viewer.bearer)),
                Ok(reply) => return Ok(said(&viewer.signed_in, reply)),
            }
        },
        Handler::Manage(operation) => loop {
            let now = request.app.clock.now();
            let manager = authenticate::manage(&request.app, &request.headers, now).await?;
            request.presents(Presented::Manage(manager.token.id));
            match operation.call(request, &manager).await {
                Err(Error::CallerChanged) => request.attempts.after_conflict().await?,
                Err(error) => {
                    let caller = Some(Credential::Manage(Box::new(manager)));
                    return Err(Failed { error, caller });
                }
                Ok(reply) => return Ok(reply),
            }
        },
    }
}

/// Clears the one-time message of a session when a page has shown it.
fn said(signed_in: &ConsoleSession, reply: Reply) -> Reply {
    if signed_in.told.is_some() && reply.status.is_success() { flash::said(reply) } else { reply }
}

fn is_branch(text: &str) -> bool {
    text == "default" || (!text.is_empty() && text.len() <= 20 && text.bytes().all(|b| b.is_ascii_digit()))
}

fn allowed(rows: &[&'static Endpoint]) -> String {
    let methods: Vec<String> =
        rows.iter().flat_map(|row| row.methods()).map(|method| method.to_string()).collect();
    methods.join(", ")
}
