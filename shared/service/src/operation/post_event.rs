//! Posting events.

use jeton_api::event::{PostEvent, PostedEvent};
use jeton_core::{
    Error,
    event::{Event, EventType, Object, Origin},
    permission::Call,
    text::trimmed,
};
use serde_json::{Map, Value, json};

use crate::{
    authenticate::Bearer,
    http::{ApiRequest, Reply},
};

/// The largest body of a posted event, in bytes.
pub const MAX_EVENT: usize = 200 * 1024;

/// The largest event as it is stored, in bytes: a body at its limit and the fields that Jeton adds. A body may
/// be larger stored than sent, since a form writes control characters shorter than JSON does.
const MAX_STORED: usize = MAX_EVENT + 16 * 1024;

/// The deepest nesting of `params` and `results`: half of what the JSON parser accepts.
pub const MAX_EVENT_DEPTH: usize = 64;

/// `POST /v2/storage/events`
pub async fn post(request: &ApiRequest, bearer: &Bearer) -> Result<Reply, Error> {
    bearer.caller.may_address(Call::PostEvent, None)?;
    let posted: PostEvent = request.body()?;
    let (event, bytes) = posted_event(request, bearer, posted)?;
    let quota = request.app.event_quota();
    quota.take_posted(bearer.caller.project, bearer.caller.id, bytes, request.now).await?;
    request.app.store.append(&event, bearer.item.shards).await?;
    let uuid = event.uuid.to_string();
    Ok(Reply::created(&PostedEvent { id: uuid.clone(), uuid }))
}

/// The event, and its size in bytes as it is stored.
fn posted_event(request: &ApiRequest, bearer: &Bearer, posted: PostEvent) -> Result<(Event, usize), Error> {
    let present = |text: Option<String>| text.filter(|text| !text.is_empty());
    let short = |field: &'static str, text: Option<String>| match present(text) {
        Some(text) if text.chars().count() > 200 => {
            Err(Error::bad_field(field, format!("{field} must have at most 200 characters")))
        }
        text => Ok(text),
    };
    let required = |field: &'static str, text: Option<String>| {
        let seen = text.filter(|text| !trimmed(text).is_empty());
        seen.ok_or_else(|| Error::bad_field(field, format!("{field} must be set")))
    };
    let component = required("component", short("component", posted.component)?)?;
    let message = required("message", present(posted.message))?;
    let configuration_id = short("configurationId", posted.configuration_id)?;
    let kind = match present(posted.r#type) {
        None => EventType::Info,
        Some(text) => EventType::parse(&text)
            .ok_or_else(|| Error::bad_field("type", "type must be info, success, warn or error"))?,
    };
    let object = Object {
        r#type: short("objectType", posted.object_type)?,
        id: short("objectId", posted.object_id)?,
        name: short("objectName", posted.object_name)?,
    };
    let name = format!("ext.{component}.{}", configuration_id.as_deref().unwrap_or_default());
    let event_context = request.event_context(bearer.actor());
    let mut event = event_context.event_named(Some(bearer.caller.project), &name, message, Map::new());
    event.component = component;
    event.description = posted.description.unwrap_or_default();
    event.r#type = kind;
    event.run_id = short("runId", posted.run_id)?.or(event.run_id);
    event.configuration_id = configuration_id;
    event.object = (object != Object::default()).then_some(object);
    event.params = not_too_deep("params", posted.params)?;
    event.results = not_too_deep("results", posted.results)?;
    if let Some(duration) = posted.duration {
        event.performance.insert("duration".to_owned(), json!(duration));
    }
    event.origin = Origin::Posted;
    let stored = serde_json::to_vec(&event).map_or(usize::MAX, |stored| stored.len());
    if stored > MAX_STORED {
        return Err(Error::EventTooLarge);
    }
    Ok((event, stored))
}

/// Rejects objects that could be stored but not read again.
fn not_too_deep(field: &str, object: Option<Map<String, Value>>) -> Result<Map<String, Value>, Error> {
    fn fits(value: &Value, depth: usize) -> bool {
        match value {
            Value::Array(_) | Value::Object(_) if depth == 0 => false,
            Value::Array(items) => items.iter().all(|item| fits(item, depth - 1)),
            Value::Object(map) => map.values().all(|item| fits(item, depth - 1)),
            _ => true,
        }
    }
    let object = object.unwrap_or_default();
    // The object itself is the first level.
    if object.values().all(|value| fits(value, MAX_EVENT_DEPTH - 1)) {
        Ok(object)
    } else {
        Err(Error::bad_field(field, format!("{field} must be nested at most {MAX_EVENT_DEPTH} levels deep")))
    }
}
