//! The summary of a project: its tokens, their calls, what was denied, and who was active.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use http::StatusCode;
use jeton_core::{
    Error,
    event::{Feed, Order, moment_of},
    id::TokenId,
    permission::{Call, Usage},
    time::{Day, Timestamp},
    token::Filter,
};

use super::{
    summary_events::{Counted, Ended, read, scan},
    summary_questions as questions,
};
use crate::{
    console::page::{
        self as pages,
        summary::{End, Summary, Tokens},
    },
    console::session::ConsoleMember,
    console::token_list::{CHIPS, Chip, ListQuery},
    console::usage_range::Range,
    console::wire::UsageQuery,
    http::{ApiRequest, Reply},
    operation::{
        event_scan::{MAX_EXAMINED, MAX_EXAMINED_BYTES},
        token_page, token_search,
    },
};

/// How many tokens are read from the store at a time.
const TOKENS_AT_ONCE: usize = 250;

/// `GET /console/projects/{project}/summary`
pub async fn summary(request: &ApiRequest, viewer: &ConsoleMember) -> Result<Reply, Error> {
    viewer.bearer.caller.may_address(Call::List, None)?;
    viewer.bearer.caller.may_address(Call::Events, None)?;
    let range = Range::of(request.query::<UsageQuery>()?.range.as_deref());
    let from = range.from(request.now);
    // Before the events: a token that is deleted meanwhile is among these, or its end is among the events.
    let Found { tokens, known, mut used } = tokens(request, viewer, from).await?;
    let usage = Usage::new(Some(range.resolution));
    let mut counted = Counted { from, usage, active: BTreeMap::new(), ended: BTreeMap::new() };
    let denied_since = of_project(request, viewer, range, &mut counted).await?;
    let is_deleted = |id: TokenId| !tokens.is_partial && !known.contains(&id);
    let ended = counted.ended.iter().filter(|(id, _)| is_deleted(**id));
    let (by_itself, by_others): (Vec<_>, Vec<_>) = ended.partition(|(_, ended)| ended.by_itself);
    let day = |(id, ended): (&TokenId, &Ended)| (ended.at.day(), *id);
    used.extend(by_itself.into_iter().map(day));
    used.sort_by_cached_key(latest);
    let used_tokens = used.len();
    for (day, id) in &used {
        counted.active.entry(*id).or_default().used_on = Some(*day);
    }
    // Whether these were used is not known before their events are read. They come after those that were.
    used.extend(by_others.into_iter().map(day));
    used[used_tokens..].sort_by_cached_key(latest);
    let read = questions::of_tokens(request, viewer, range, &used, &mut counted).await?;
    // Of a token that was not found, nothing says whether it asked.
    let unread: BTreeSet<TokenId> = used.iter().skip(read.len()).map(|(_, id)| *id).collect();
    for (id, active) in &mut counted.active {
        active.is_counted = match read.get(id) {
            Some(cut) => cut.is_none(),
            None => !tokens.is_partial && !unread.contains(id),
        };
    }
    let end_of = |id| is_deleted(id).then(|| counted.ended.get(&id).map_or(End::Deleted, |ended| ended.end));
    let mut active: Vec<_> =
        counted.active.into_iter().map(|(id, active)| (id, active, end_of(id))).collect();
    active.sort_by_key(|(id, active, _)| (Reverse(active.total()), Reverse(active.used_on), *id));
    questions::name(request, viewer, &mut active).await;
    let summary = Summary {
        range,
        bars: &range.bars(request.now, &counted.usage.series),
        usage: &counted.usage,
        read_tokens: read.len(),
        used_tokens,
        ended_tokens: used.len() - used_tokens,
        is_partial: tokens.is_partial,
        tokens,
        denied_since,
        counted_since: read.into_values().flatten().max().max(denied_since),
        active: &active,
        now: request.now,
    };
    Ok(Reply::page(StatusCode::OK, pages::summary::summary(viewer, &summary)))
}

/// The order in which tokens are read: the latest day first. Only the day of a use is known, and thousands of tokens may have the same. No
/// sign says which of them asked much: one that is denied, or changes much, may ask little, and so may a new one. So the random
/// bits of its id decide, which are the last ones.
fn latest((day, id): &(Day, TokenId)) -> Reverse<(Day, u64)> {
    Reverse((*day, id.number().reverse_bits()))
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
    let filter = |(chip, ..): (Chip, &str, &str)| {
        ListQuery::default().list().toggled(chip).filter(&viewer.member, request.now)
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
