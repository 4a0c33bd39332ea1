//! Remembering that an authenticated token was refused something.

use jeton_core::{
    Error,
    event::{Event, EventType, names},
    id::TokenId,
    occasion::Occasion,
};
use serde_json::{Map, json};

use crate::{authenticate::Bearer, endpoint::Endpoint, function::Function, http::ApiRequest, refusals};

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
        Error::CopySuperseded { live: true } => "a copy that was replaced makes no token, copy or share",
        Error::CannotShareMaster => "a master token cannot be shared",
        _ => return Ok(()),
    };
    let occasion = request.occasion(bearer.actor());
    let target = request.id::<TokenId>("token").ok().filter(|id| *id != bearer.caller.id);
    let (function, method) = (endpoint.function, endpoint.method.as_str());
    let mut event = event(&occasion, bearer, function, method, endpoint.path, reason);
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
    refusals::remember(&request.app, event, bearer.item.shards, request.now).await
}

/// The event of a refusal. `route` is what whoever set the service up calls it, never what a client
/// sent.
pub fn event(
    occasion: &Occasion,
    bearer: &Bearer,
    function: Function,
    method: &str,
    route: &str,
    reason: &str,
) -> Event {
    let mut params = Map::new();
    params.insert("method".to_owned(), json!(method));
    params.insert("route".to_owned(), json!(route));
    params.insert("function".to_owned(), json!(function.name()));
    let message = format!("Refused {}: {reason}", function.name());
    let mut event = occasion.event_in(bearer.caller.project, names::ACCESS_DENIED, message, params);
    event.r#type = EventType::Warn;
    event
}
