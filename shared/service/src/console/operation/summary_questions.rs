//! The questions of tokens in the summary of a project, and the names of those that left no other event.

use std::collections::BTreeMap;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jeton_core::{
    Error,
    event::{EventPage, Feed, moment_of},
    id::TokenId,
    time::{Day, Timestamp},
};

use super::summary_events::{Counted, read, scan};
use crate::{
    console::page::summary::{Active, End, SHOWN},
    console::session::ConsoleMember,
    console::usage_range::Range,
    http::ApiRequest,
    operation::event_scan::{EventScan, MAX_EXAMINED, MAX_EXAMINED_BYTES, PAGE},
};

/// The most tokens whose own events are read.
const READ_TOKENS: usize = 100;

/// The most events of all of these tokens together, and their maximum size: half of what is read of the project, so that the page takes no
/// longer than others (`./bench pages`).
const OF_TOKENS: (usize, usize) = (MAX_EXAMINED / 2, MAX_EXAMINED_BYTES / 2);

/// How many tokens are read at a time.
const AT_ONCE: usize = 8;

/// Counts the allowed questions of the first of these tokens. They have equal shares of the limits, so that a busy token does not hide
/// the others; what they leave is for those that have more. Returns the tokens that it read, and since when, if they have more.
pub async fn of_tokens(
    request: &ApiRequest,
    viewer: &ConsoleMember,
    range: &Range,
    used: &[(Day, TokenId)],
    counted: &mut Counted,
) -> Result<BTreeMap<TokenId, Option<Timestamp>>, Error> {
    let used = &used[..used.len().min(READ_TOKENS)];
    let of_each = |(events, bytes), tokens: usize| (events / tokens.max(1), bytes / tokens.max(1));
    let share = of_each(OF_TOKENS, used.len());
    let feed = |id| Feed::Token(viewer.project.id, id);
    // A list, since the compiler does not see that a stream of closures may be sent between threads.
    let first: Vec<_> =
        used.iter().map(|(_, id)| first_page(request, *id, feed(*id), scan(request, range, share))).collect();
    let mut first = stream::iter(first).buffered(AT_ONCE);
    let (mut all, mut unread, mut left) = (BTreeMap::new(), Vec::new(), (0, 0));
    while let Some((id, mut scan, page)) = first.try_next().await? {
        let has_more = page.as_ref().is_none_or(|page| page.more);
        for event in page.iter().flat_map(|page| &page.events) {
            scan.passed(event);
            counted.of_token(id, event);
        }
        let (events, bytes) = scan.left();
        left = (left.0 + events, left.1 + bytes);
        all.insert(id, None);
        if has_more {
            unread.push((id, scan));
        }
    }
    let mut others = unread.len();
    for (id, scan) in unread {
        let share = of_each(left, others);
        let mut scan = scan.at_most(share.0, share.1);
        let next = read(request, &feed(id), &mut scan, |event| counted.of_token(id, event)).await?;
        let (events, bytes) = scan.left();
        left = (left.0 - share.0 + events, left.1 - share.1 + bytes);
        others -= 1;
        all.insert(id, next.map(moment_of));
    }
    Ok(all)
}

/// The first page of the events of a token.
async fn first_page(
    request: &ApiRequest,
    id: TokenId,
    feed: Feed,
    mut scan: EventScan,
) -> Result<(TokenId, EventScan, Option<EventPage>), Error> {
    let page = scan.next(&request.app, &feed, PAGE).await?;
    Ok((id, scan, page))
}

/// Names the shown tokens that have no event which names them.
pub async fn name(
    request: &ApiRequest,
    viewer: &ConsoleMember,
    active: &mut [(TokenId, Active, Option<End>)],
) {
    let unnamed = active.iter_mut().take(SHOWN).filter(|(_, active, _)| active.last.is_none());
    for (id, active, _) in unnamed {
        // A record that cannot be read has no name, and its row is shown without one.
        if let Ok(Some(token)) = request.app.store.token(viewer.project.id, *id).await {
            active.name.clone_from(&token.identity.description);
        }
    }
}
