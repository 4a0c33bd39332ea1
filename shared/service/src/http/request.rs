//! The request that operations get.

use std::{
    net::IpAddr,
    str::FromStr,
    sync::{Arc, OnceLock},
};

use bytes::Bytes;
use http::{Extensions, HeaderMap, Method, Uri};
use jeton_core::{
    Error,
    event_context::{Actor, Context, EventContext},
    id::{ManageTokenId, ProjectId, TokenId},
    permission::ComponentId,
    secret::{holds_token, redacted},
    store::{Revocable, Write},
    time::Timestamp,
};
use serde::de::DeserializeOwned;

use super::{
    Peer,
    context::{Trusted, context, remote_addr},
    header::text,
};
use crate::{
    app::App,
    idempotency::Keyed,
    limits::{answers::AnswerRoom, throttle},
    retry::{Attempts, RetryPolicy},
    telemetry::Presented,
    wire::form,
};

/// A request with its route and its received body.
pub struct ApiRequest {
    /// The application state.
    pub app: Arc<App>,
    /// The time of the call.
    pub now: Timestamp,
    /// The method.
    pub method: Method,
    /// The URI, for its query.
    pub uri: Uri,
    /// The headers.
    pub headers: HeaderMap,
    /// The parameters of the route, percent-decoded.
    pub path: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
    /// The idempotency key, if the endpoint supports one and the call has one.
    pub keyed: Option<Keyed>,
    /// The idempotency record that each commit of the request has, if it is a part of one ([`Self::about`]).
    pub part: Option<Write>,
    /// The conflicts with other writers so far, for retries.
    pub attempts: Attempts,
    /// The caller, once authenticated.
    pub caller: OnceLock<Presented>,
    /// The connection of the request, if this process has it.
    pub peer: Option<Peer>,
    /// The extensions of the runtime: the peer, or the gateway.
    pub extensions: Extensions,
}

impl ApiRequest {
    /// A path parameter that is an id. Errors: [`Error::NoRoute`] for an invalid id.
    pub fn id<T: FromStr>(&self, name: &str) -> Result<T, Error> {
        self.text(name).parse().map_err(|_| Error::NoRoute)
    }

    /// A path parameter that is a component. Errors: [`Error::NoRoute`].
    pub fn component(&self, name: &str) -> Result<ComponentId, Error> {
        ComponentId::parse(self.name(name)?).map_err(|_| Error::NoRoute)
    }

    /// A path parameter that is a name, unchanged: names are stored, so one with a token in it is invalid.
    ///
    /// Errors: [`Error::NoRoute`].
    pub fn name(&self, name: &str) -> Result<&str, Error> {
        let text = self.text(name);
        if holds_token(text) { Err(Error::NoRoute) } else { Ok(text) }
    }

    /// A path parameter, unchanged.
    pub fn text(&self, name: &str) -> &str {
        self.path.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// Deserializes the body, JSON or form.
    pub fn body<T: DeserializeOwned>(&self) -> Result<T, Error> {
        form::read_body(&self.headers, &self.body)
    }

    /// Deserializes the query.
    pub fn query<T: DeserializeOwned>(&self) -> Result<T, Error> {
        form::read_query(self.uri.query().unwrap_or_default())
    }

    /// The event context of this call.
    pub fn event_context(&self, actor: Actor) -> EventContext {
        EventContext {
            context: self.context(),
            run_id: run_id(&self.headers),
            ..self.app.event_context(self.now, actor)
        }
    }

    /// The context of the call: where it came from. Built on demand, since most calls do not need it.
    pub fn context(&self) -> Context {
        let path = self.uri.path();
        context(&self.headers, path, self.peer.as_ref(), &self.extensions, self.trusted())
    }

    /// The client address of the call, as in its context.
    pub fn remote_addr(&self) -> Option<String> {
        remote_addr(&self.headers, self.peer.as_ref(), &self.extensions, self.trusted())
    }

    fn trusted(&self) -> Trusted<'_> {
        Trusted { proxies: &self.app.trusted_proxies, edge: self.app.edge.as_ref() }
    }

    /// The source of the call, as the rate limit counts it; `None` for this machine.
    pub fn source(&self) -> Option<IpAddr> {
        match &self.peer {
            Some(peer) if self.app.trusted_proxies.is_empty() => peer.source(),
            _ => throttle::source(&self.remote_addr()?),
        }
    }

    /// Gives this request priority over other changes of this token until it is answered: it takes rights away.
    pub fn prioritize(&self, project: ProjectId, token: TokenId) {
        self.attempts.prioritize(&self.app.throttle.changes, Revocable::Token(project, token));
    }

    /// The same for a manage token.
    pub fn prioritize_manage_token(&self, id: ManageTokenId) {
        self.attempts.prioritize(&self.app.throttle.changes, Revocable::ManageToken(id));
    }

    /// A request about one token within this one: with the caller and the origin of this one, without a body, and with attempts of its
    /// own. `part` is a condition of what it commits.
    #[must_use]
    pub fn about(&self, token: TokenId, part: Option<Write>) -> Self {
        Self {
            app: Arc::clone(&self.app),
            now: self.now,
            method: self.method.clone(),
            uri: self.uri.clone(),
            headers: self.headers.clone(),
            path: vec![("token".to_owned(), token.to_string())],
            body: Bytes::new(),
            keyed: None,
            part,
            attempts: Attempts::new(RetryPolicy::Backoff),
            caller: self.caller.clone(),
            peer: self.peer.clone(),
            extensions: self.extensions.clone(),
        }
    }

    /// Stores the caller. A call has one caller, even if it is authenticated again.
    pub fn presents(&self, caller: Presented) {
        let _ = self.caller.set(caller);
    }

    /// Reserves memory for an answer of this size. Errors: [`Error::Overloaded`] after the timeout.
    pub async fn room_for(&self, bytes: usize) -> Result<AnswerRoom, Error> {
        let (caller, connection) =
            (self.caller.get().copied(), self.peer.as_ref().map(|peer| peer.connection().clone()));
        self.app.concurrency.answers.room(caller, connection, bytes).await
    }

    /// Whether the client prefers a page to JSON.
    pub fn wants_page(&self) -> bool {
        wants_page(&self.headers)
    }
}

/// Whether a client prefers a page to JSON.
pub fn wants_page(headers: &HeaderMap) -> bool {
    let accept = headers.get(http::header::ACCEPT).and_then(|value| value.to_str().ok());
    accept.is_some_and(|accept| accept.contains("text/html") && !accept.starts_with("application/json"))
}

/// The run in the headers of a call.
pub fn run_id(headers: &HeaderMap) -> Option<String> {
    let run_id = headers.get("x-kbc-runid").map(text);
    run_id.map(|id| redacted(&id).chars().take(200).collect::<String>()).filter(|id| !id.is_empty())
}
