//! A request as operations see it.

use std::{
    str::FromStr,
    sync::{Arc, OnceLock},
};

use bytes::Bytes;
use http::{Extensions, HeaderMap, Method, Uri};
use jeton_core::{
    Error,
    event_context::{Actor, Context, EventContext},
    id::{ProjectId, TokenId},
    permission::ComponentId,
    secret::{holds_token, redacted},
    time::Timestamp,
};
use serde::de::DeserializeOwned;

use super::{
    context::{context, remote_addr},
    header::text,
};
use crate::{
    app::App,
    idempotency::Keyed,
    limits::answers::{AnswerRoom, Connection},
    retry::Attempts,
    telemetry::Presented,
    wire::form,
};

/// A request whose route is known and whose body has been received.
pub struct ApiRequest {
    /// What every operation works with.
    pub app: Arc<App>,
    /// The moment this call counts as happening.
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
    /// The key by which its answer can be had once more, where the endpoint knows such.
    pub keyed: Option<Keyed>,
    /// How often it has met other writers, in all that it does.
    pub attempts: Attempts,
    /// Who makes the call, once they are authenticated.
    pub caller: OnceLock<Presented>,
    /// The connection it came on, if it came on one of ours.
    pub connection: Option<Connection>,
    /// What the runtime says of the call: its peer, or its gateway.
    pub extensions: Extensions,
}

impl ApiRequest {
    /// A parameter of the route that is an id. Errors: [`Error::NoRoute`] when it is none in form.
    pub fn id<T: FromStr>(&self, name: &str) -> Result<T, Error> {
        self.text(name).parse().map_err(|_| Error::NoRoute)
    }

    /// A parameter of the route that names a component. Errors: [`Error::NoRoute`].
    pub fn component(&self, name: &str) -> Result<ComponentId, Error> {
        ComponentId::parse(self.name(name)?).map_err(|_| Error::NoRoute)
    }

    /// A parameter of the route that is a name, as it is: names are stored, so none has a token in it.
    ///
    /// Errors: [`Error::NoRoute`].
    pub fn name(&self, name: &str) -> Result<&str, Error> {
        let text = self.text(name);
        if holds_token(text) { Err(Error::NoRoute) } else { Ok(text) }
    }

    /// A parameter of the route, as it is.
    pub fn text(&self, name: &str) -> &str {
        self.path.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// The body, JSON or form, read into what an operation expects.
    pub fn body<T: DeserializeOwned>(&self) -> Result<T, Error> {
        form::read_body(&self.headers, &self.body)
    }

    /// The query, read into what an operation expects.
    pub fn query<T: DeserializeOwned>(&self) -> Result<T, Error> {
        form::read_query(self.uri.query().unwrap_or_default())
    }

    /// The event context of what this call does.
    pub fn event_context(&self, actor: Actor) -> EventContext {
        EventContext {
            context: self.context(),
            run_id: run_id(&self.headers),
            ..self.app.event_context(self.now, actor)
        }
    }

    /// Where the call came from. Made when it is asked for: most calls leave nothing that tells it.
    pub fn context(&self) -> Context {
        let path = self.uri.path();
        context(&self.headers, path, &self.extensions, &self.app.trusted_proxies)
    }

    /// The address that the call came from, as its context has it.
    pub fn remote_addr(&self) -> Option<String> {
        remote_addr(&self.headers, &self.extensions, &self.app.trusted_proxies)
    }

    /// Has this request go before others that change this token, until it is answered: it takes rights away.
    pub fn prioritize(&self, project: ProjectId, token: TokenId) {
        self.attempts.prioritize(&self.app.throttle.changes, project, token);
    }

    /// Remembers who makes the call. One call has one caller, however often that is asked again.
    pub fn presents(&self, caller: Presented) {
        let _ = self.caller.set(caller);
    }

    /// Room for an answer of so many bytes. Errors: [`Error::Overloaded`] when there is none soon.
    pub async fn room_for(&self, bytes: usize) -> Result<AnswerRoom, Error> {
        let (caller, connection) = (self.caller.get().copied(), self.connection.clone());
        self.app.concurrency.answers.room(caller, connection, bytes).await
    }

    /// Whether the client would rather read a page than JSON.
    pub fn wants_page(&self) -> bool {
        wants_page(&self.headers)
    }
}

/// Whether a client would rather read a page than JSON.
pub fn wants_page(headers: &HeaderMap) -> bool {
    let accept = headers.get(http::header::ACCEPT).and_then(|value| value.to_str().ok());
    accept.is_some_and(|accept| accept.contains("text/html") && !accept.starts_with("application/json"))
}

/// The run that a caller says it belongs to.
pub fn run_id(headers: &HeaderMap) -> Option<String> {
    let run_id = headers.get("x-kbc-runid").map(text);
    run_id.map(|id| redacted(&id).chars().take(200).collect::<String>()).filter(|id| !id.is_empty())
}
