//! Recording denied calls of authenticated tokens.

use jeton_core::{
    Error,
    event::{Event, names},
    event_context::EventContext,
    id::{ManageTokenId, TokenId},
};
use serde_json::{Map, Value, json};

use crate::{
    authenticate::{Bearer, Manager},
    endpoint::Endpoint,
    function::Function,
    http::ApiRequest,
    limits::denied_events,
};

/// Records a denied call as an event; does nothing for other errors.
///
/// The event has the route instead of the path, because a path may contain anything.
/// Errors: [`Error::Unavailable`], since a denied call must be recorded.
pub async fn record(
    request: &ApiRequest,
    bearer: &Bearer,
    endpoint: &Endpoint,
    error: &Error,
) -> Result<(), Error> {
    let reason = match error {
        Error::Forbidden(reason) => *reason,
        Error::ReadOnly => "a read-only member changes nothing",
        Error::CopySuperseded { live: true } => "a replaced copy cannot create tokens, copies or shares",
        Error::CopyEndsWithMaker => {
            "a copy that ends with the token that shared or refreshed it cannot create tokens, copies or shares"
        }
        Error::CannotShareMaster => "a master token cannot be shared",
        _ => return Ok(()),
    };
    let event_context = request.event_context(bearer.actor());
    let target = request.id::<TokenId>("token").ok().filter(|id| *id != bearer.caller.id);
    let (function, method) = (endpoint.function, endpoint.method.as_str());
    let mut event = event(&event_context, bearer, function, method, endpoint.path, reason);
    if let Some(id) = target {
        event.params.insert("token".to_owned(), json!(id.to_string()));
    }
    // The event is about the target, too, if it exists and the caller sees the project. Other callers
    // may name any id.
    if let Some(id) = target.filter(|_| bearer.caller.sees_project())
        && request.app.store.verify_item(bearer.caller.project, id).await?.is_some()
    {
        event.about = Some(id);
    }
    denied_events::remember(&request.app, event, bearer.item.shards, request.now).await
}

/// The same for a manage token: the event is in its own feed and in that of the manage token that the call is about.
pub async fn record_of_manage_token(
    request: &ApiRequest,
    manager: &Manager,
    endpoint: &Endpoint,
    error: &Error,
) -> Result<(), Error> {
    let Error::Forbidden(reason) = error else { return Ok(()) };
    let (function, method) = (endpoint.function, endpoint.method.as_str());
    let (message, params) = told(function, method, endpoint.path, reason);
    let mut event =
        request.event_context(manager.actor()).event_outside(names::ACCESS_DENIED, message, params);
    let target = request.id::<ManageTokenId>("manageToken").ok().filter(|id| *id != manager.token.id);
    if let Some(id) = target
        && request.app.store.manage_token(id).await?.is_some()
    {
        event.about_manage = Some(id);
    }
    denied_events::remember(&request.app, event, 1, request.now).await
}

/// The event of a denied call. `route` is the name from the endpoint table or the configuration, never text of a
/// client.
pub fn event(
    event_context: &EventContext,
    bearer: &Bearer,
    function: Function,
    method: &str,
    route: &str,
    reason: &str,
) -> Event {
    let (message, params) = told(function, method, route, reason);
    event_context.event_in(bearer.caller.project, names::ACCESS_DENIED, message, params)
}

fn told(function: Function, method: &str, route: &str, reason: &str) -> (String, Map<String, Value>) {
    let mut params = Map::new();
    params.insert("method".to_owned(), json!(method));
    params.insert("route".to_owned(), json!(route));
    params.insert("function".to_owned(), json!(function.name()));
    (format!("Denied {}: {reason}", function.name()), params)
}
