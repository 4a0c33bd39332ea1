//! Remembering that an authenticated token was refused something.

use jeton_core::{
    Error,
    event::{EventType, names},
    id::TokenId,
};
use serde_json::{Map, json};

use crate::{authenticate::Bearer, endpoint::Endpoint, http::ApiRequest};

/// Stores an event for a refusal; does nothing for any other outcome.
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
        Error::CannotShareMaster => "a master token cannot be shared",
        _ => return Ok(()),
    };
    let occasion = request.occasion(bearer.actor());
    let mut params = Map::new();
    params.insert("method".to_owned(), json!(endpoint.method.as_str()));
    params.insert("route".to_owned(), json!(endpoint.path));
    params.insert("function".to_owned(), json!(endpoint.function.name()));
    let target = request.id::<TokenId>("token").ok().filter(|id| *id != bearer.caller.id);
    if let Some(id) = target {
        params.insert("token".to_owned(), json!(id.to_string()));
    }
    let message = format!("Refused {}: {reason}", endpoint.function.name());
    let mut event = occasion.event_in(bearer.caller.project, names::ACCESS_DENIED, message, params);
    event.r#type = EventType::Warn;
    // The refusal is part of the target's history too. Only a manager got as far as a target that is
    // known to be there; anyone else may have named any id.
    if let Some(id) = target.filter(|_| bearer.caller.sees_project())
        && request.app.store.verify_item(bearer.caller.project, id).await?.is_some()
    {
        event.about = Some(id);
    }
    request.app.store.append(&event, bearer.item.shards).await?;
    Ok(())
}
