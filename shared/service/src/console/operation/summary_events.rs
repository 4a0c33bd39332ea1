//! What the events of a project and of its tokens say, counted for the summary of the project.

use std::collections::BTreeMap;

use jeton_core::{
    Error,
    event::{Event, Feed, Origin, moment_of, names},
    id::TokenId,
    permission::Usage,
    time::Timestamp,
};
use serde_json::Value;
use uuid::Uuid;

use crate::{
    console::page::summary::{Active, End},
    console::usage_range::Range,
    http::ApiRequest,
    operation::event_scan::{EventScan, PAGE},
};

/// What the events say.
pub struct Counted {
    /// What was before is left out.
    pub from: Timestamp,
    /// The calls.
    pub usage: Usage,
    /// What each token did.
    pub active: BTreeMap<TokenId, Active>,
    /// The tokens that were deleted or expired.
    pub ended: BTreeMap<TokenId, Ended>,
}

/// How a token ended.
pub struct Ended {
    /// Its end.
    pub end: End,
    /// When.
    pub at: Timestamp,
    /// Whether it deleted itself, which is a use of it.
    pub by_itself: bool,
}

/// A scan of the range that reads so many events and bytes.
pub fn scan(request: &ApiRequest, range: &Range, (events, bytes): (usize, usize)) -> EventScan {
    range.scan(request.now).at_most(events, bytes).for_counting()
}

/// Reads events, newest first. Returns where it ended, if there are more.
pub async fn read(
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
    pub fn of_project(&mut self, event: &Event) {
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
            active.denied = active.denied.saturating_add(times);
        } else {
            active.changes += u64::from(event.origin == Origin::System);
            active.reported += u64::from(event.origin == Origin::Posted);
        }
    }

    /// An event of a token: only its allowed questions, since the feed of the project has all others.
    pub fn of_token(&mut self, id: TokenId, event: &Event) {
        let is_allowed = event.results.get("allowed") == Some(&Value::Bool(true));
        if event.origin == Origin::Question && event.by.token == Some(id) && is_allowed {
            let at = moment_of(event.uuid);
            self.usage.allowed(at);
            let active = self.active.entry(id).or_default();
            active.saw(&event.by.name, at);
            active.allowed += 1;
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
