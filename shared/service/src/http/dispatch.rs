//! The handling of one request: receive, authenticate, operate, answer, log.

use std::{
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use axum::{
    body::{Body, HttpBody as _},
    extract::Request,
    response::Response,
};
use bytes::Bytes;
use futures_util::FutureExt as _;
use http::{Method, StatusCode};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Frame;
use jeton_core::{Error, secret::masked};
use tracing::Instrument as _;

use super::{
    ApiRequest, Reply,
    elsewhere::{configured_name, configured_url},
    request::wants_page,
};
use crate::{
    app::App,
    authenticate::{self, Bearer, Manager},
    console::{
        self,
        kept_form::{self, KeptForm},
        operation::signed_out_on,
        session::{self, ConsoleSession},
    },
    endpoint::{Endpoint, Handler, Site},
    idempotency::{self, Keyed},
    limits::answers::Connection,
    limits::bodies::{Bodies, BodyRoom, WholeBody},
    operation::refusal,
    page,
    retry::{Attempts, RetryPolicy},
    telemetry::{Handled, Presented, RequestId, UNMATCHED, exception_id, span},
};

/// How much of a body beyond its limit is read and discarded, in bytes.
const MOST_IGNORED: usize = 1024 * 1024;

/// How long a body beyond its limit is read. After that, the error is answered.
const LONGEST_IGNORED: Duration = Duration::from_secs(1);

/// The timeout of a body, so that slow ones do not occupy memory for long.
const LONGEST_BODY: Duration = Duration::from_secs(30);

/// The read buffer of a connection, in bytes: at first, and at most. [`LARGEST_BUFFER`] also bounds the head.
const LEAST_BUFFER: usize = 8 * 1024;
pub(crate) const LARGEST_BUFFER: usize = 64 * 1024;

/// The rows that share a path.
pub(super) type Rows = Arc<[&'static Endpoint]>;

/// The parameters of a path by name, percent-decoded; none if one is not UTF-8.
pub(super) type PathParameters = Option<Vec<(String, String)>>;

/// Whether a request completes even if its client disconnects, as changes do.
pub(super) fn is_detached(rows: &Rows, request: &Request) -> bool {
    rows.iter().any(|row| row.detached && row.has_method(request.method()))
}

/// Answers a request in a task of its own.
pub(super) async fn detached(
    app: &Arc<App>,
    rows: &Rows,
    path: PathParameters,
    request: Request,
) -> Response {
    let (app, rows) = (Arc::clone(app), Arc::clone(rows));
    match tokio::spawn(async move { answer(&app, &rows, path, request).await }).await {
        Ok(response) => response,
        Err(error) => {
            let exception = exception_id();
            tracing::error!(%error, %exception, "request task panicked or was cancelled");
            Reply::error(&Error::Internal(error.to_string()), exception).into_response()
        }
    }
}

/// Answers a request on a path of the endpoint table.
pub(super) async fn answer(app: &Arc<App>, rows: &Rows, path: PathParameters, request: Request) -> Response {
    let started = Instant::now();
    let (method, id) = (request.method().clone(), RequestId::of(&request));
    let route = rows.first().map_or(UNMATCHED, |row| row.path);
    let span = span::request(&method, route, id.as_str(), request.headers());
    let mut token = None;
    let site = rows.first().map_or(Site::Api, |row| row.site);
    let elsewhere =
        (site == Site::Console).then(|| configured_url(&app.public_url, request.headers())).flatten();
    let mut form = None;
    let outcome = if let Some(page) = meant(&request).or_else(|| page_behind(rows, &request)) {
        Ok(Reply::see_other(&page))
    } else if let Some(endpoint) = rows.iter().find(|row| row.has_method(&method)) {
        if span.is_none() {
            operate(app, endpoint, path, request, &mut token, &mut form).await
        } else {
            let operation = operate(app, endpoint, path, request, &mut token, &mut form);
            Box::pin(operation.instrument(span.clone())).await
        }
    } else if request.uri().path().ends_with('/') {
        // The segment after the slash is missing, most likely an id.
        Err(Error::NoRoute)
    } else {
        Err(Error::MethodNotAllowed(allowed(rows)))
    };
    let (reply, failure) = match outcome {
        Ok(reply) => (reply, None),
        Err(error) => {
            let exception = exception_id();
            let reply = match site {
                Site::Console => {
                    let asked = console::page::Asked { method: as_get(&method), form, elsewhere };
                    console::page::refusal(&error, &asked, &exception)
                }
                Site::Api | Site::Page => Reply::error(&error, exception.clone()),
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
        token,
        failure: failure.as_ref().map(|(error, exception)| (error, exception.as_str())),
    };
    app.telemetry.handled(&handled, &app.clock);
    let mut reply = reply.identified(id);
    if method == Method::HEAD {
        reply = reply.without_body();
    }
    // A browser may show the answer to a link, also an error, so it gets the headers of pages.
    match site {
        Site::Page => reply.guarded("no-referrer").into_response(),
        Site::Console => reply.guarded("same-origin").into_response(),
        Site::Api => reply.into_response(),
    }
}

/// HEAD is handled as GET.
fn as_get(method: &Method) -> &Method {
    if *method == Method::HEAD { &Method::GET } else { method }
}

/// Answers a request without a row in the endpoint table: redirects a browser to the intended page, if there is one.
pub fn unmatched(app: &App, request: &Request) -> Response {
    let (started, id, exception) = (Instant::now(), RequestId::of(request), exception_id());
    let error = Error::NoRoute;
    let page = meant(request);
    let reply = match &page {
        Some(page) => Reply::see_other(page),
        None if reads_pages(request) => {
            let page = page::missing::missing(request.uri().path(), &exception);
            Reply::page(StatusCode::NOT_FOUND, page).guarded("no-referrer")
        }
        None => Reply::error(&error, exception.clone()),
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
    app.telemetry.handled(&handled, &app.clock);
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
    request: Request,
    token: &mut Option<Presented>,
    form: &mut Option<KeptForm>,
) -> Result<Reply, Error> {
    let (mut head, body) = request.into_parts();
    let path = path.ok_or(Error::NoRoute)?;
    // The router matches two slashes in a row as an empty parameter, but no name is empty.
    if path.iter().any(|(name, value)| value.is_empty() || (name == "branch" && !is_branch(value))) {
        return Err(Error::NoRoute);
    }
    if let Some(reply) = configured_name(&app.public_url, endpoint, &head) {
        return Ok(reply);
    }
    let (body, _room) = receive(body, endpoint, &app.concurrency.bodies).await?;
    // Only after the body, so that slow clients do not use up the concurrency limit.
    let _place =
        if endpoint.limited { Some(app.concurrency.acquire().await.ok_or(Error::Overloaded)?) } else { None };
    let keyed = match endpoint.replay {
        Some(_) => Keyed::of(&head.headers, &head.method, head.uri.path(), &body)?,
        None if endpoint.site == Site::Console && head.method == Method::POST => {
            Keyed::of_form(&head.headers, head.uri.path(), &body)?
        }
        None => None,
    };
    let request = ApiRequest {
        now: app.clock.now(),
        app: Arc::clone(app),
        // HEAD is answered as GET, without the body.
        method: endpoint.method.clone(),
        uri: head.uri,
        headers: head.headers,
        path,
        body,
        keyed,
        attempts: Attempts::new(RetryPolicy::Backoff),
        caller: OnceLock::new(),
        connection: head.extensions.remove::<Connection>(),
        extensions: head.extensions,
    };
    let outcome = match run(endpoint, &request).await {
        Ok(reply) if reply.needs_room().is_none() => Ok(reply),
        Ok(reply) => Box::pin(with_room(&request, reply)).await,
        Err(failed) => Box::pin(again(endpoint, &request, failed)).await,
    };
    *token = request.caller.get().copied();
    // A form from another site is not kept and shown as the member's own.
    let is_signed_out =
        matches!(&outcome, Err(Error::SignedOut)) && session::require_same_origin(&request).is_ok();
    if endpoint.site == Site::Console && is_signed_out {
        *form = signed_out_on(&request.method, request.uri.path(), &request.body);
    }
    outcome.map_err(|error| slowed(&request, error))
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
    let Failed { error, caller } = failed;
    if let Some(replay) = endpoint.replay
        && let Some(original) = idempotency::original(request, &error).await?
    {
        return replay.call(request, original).await;
    }
    match caller {
        Some(Credential::Storage(bearer)) => refusal::record(request, &bearer, endpoint, &error).await?,
        Some(Credential::Manage(manager)) => {
            refusal::record_of_manage_token(request, &manager, endpoint, &error).await?;
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
    match request.app.throttle.wrong_token(request.remote_addr().as_deref(), request.now) {
        Some(seconds) => Error::TooManyWrongTokens(seconds),
        None => error,
    }
}

/// Authenticates the caller and runs the operation.
async fn run(endpoint: &Endpoint, request: &ApiRequest) -> Result<Reply, Failed> {
    let Handler::Storage(operation) = endpoint.handler else {
        return Box::pin(run_for_others(endpoint, request)).await;
    };
    let (app, headers, context) = (&request.app, &request.headers, || request.context());
    let mut bearer: Bearer = authenticate::storage(app, headers, &context, request.now).await?;
    loop {
        request.presents(Presented::Storage(bearer.caller.project, bearer.caller.id));
        match operation.call(request, &bearer).await {
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
            match operation.call(request, &viewer).await {
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
    if signed_in.told.is_some() && reply.status.is_success() { kept_form::said(reply) } else { reply }
}

/// Receives a body and counts its bytes, because not every body declares its length. The second value reserves their
/// memory until it is dropped.
async fn receive<'a>(
    mut body: Body,
    endpoint: &Endpoint,
    bodies: &'a Bodies,
) -> Result<(Bytes, Option<WholeBody<'a>>), Error> {
    if body.is_end_stream() {
        return Ok((Bytes::new(), None));
    }
    // Most bodies arrive with their head, in one part.
    let first = body.frame().now_or_never();
    if body.is_end_stream()
        && let Some(Some(Ok(frame))) = &first
        && let Some(part) = frame.data_ref().filter(|part| part.len() <= endpoint.max_body)
        && let Some(room) = bodies.whole(part.len() + buffer_for(part.len()))
    {
        return Ok((part.clone(), Some(room)));
    }
    Box::pin(receive_parts(body, first, endpoint, bodies)).await
}

/// The same for a body in several parts, of which the first may be there.
async fn receive_parts<'a>(
    mut body: Body,
    first: Option<Part>,
    endpoint: &Endpoint,
    bodies: &'a Bodies,
) -> Result<(Bytes, Option<WholeBody<'a>>), Error> {
    let room = bodies.begin();
    let received = tokio::time::timeout(LONGEST_BODY, whole(&mut body, first, endpoint.max_body, &room));
    let Ok(received) = received.await else { return Err(Error::TooSlow) };
    if let Some(bytes) = received? {
        return Ok((bytes, Some(room.came()?)));
    }
    // A proxy sends the whole body before it reads the answer. If the connection were closed meanwhile,
    // its client would get 502 instead of the error that the body is too large.
    let rest = async {
        // The rest is discarded, but the connection still reads it into a buffer.
        if room.hold(LARGEST_BUFFER).await.is_ok() {
            tokio::select! {
                () = ignore(Limited::new(body, MOST_IGNORED)) => {}
                () = room.cut_off() => {}
            }
        }
    };
    drop(tokio::time::timeout(LONGEST_IGNORED, rest).await);
    Err(endpoint.too_large())
}

/// A part of a body; none at the end.
type Part = Option<Result<Frame<Bytes>, axum::Error>>;

/// The whole body, of which the first part may be there already; none if it exceeds the limit.
async fn whole(
    body: &mut Body,
    mut there: Option<Part>,
    most: usize,
    room: &BodyRoom<'_>,
) -> Result<Option<Bytes>, Error> {
    // Most bodies come in one part. Many small parts are copied, since each would keep its read buffer.
    let (mut first, mut all) = (None, Vec::new());
    let mut length = 0;
    // Created once for all parts, since there may be one for each byte.
    let mut cut_off = std::pin::pin!(room.cut_off());
    loop {
        let next = async {
            match there.take() {
                Some(first) => first,
                None => body.frame().await,
            }
        };
        let frame = tokio::select! {
            biased;
            frame = next => frame,
            () = &mut cut_off => return Err(Error::Overloaded),
        };
        let Some(frame) = frame else { break };
        let broken = |_| Error::Malformed("The body of the request could not be received".to_owned());
        let Ok(part) = frame.map_err(broken)?.into_data() else { continue };
        length += part.len();
        if length > most {
            return Ok(None);
        }
        if first.is_none() && all.is_empty() {
            first = Some(part);
        } else {
            if all.capacity() < length {
                // The capacity doubles, up to the announced length.
                let announced = body.size_hint().upper().and_then(|rest| usize::try_from(rest).ok());
                let announced = announced.map_or(usize::MAX, |rest| rest.saturating_add(length));
                all.reserve_exact((2 * length).min(announced) - all.len());
            }
            all.extend_from_slice(&first.take().unwrap_or_default());
            all.extend_from_slice(&part);
        }
        // All allocated memory counts, not only the received bytes: also spare capacity and the read buffer.
        room.hold(all.capacity() + first.as_ref().map_or(0, Bytes::len) + buffer_for(length)).await?;
    }
    Ok(Some(first.unwrap_or_else(|| all.into())))
}

/// The size of a connection's read buffer after this many bytes of a body.
fn buffer_for(length: usize) -> usize {
    length.next_power_of_two().clamp(LEAST_BUFFER, LARGEST_BUFFER)
}

/// Reads and discards a body, up to its limit.
async fn ignore(mut body: Limited<Body>) {
    while let Some(Ok(_)) = body.frame().await {}
}

fn is_branch(text: &str) -> bool {
    text == "default" || (!text.is_empty() && text.len() <= 20 && text.bytes().all(|b| b.is_ascii_digit()))
}

fn allowed(rows: &[&'static Endpoint]) -> String {
    let methods: Vec<String> =
        rows.iter().flat_map(|row| row.methods()).map(|method| method.to_string()).collect();
    methods.join(", ")
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use futures_util::{FutureExt as _, StreamExt as _, stream};

    use super::*;
    use crate::endpoint::endpoints;

    #[tokio::test(start_paused = true)]
    async fn a_body_that_comes_by_drops_is_not_waited_for() {
        let drops = stream::unfold((), |()| async {
            tokio::time::sleep(Duration::from_secs(10)).await;
            Some((Ok::<_, std::io::Error>(Bytes::from_static(b" ")), ()))
        });
        let endpoint = endpoints().next().unwrap();
        let bodies = Bodies::default();
        let outcome = receive(Body::from_stream(drops), endpoint, &bodies).await;
        assert!(matches!(outcome, Err(Error::TooSlow)), "{outcome:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_is_too_large_makes_room_while_the_rest_of_it_comes() {
        let endpoint = endpoints().next().unwrap();
        let large = Bytes::from(vec![b' '; endpoint.max_body + 1]);
        let start = stream::iter([Ok::<_, std::io::Error>(large)]);
        let bodies = Bodies::default();
        let mut ignored =
            std::pin::pin!(receive(Body::from_stream(start.chain(stream::pending())), endpoint, &bodies));
        assert!(ignored.as_mut().now_or_never().is_none(), "more of it comes");
        let next = bodies.begin();
        assert!(next.hold(64 * 1024 * 1024).now_or_never().is_none(), "its buffer is still there");
        let outcome = ignored.as_mut().now_or_never().expect("it makes room");
        assert!(matches!(outcome, Err(Error::BodyTooLarge | Error::EventTooLarge)));
        assert!(matches!(next.hold(64 * 1024 * 1024).now_or_never(), Some(Ok(()))));
    }
}
