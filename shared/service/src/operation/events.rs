//! Listing and reading events.

use http::{HeaderName, HeaderValue, header};
use jeton_api::event::{EventBody, ListEvents};
use jeton_core::{
    Error,
    event::{Event, EventRange, Feed, Order, Query, first_uuid_at, last_uuid_before, moment_of},
    id::TokenId,
    permission::Call,
    time::Timestamp,
    token::Tombstone,
};
use uuid::Uuid;

use super::event_scan::{EventScan, kept_after};
use crate::{
    authenticate::Bearer,
    http::{ApiRequest, Reply, Room, next_link},
};

/// `GET /v2/storage/events`: those of the project for members, else those that the caller caused.
pub async fn list(request: &ApiRequest, bearer: &Bearer) -> Result<Reply, Error> {
    let (feed, by) = own_feed(bearer)?;
    answer(request, &feed, |event| is_by(event, by)).await
}

/// The feed of the project for the tokens of members. For others the feed of the caller, of which only the events by the caller are theirs.
pub(super) fn own_feed(bearer: &Bearer) -> Result<(Feed, Option<TokenId>), Error> {
    bearer.caller.may_address(Call::Events, None)?;
    let (project, id) = (bearer.caller.project, bearer.caller.id);
    Ok(if bearer.caller.rank.sees_all_events() {
        (Feed::Project(project), None)
    } else {
        (Feed::Token(project, id), Some(id))
    })
}

/// Whether an event is by this token, if only those are asked for.
pub(super) fn is_by(event: &Event, by: Option<TokenId>) -> bool {
    by.is_none() || event.by.token == by
}

/// `GET /v2/storage/events/{uuid}`
pub async fn detail(request: &ApiRequest, bearer: &Bearer) -> Result<Reply, Error> {
    bearer.caller.may_address(Call::Events, None)?;
    let caller = bearer.caller.id;
    if bearer.caller.rank.sees_all_events() {
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

async fn of_object(request: &ApiRequest, bearer: &Bearer, kind: &str) -> Result<Reply, Error> {
    bearer.caller.may_address(Call::ObjectEvents, None)?;
    let feed = Feed::Object(bearer.caller.project, kind.to_owned(), request.text("object").to_owned());
    answer(request, &feed, |_| true).await
}

/// The token in the path, which is deleted, as long as its history is kept. Errors: [`Error::TokenNotFound`].
pub async fn deleted(request: &ApiRequest, bearer: &Bearer) -> Result<Tombstone, Error> {
    let id: TokenId = request.id("token")?;
    bearer.caller.may_address(Call::TokenEvents, Some(id))?;
    request.app.store.tombstone(bearer.caller.project, id).await?.ok_or(Error::TokenNotFound)
}

pub(super) async fn token_feed(request: &ApiRequest, bearer: &Bearer) -> Result<Feed, Error> {
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
    Ok(match rest.and_then(|rest| Some((next_link(request, rest)?, rest.searched_to()?))) {
        Some((link, searched)) => {
            let searched = HeaderValue::from_str(searched.wire().as_str());
            searched
                .into_iter()
                .fold(reply.with(header::LINK, link), |reply, searched| reply.with(SEARCHED_TO, searched))
        }
        None => reply,
    })
}

/// The header of a list that ends before all was searched: the time of the last event that was.
pub(super) const SEARCHED_TO: HeaderName = HeaderName::from_static("x-searched-to");

/// Where a list of events continues.
#[derive(Debug, Clone, Copy)]
pub struct Rest {
    /// The range after the last event.
    pub range: EventRange,
    /// The rest of the offset.
    pub skipping: usize,
}

impl Rest {
    /// The last event that was searched.
    pub const fn last(&self) -> Option<Uuid> {
        match self.range.order {
            Order::Descending => self.range.before,
            Order::Ascending => self.range.after,
        }
    }

    /// Its time.
    pub fn searched_to(&self) -> Option<Timestamp> {
        self.last().map(moment_of)
    }
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
            if event.is_listed_in(feed) && visible(&event) && filter.matches(&event) {
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
pub(super) struct Filter {
    component: Option<String>,
    configuration_id: Option<String>,
    run_id: Option<String>,
    query: Option<Query>,
}

impl Filter {
    pub(super) fn of(asked: ListEvents) -> Result<Self, Error> {
        let present = |text: Option<String>| text.filter(|text| !text.is_empty());
        let query = present(asked.q).map(|text| Query::parse(&text)).transpose();
        Ok(Self {
            component: present(asked.component),
            configuration_id: present(asked.configuration_id),
            run_id: present(asked.run_id),
            query: query.map_err(|error| Error::QueryNotParsed(error.to_string()))?,
        })
    }

    pub(super) fn matches(&self, event: &Event) -> bool {
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
pub(super) fn scan(asked: &ListEvents, now: Timestamp) -> Result<EventScan, Error> {
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
    let moment = |field: &'static str, text: &Option<String>| match text.as_deref() {
        None | Some("") => Ok(None),
        Some(text) => Timestamp::from_moment(text).map(Some).ok_or_else(|| {
            Error::bad_field(
                field,
                format!("{field} must be a time of RFC 3339, or a day such as 2026-01-31"),
            )
        }),
    };
    let (from, to) = (moment("from", &asked.from)?, moment("to", &asked.to)?);
    if from.zip(to).is_some_and(|(from, to)| from >= to) {
        return Err(Error::bad_field("to", "to must be after from".to_owned()));
    }
    let (since, max) = (uuid("sinceId", &asked.since_id)?, uuid("maxId", &asked.max_id)?);
    let after = [Some(kept_after(now)), since, from.map(last_uuid_before)].into_iter().flatten().max();
    let before = [max, to.map(first_uuid_at)].into_iter().flatten().min();
    Ok(EventScan::new(after, before, order))
}

/// The `Link` header of the next page.
fn next_link(request: &ApiRequest, rest: Rest) -> Option<HeaderValue> {
    next_link::next_link(&next_url(request, rest)?)
}

/// The URL of the same request from the end of this answer, with the rest of its offset.
pub fn next_url(request: &ApiRequest, rest: Rest) -> Option<String> {
    let (last, offset) = (rest.last()?, rest.skipping);
    let cursor = match rest.range.order {
        Order::Descending => "maxId",
        Order::Ascending => "sinceId",
    };
    let offset = (offset > 0).then(|| format!("offset={offset}"));
    let with = [format!("{cursor}={last}")].into_iter().chain(offset);
    Some(next_link::next_url(request, &[cursor, "offset"], with))
}
