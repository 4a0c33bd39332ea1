//! Remembering that an authenticated token was refused something.

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

/// Has a refusal remembered; does nothing for any other outcome.
///
/// The event names the route, not the path: a path may hold anything.
/// Errors: [`Error::Unavailable`], since a refusal that cannot be remembered must not go unnoticed.
pub async fn record(
    request: &ApiRequest,
    bearer: &Bearer,
    endpoint: &Endpoint,
    error: &Error,
) -> Result<(), Error> {
    let reason = match error {
        Error::Forbidden(reason) => *reason,
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
    // The refusal is part of the target's history too. Only a manager got as far as a target that is
    // known to be there; anyone else may have named any id.
    if let Some(id) = target.filter(|_| bearer.caller.sees_project())
        && request.app.store.verify_item(bearer.caller.project, id).await?.is_some()
    {
        event.about = Some(id);
    }
    denied_events::remember(&request.app, event, bearer.item.shards, request.now).await
}

/// The same for a manage token, whose refusals are in its own history and in that of the manage token it asked about.
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

/// The event of a refusal. `route` is what whoever set the service up calls it, never what a client
/// sent.
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
    (format!("Refused {}: {reason}", function.name()), params)
}
