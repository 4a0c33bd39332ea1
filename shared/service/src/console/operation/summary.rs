//! The summary of a project: its tokens, their calls, what was denied, and who was active.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use http::StatusCode;
use jeton_core::{
    Error,
    event::{Event, Feed, Order, Origin, moment_of, names},
    id::TokenId,
    permission::{Call, Usage},
    time::{Day, Timestamp},
    token::Filter,
};
use serde_json::Value;
use uuid::Uuid;

use crate::{
    console::page::{
        self as pages,
        summary::{Active, End, Summary, Tokens},
    },
    console::session::ConsoleMember,
    console::token_list::{CHIPS, Chip, ListQuery},
    console::usage_range::Range,
    console::wire::UsageQuery,
    http::{ApiRequest, Reply},
    operation::{
        event_scan::{EventScan, MAX_EXAMINED, MAX_EXAMINED_BYTES, PAGE},
        token_page, token_search,
    },
};

/// The most tokens whose own events are read: those that were used last, and of a day those with the most other events.
const READ_TOKENS: usize = 25;

/// The most events of all of these tokens together, and their maximum size: as many again as of the project.
const OF_TOKENS: (usize, usize) = (MAX_EXAMINED, MAX_EXAMINED_BYTES);

/// How many tokens are read from the store at a time.
const TOKENS_AT_ONCE: usize = 250;

/// `GET /console/projects/{project}/summary`
pub async fn summary(request: &ApiRequest, viewer: &ConsoleMember) -> Result<Reply, Error> {
    viewer.bearer.caller.may_address(Call::List, None)?;
    viewer.bearer.caller.may_address(Call::Events, None)?;
    let range = Range::of(request.query::<UsageQuery>()?.range.as_deref());
    let from = range.from(request.now);
    let Found { tokens, known, mut used } = tokens(request, viewer, from).await?;
    let usage = Usage::new(Some(range.resolution));
    let mut counted = Counted { from, usage, active: BTreeMap::new(), ended: BTreeMap::new() };
    let counted_since = of_project(request, viewer, range, &mut counted).await?;
    let is_deleted = |id: TokenId| !tokens.is_partial && !known.contains(&id);
    let ended = counted.ended.iter().filter(|(id, _)| is_deleted(**id));
    let (by_itself, by_others): (Vec<_>, Vec<_>) = ended.partition(|(_, ended)| ended.by_itself);
    let day = |(id, ended): (&TokenId, &Ended)| (ended.at.day(), *id);
    // Only the day of a use is known: hundreds of tokens may have the latest. Changes are no sign of questions: somebody who cleans up
    // makes thousands.
    let other_events = |id: &TokenId| {
        counted.active.get(id).map_or(0, |active| active.calls.denied.saturating_add(active.reported))
    };
    let latest = |(day, id): &(Day, TokenId)| Reverse((*day, other_events(id), *id));
    used.extend(by_itself.into_iter().map(day));
    used.sort_by_cached_key(latest);
    let used_tokens = used.len();
    // Whether these were used is not known before their events are read. They come after those that were.
    used.extend(by_others.into_iter().map(day));
    used[used_tokens..].sort_by_cached_key(latest);
    let (read_tokens, calls_since) = of_tokens(request, viewer, range, &used, &mut counted).await?;
    for (_, id) in &used[read_tokens..] {
        if let Some(active) = counted.active.get_mut(id) {
            active.is_counted = false;
        }
    }
    let end_of = |id| is_deleted(id).then(|| counted.ended.get(&id).map_or(End::Deleted, |ended| ended.end));
    let mut active: Vec<_> =
        counted.active.into_iter().map(|(id, active)| (id, active, end_of(id))).collect();
    active.sort_by_key(|(id, active, _)| (Reverse(active.total()), *id));
    let summary = Summary {
        range,
        tokens,
        bars: &range.bars(request.now, &counted.usage.series),
        usage: &counted.usage,
        read_tokens,
        used_tokens,
        ended_tokens: used.len() - used_tokens,
        counted_since: counted_since.max(calls_since),
        active: &active,
        now: request.now,
    };
    Ok(Reply::page(StatusCode::OK, pages::summary::summary(viewer, &summary)))
}

/// What the events say.
struct Counted {
    /// What was before is left out.
    from: Timestamp,
    usage: Usage,
    active: BTreeMap<TokenId, Active>,
    /// The tokens that were deleted or expired.
    ended: BTreeMap<TokenId, Ended>,
}

/// How a token ended.
struct Ended {
    end: End,
    at: Timestamp,
    /// Whether it deleted itself, which is a use of it.
    by_itself: bool,
}

/// What the tokens say.
struct Found {
    tokens: Tokens,
    known: BTreeSet<TokenId>,
    /// The tokens that were used since, with the day of their last use.
    used: Vec<(Day, TokenId)>,
}

/// Counts the tokens, as the filters of the list find them.
async fn tokens(request: &ApiRequest, viewer: &ConsoleMember, since: Timestamp) -> Result<Found, Error> {
    let email = viewer.member.email.as_str();
    let filter = |(chip, ..): (Chip, &str, &str)| {
        ListQuery::default().list().toggled(chip).filter(email, request.now).parsed("")
    };
    let filters: Vec<Filter> = CHIPS.into_iter().map(filter).collect::<Result<_, _>>()?;
    let mut tokens =
        Tokens { all: 0, is_partial: false, used: 0, by_chip: CHIPS.map(|(chip, ..)| (chip, 0)) };
    let (mut known, mut used, mut after, mut bytes) = (BTreeSet::new(), Vec::new(), None, 0);
    loop {
        let at = (after, Order::Descending);
        let page = token_page::page(request, &viewer.bearer, at, TOKENS_AT_ONCE).await?;
        bytes += page.bytes;
        for token in &page.tokens {
            tokens.all += 1;
            known.insert(token.id);
            for (filter, (_, count)) in filters.iter().zip(&mut tokens.by_chip) {
                *count += u64::from(filter.matches(token));
            }
            if let Some(day) = token.last_used.filter(|day| *day >= since.day()) {
                used.push((day, token.id));
            }
        }
        after = page.last.or(after);
        if !page.more {
            break;
        }
        if tokens.all >= token_search::MAX_EXAMINED as u64 || bytes >= MAX_EXAMINED_BYTES {
            tokens.is_partial = true;
            break;
        }
    }
    tokens.used = used.len() as u64;
    Ok(Found { tokens, known, used })
}

/// Counts what the feed of the project has: changes, reported events and denied calls. Returns since when, if there is more.
async fn of_project(
    request: &ApiRequest,
    viewer: &ConsoleMember,
    range: &Range,
    counted: &mut Counted,
) -> Result<Option<Timestamp>, Error> {
    let mut scan = scan(request, range, (MAX_EXAMINED, MAX_EXAMINED_BYTES));
    let feed = Feed::Project(viewer.project.id);
    let next = read(request, &feed, &mut scan, |event| counted.of_project(event)).await?;
    Ok(next.map(moment_of))
}

/// Counts the allowed questions of the tokens that were used last. Returns of how many, and since when those of the last one
/// are counted, if it has more.
async fn of_tokens(
    request: &ApiRequest,
    viewer: &ConsoleMember,
    range: &Range,
    used: &[(Day, TokenId)],
    counted: &mut Counted,
) -> Result<(usize, Option<Timestamp>), Error> {
    let mut left = OF_TOKENS;
    for (place, (_, id)) in used.iter().take(READ_TOKENS).enumerate() {
        let mut scan = scan(request, range, left);
        let feed = Feed::Token(viewer.project.id, *id);
        let next = read(request, &feed, &mut scan, |event| counted.of_token(*id, event)).await?;
        left = scan.left();
        if let Some(next) = next {
            return Ok((place + 1, Some(moment_of(next))));
        }
    }
    Ok((used.len().min(READ_TOKENS), None))
}

fn scan(request: &ApiRequest, range: &Range, (events, bytes): (usize, usize)) -> EventScan {
    range.scan(request.now).at_most(events, bytes).for_counting()
}

/// Reads events, newest first. Returns where it ended, if there are more.
async fn read(
    request: &ApiRequest,
    feed: &Feed,
    scan: &mut EventScan,
    mut each: impl FnMut(&Event),
) -> Result<Option<Uuid>, Error> {
    while let Some(page) = scan.next(&request.app, feed, PAGE).await? {
        for event in &page.events {
            scan.passed(event);
            each(event);
        }
        if !page.more {
            return Ok(None);
        }
    }
    Ok(scan.range.before)
}

impl Counted {
    /// An event of the project. Of denied questions, the first one of a minute is one of its events, and another counts the rest.
    fn of_project(&mut self, event: &Event) {
        let denied = event.denied();
        let at = denied.map_or_else(|| moment_of(event.uuid), |(_, last)| last);
        if at < self.from {
            return;
        }
        if let Some((times, _)) = denied {
            self.usage.denied(times, None, at);
        }
        // The event of a token that ends itself names it as its author alone.
        if let (Some(end), Some(id)) = (end(event), event.about.or(event.by.token)) {
            self.ended.insert(id, Ended { end, at, by_itself: event.by.token == Some(id) });
        }
        let Some(id) = event.by.token else { return };
        let active = self.active.entry(id).or_default();
        active.saw(&event.by.name, at);
        if let Some((times, _)) = denied {
            active.calls.denied = active.calls.denied.saturating_add(times);
        } else {
            active.changes += u64::from(event.origin == Origin::System);
            active.reported += u64::from(event.origin == Origin::Posted);
        }
    }

    /// An event of a token: only its allowed questions, since the feed of the project has all others.
    fn of_token(&mut self, id: TokenId, event: &Event) {
        let is_allowed = event.results.get("allowed") == Some(&Value::Bool(true));
        if event.origin == Origin::Question && event.by.token == Some(id) && is_allowed {
            let at = moment_of(event.uuid);
            self.usage.allowed(at);
            let active = self.active.entry(id).or_default();
            active.saw(&event.by.name, at);
            active.calls.allowed += 1;
        }
    }
}

/// The end of a token that an event is about; `None` of one copy of it.
fn end(event: &Event) -> Option<End> {
    let is = |kind| event.origin == Origin::System && event.event == kind;
    if is(names::TOKEN_EXPIRED) {
        return Some(End::Expired);
    }
    (is(names::TOKEN_DELETED) && !event.params.contains_key("deletedCopy")).then_some(End::Deleted)
}
