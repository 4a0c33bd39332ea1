//! Listing, reading and posting events.

use http::{HeaderValue, header};
use jeton_api::event::{EventBody, ListEvents, PostEvent, PostedEvent};
use jeton_core::{
    Error,
    event::{Event, EventRange, EventType, Feed, Object, Order, Origin, Query},
    id::TokenId,
    permission::{Call, Rank},
    text::trimmed,
    time::Timestamp,
};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::event_scan::{EventScan, kept_after};
use crate::{
    authenticate::Bearer,
    http::{ApiRequest, Reply, Room, next_link},
};

/// The largest body of a posted event, in bytes.
pub const MAX_EVENT: usize = 200 * 1024;

/// The largest event as it is stored, in bytes: a body at its limit and the fields that Jeton adds. A body may
/// be larger stored than sent, since a form writes control characters shorter than JSON does.
const MAX_STORED: usize = MAX_EVENT + 16 * 1024;

/// The deepest nesting of `params` and `results`: half of what the JSON parser accepts.
pub const MAX_EVENT_DEPTH: usize = 64;

/// `GET /v2/storage/events`: those of the project for masters, else those that the caller caused.
pub async fn list(request: &ApiRequest, bearer: &Bearer) -> Result<Reply, Error> {
    bearer.caller.may_address(Call::Events, None)?;
    if bearer.caller.rank == Rank::Master {
        return answer(request, &Feed::Project(bearer.caller.project), |_| true).await;
    }
    let caller = bearer.caller.id;
    answer(request, &Feed::Token(bearer.caller.project, caller), |event| event.by.token == Some(caller)).await
}

/// `GET /v2/storage/events/{uuid}`
pub async fn detail(request: &ApiRequest, bearer: &Bearer) -> Result<Reply, Error> {
    bearer.caller.may_address(Call::Events, None)?;
    let caller = bearer.caller.id;
    if bearer.caller.rank == Rank::Master {
        match one(request, &Feed::Project(bearer.caller.project), |_| true).await {
            // The caller's own questions are not in the feed of the project.
            Err(Error::EventNotFound) => {}
            found => return found,
        }
    }
    one(request, &Feed::Token(bearer.caller.project, caller), |event| event.by.token == Some(caller)).await
}

/// `GET /v2/storage/tokens/{token}/events`: by or about the token, which may be deleted already.
pub async fn of_token(request: &ApiRequest, bearer: &Bearer) -> Result<Reply, Error> {
    let feed = token_feed(request, bearer).await?;
    answer(request, &feed, |_| true).await
}

/// `GET /v2/storage/tokens/{token}/events/{uuid}`
pub async fn detail_of_token(request: &ApiRequest, bearer: &Bearer) -> Result<Reply, Error> {
    let feed = token_feed(request, bearer).await?;
    one(request, &feed, |_| true).await
}

/// `GET /v2/storage/buckets/{object}/events`
pub async fn of_bucket(request: &ApiRequest, bearer: &Bearer) -> Result<Reply, Error> {
    of_object(request, bearer, "bucket").await
}

/// `GET /v2/storage/tables/{object}/events`
pub async fn of_table(request: &ApiRequest, bearer: &Bearer) -> Result<Reply, Error> {
    of_object(request, bearer, "table").await
}

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

async fn of_object(request: &ApiRequest, bearer: &Bearer, kind: &str) -> Result<Reply, Error> {
    bearer.caller.may_address(Call::ObjectEvents, None)?;
    let feed = Feed::Object(bearer.caller.project, kind.to_owned(), request.text("object").to_owned());
    answer(request, &feed, |_| true).await
}

async fn token_feed(request: &ApiRequest, bearer: &Bearer) -> Result<Feed, Error> {
    let id: TokenId = request.id("token")?;
    bearer.caller.may_address(Call::TokenEvents, Some(id))?;
    let (store, project) = (&request.app.store, bearer.caller.project);
    let known = id == bearer.caller.id
        || store.verify_item(project, id).await?.is_some()
        || store.tombstone(project, id).await?.is_some();
    if known { Ok(Feed::Token(project, id)) } else { Err(Error::TokenNotFound) }
}

/// One event of a feed. Errors: [`Error::EventNotFound`].
pub async fn one(
    request: &ApiRequest,
    feed: &Feed,
    visible: impl Fn(&Event) -> bool,
) -> Result<Reply, Error> {
    let uuid: Uuid = request.text("uuid").parse().map_err(|_| Error::EventNotFound)?;
    let event = request.app.store.event(feed, uuid).await?;
    let kept = event.filter(|event| event.created > request.now.retention_start() && visible(event));
    let event = kept.ok_or(Error::EventNotFound)?;
    Ok(Reply::ok(&EventBody::new(event, &request.app.public_url)))
}

/// The answer with the requested events of a feed.
pub async fn answer(
    request: &ApiRequest,
    feed: &Feed,
    visible: impl Fn(&Event) -> bool,
) -> Result<Reply, Error> {
    let (mut body, mut room) = (b"[".to_vec(), Room::reserved(request).await?);
    let rest = select(request, feed, request.query()?, visible, |event| {
        let begin = body.len();
        if begin > 1 {
            body.push(b',');
        }
        let written = body.len();
        serde_json::to_writer(&mut body, &EventBody::new(event, &request.app.public_url))
            .map_err(|error| Error::Internal(error.to_string()))?;
        let fits = body.get(written..).is_some_and(|part| room.takes(part));
        if !fits {
            body.truncate(begin);
        }
        Ok(fits)
    })
    .await?;
    body.push(b']');
    let reply = room.holds(Reply::written_json(body));
    Ok(match rest.and_then(|rest| next_link(request, rest)) {
        Some(link) => reply.with(header::LINK, link),
        None => reply,
    })
}

/// Where a list of events continues.
#[derive(Debug, Clone, Copy)]
pub struct Rest {
    /// The range after the last event.
    pub range: EventRange,
    /// The rest of the offset.
    pub skipping: usize,
}

/// Passes the requested events to `takes`, one by one, until it returns false because the answer is full.
/// Returns where to continue if there may be more.
pub async fn select(
    request: &ApiRequest,
    feed: &Feed,
    asked: ListEvents,
    visible: impl Fn(&Event) -> bool,
    mut takes: impl FnMut(Event) -> Result<bool, Error>,
) -> Result<Option<Rest>, Error> {
    let wanted = bounded("limit", asked.limit.unwrap_or(100), 1)?;
    let mut skipping = bounded("offset", asked.offset.unwrap_or(0), 0)?;
    let mut scan = scan(&asked, request.now)?;
    let filter = Filter::of(asked)?;
    let (mut listed, mut more) = (0, true);
    while more && listed < wanted {
        let at_most = (wanted - listed + skipping).max(100);
        let Some(page) = scan.next(&request.app, feed, at_most).await? else { break };
        more = page.more;
        let mut events = page.events.into_iter().peekable();
        while let Some(event) = events.next_if(|_| listed < wanted) {
            let mut passed = scan;
            passed.passed(&event);
            if visible(&event) && filter.matches(&event) {
                if skipping > 0 {
                    skipping -= 1;
                } else if takes(event)? {
                    listed += 1;
                } else {
                    return Ok(Some(Rest { range: scan.range, skipping }));
                }
            }
            scan = passed;
        }
        more |= events.peek().is_some();
    }
    Ok(more.then_some(Rest { range: scan.range, skipping }))
}

/// The filter of a list of events.
struct Filter {
    component: Option<String>,
    configuration_id: Option<String>,
    run_id: Option<String>,
    query: Option<Query>,
}

impl Filter {
    fn of(asked: ListEvents) -> Result<Self, Error> {
        let present = |text: Option<String>| text.filter(|text| !text.is_empty());
        let query = present(asked.q).map(|text| Query::parse(&text)).transpose();
        Ok(Self {
            component: present(asked.component),
            configuration_id: present(asked.configuration_id),
            run_id: present(asked.run_id),
            query: query.map_err(|error| Error::QueryNotParsed(error.0))?,
        })
    }

    fn matches(&self, event: &Event) -> bool {
        let same = |wanted: &Option<String>, is: Option<&str>| wanted.is_none() || wanted.as_deref() == is;
        same(&self.component, Some(&event.component))
            && same(&self.configuration_id, event.configuration_id.as_deref())
            && self
                .run_id
                .as_deref()
                .is_none_or(|run| event.run_id.as_deref().is_some_and(|of| belongs(of, run)))
            && self.query.as_ref().is_none_or(|query| query.matches(event))
    }
}

/// Whether a run is the given one, or a run within it: `7.8` is one of `7`.
fn belongs(run: &str, whole: &str) -> bool {
    run.strip_prefix(whole).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

fn bounded(field: &'static str, value: i64, least: usize) -> Result<usize, Error> {
    let within = usize::try_from(value).ok().filter(|value| (least..=10_000).contains(value));
    within.ok_or_else(|| Error::bad_field(field, format!("{field} must be from {least} to 10000")))
}

/// A scan of the requested part of the feed that is still kept.
fn scan(asked: &ListEvents, now: Timestamp) -> Result<EventScan, Error> {
    let uuid = |field: &'static str, text: &Option<String>| match text.as_deref() {
        None | Some("") => Ok(None),
        Some(text) => Uuid::parse_str(text)
            .map(Some)
            .map_err(|_| Error::bad_field(field, format!("{field} must be a uuid"))),
    };
    let order = match asked.sort_order.as_deref() {
        None | Some("" | "desc") => Order::Descending,
        Some("asc") => Order::Ascending,
        Some(_) => return Err(Error::bad_field("sortOrder", "sortOrder must be asc or desc")),
    };
    let (kept, since) = (kept_after(now), uuid("sinceId", &asked.since_id)?);
    let after = Some(since.map_or(kept, |since| since.max(kept)));
    Ok(EventScan::new(after, uuid("maxId", &asked.max_id)?, order))
}

/// The `Link` header of the next page.
fn next_link(request: &ApiRequest, rest: Rest) -> Option<HeaderValue> {
    next_link::next_link(&next_url(request, rest)?)
}

/// The URL of the same request from the end of this answer, with the rest of its offset.
pub fn next_url(request: &ApiRequest, rest: Rest) -> Option<String> {
    let Rest { range, skipping: offset } = rest;
    let (cursor, last) = match range.order {
        Order::Descending => ("maxId", range.before?),
        Order::Ascending => ("sinceId", range.after?),
    };
    let offset = (offset > 0).then(|| format!("offset={offset}"));
    let with = [format!("{cursor}={last}")].into_iter().chain(offset);
    Some(next_link::next_url(request, &[cursor, "offset"], with))
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
