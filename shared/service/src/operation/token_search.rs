//! Searching the tokens of a project: filtered and sorted, within the limits of one call.
//!
//! The store reads tokens in the order of their ids, page by page. A search in that order ends once its part of the list is full, or
//! at the limits of one call. Any other order, and a count, takes all tokens of the project. Memory depends on the part, not on the
//! project.

use jeton_api::token::TokenBody;
use jeton_core::{
    Error,
    event::Order,
    token::{Filter, Place, Selection, Sort, SortBy, Token},
};

use super::{event_scan::MAX_EXAMINED_BYTES, sharers::Sharers, token_page};
use crate::{authenticate::Bearer, http::ApiRequest};

/// The most tokens that a search in the order of creation reads.
pub const MAX_EXAMINED: usize = 10_000;

/// The most tokens of a project that is sorted by another field, or counted.
pub const MAX_PROJECT: usize = 100_000;

/// The most bytes of stored tokens of such a project.
pub const MAX_PROJECT_BYTES: usize = 128 << 20;

/// The most bytes of the answer with a part of a list. It holds one token in any case.
pub const MAX_PART_BYTES: usize = 2_000_000;

/// How many tokens are read from the store at a time: mostly a little less than the bytes of a page, since DynamoDB counts what it reads
/// beyond them.
const PAGE: usize = 250;

/// A search.
#[derive(Debug)]
pub struct TokenSearch {
    /// Which tokens.
    pub filter: Filter,
    /// In which order.
    pub sort: Sort,
    /// The place to continue after.
    pub after: Option<Place>,
    /// At most so many tokens.
    pub limit: usize,
    /// Whether to count all that match.
    pub count: Count,
}

/// Whether to count all tokens that match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    /// No.
    No,
    /// If the project has no more tokens than a search in the order of creation reads, or if it is read as a whole anyway.
    IfSmall,
    /// Yes. A project that is too large for it is an error.
    Yes,
}

/// A part of a list.
#[derive(Debug)]
pub struct Found {
    /// The tokens, in order.
    pub tokens: Vec<Token>,
    /// The cursor of the next part, if there may be one.
    pub next: Option<String>,
    /// How many match, if they were counted.
    pub count: Option<usize>,
    /// How many of them are not after the place to continue after, if they were counted.
    pub before: Option<usize>,
}

/// Searches the project of the caller. A caller who does not see it finds itself at most.
///
/// Errors: [`Error::BadField`] for `sort` or `count`, if the project is too large for them.
pub async fn find(request: &ApiRequest, bearer: &Bearer, search: &TokenSearch) -> Result<Found, Error> {
    if search.count == Count::IfSmall && search.sort.by == SortBy::Created {
        let bound = Bound { tokens: MAX_EXAMINED, bytes: MAX_EXAMINED_BYTES };
        if let Some(found) = part(request, bearer, search, bound, true).await? {
            return Ok(found);
        }
    }
    let by_id = search.sort.by == SortBy::Created;
    let counts = match search.count {
        Count::No => false,
        Count::IfSmall => !by_id,
        Count::Yes => true,
    };
    let bound = Bound { tokens: MAX_PROJECT, bytes: MAX_PROJECT_BYTES };
    part(request, bearer, search, bound, counts).await?.ok_or_else(|| too_large(by_id))
}

/// The most that is read of a project that is read as a whole.
#[derive(Clone, Copy)]
struct Bound {
    tokens: usize,
    bytes: usize,
}

/// Searches, and counts or not; `None` if a project that has to be read as a whole is too large.
async fn part(
    request: &ApiRequest,
    bearer: &Bearer,
    search: &TokenSearch,
    bound: Bound,
    counts: bool,
) -> Result<Option<Found>, Error> {
    let TokenSearch { filter, sort, after, limit, .. } = search;
    let (sort, limit) = (*sort, *limit);
    let by_id = sort.by == SortBy::Created;
    let whole = counts || !by_id;
    let mut at = after.as_ref().filter(|_| !whole).map(|place| place.id);
    let order = if by_id { sort.order } else { Order::Ascending };
    let page_size = if filter.is_all() && !whole { PAGE.min(limit.saturating_add(1)) } else { PAGE };
    let size = |token: &Token| {
        let body = TokenBody::listed(token, &request.app.public_url, request.now);
        serde_json::to_vec(&body).map_or(usize::MAX, |body| body.len())
    };
    let is_before =
        |token: &Token| after.as_ref().is_some_and(|after| !sort.is_before(after, &sort.place(token)));
    let mut selection = Selection::new(sort, after.clone(), limit, MAX_PART_BYTES);
    let (mut matching, mut before, mut examined, mut bytes) = (0, 0, 0, 0);
    let is_complete = loop {
        let left = if whole { bound.tokens } else { MAX_EXAMINED } - examined;
        let page = token_page::page(request, bearer, (at, order), page_size.min(left)).await?;
        examined += page.tokens.len();
        bytes += page.bytes;
        for token in page.tokens.into_iter().filter(|token| filter.matches(token)) {
            matching += 1;
            before += usize::from(counts && is_before(&token));
            selection.offer(token, size);
        }
        at = page.last.or(at);
        if !page.more {
            break true;
        }
        if !whole && (selection.is_cut() || examined >= MAX_EXAMINED || bytes >= MAX_EXAMINED_BYTES) {
            break false;
        }
        if examined >= bound.tokens || bytes >= bound.bytes {
            return Ok(None);
        }
    };
    let last = if selection.is_cut() { selection.last().cloned() } else { None };
    let next = last.or_else(|| at.filter(|_| !is_complete).map(Place::created));
    let next = next.map(|place| sort.cursor(&place));
    let mut tokens = selection.into_tokens();
    let mut sharers = Sharers::default();
    for token in &mut tokens {
        sharers.drop_orphans(request, token).await?;
    }
    let (count, before) = (counts.then_some(matching), counts.then_some(before));
    Ok(Some(Found { tokens, next, count, before }))
}

fn too_large(by_id: bool) -> Error {
    let most =
        format!("a project with more than {MAX_PROJECT} tokens, or {} MB of them,", MAX_PROJECT_BYTES >> 20);
    if by_id {
        Error::bad_field("count", format!("{most} is not counted: leave count out"))
    } else {
        Error::bad_field("sort", format!("{most} is sorted by created only"))
    }
}
