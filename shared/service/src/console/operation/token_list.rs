//! Console operation on the list of tokens.

use http::StatusCode;
use jeton_core::{
    Error,
    permission::Call,
    token::{MAX_DESCRIPTION, Sort, Token},
};

use super::mistake;
use crate::{
    console::back::Back,
    console::page as pages,
    console::session::ConsoleMember,
    console::token_list::{ListQuery, Page, TokenList},
    http::{ApiRequest, Reply, Room},
    operation::token_search::{self, Count, Found, TokenSearch},
};

/// The most tokens on a page.
const SHOWN: usize = 50;

/// `GET /console/projects/{project}/tokens`: newest first, unless asked otherwise.
pub async fn tokens(request: &ApiRequest, viewer: &ConsoleMember) -> Result<Reply, Error> {
    viewer.bearer.caller.may_address(Call::List, None)?;
    let query: ListQuery = request.query()?;
    let (list, page) = (query.list(), query.page()?);
    match found_near(request, viewer, &list, page).await {
        Ok((page, found)) => {
            let shown = shown(&list, &page, &found, request);
            Ok(Reply::page(StatusCode::OK, pages::tokens::tokens(viewer, &shown)))
        }
        Err(error) => {
            let problem = mistake(error)?;
            // Each link of the page has the search.
            let search = list.search.chars().take(MAX_DESCRIPTION).collect();
            let nothing = pages::tokens::List {
                list: &TokenList { search, ..list },
                place: None,
                tokens: &[],
                around: (None, None),
                counted: None,
                is_partial: false,
                problem: Some(&problem),
                now: request.now,
            };
            Ok(Reply::page(StatusCode::BAD_REQUEST, pages::tokens::tokens(viewer, &nothing)))
        }
    }
}

/// Searches for a page. Where the tokens of one after or before a place are gone, such as those that were just deleted, it is the last or the
/// first one.
async fn found_near(
    request: &ApiRequest,
    viewer: &ConsoleMember,
    list: &TokenList,
    page: Page,
) -> Result<(Page, Found), Error> {
    let at = found(request, viewer, list, page.clone()).await?;
    let near = match page {
        Page::After(_) => Page::Last,
        Page::Before(_) => Page::First,
        Page::First | Page::Last => return Ok((page, at)),
    };
    if !at.tokens.is_empty() || at.next.is_some() {
        return Ok((page, at));
    }
    let at = found(request, viewer, list, near.clone()).await?;
    Ok((near, at))
}

/// Searches for a page by the operation of the API. The page before a place is the one after it in the opposite order.
async fn found(
    request: &ApiRequest,
    viewer: &ConsoleMember,
    list: &TokenList,
    page: Page,
) -> Result<Found, Error> {
    let filter = list.filter(&viewer.member, request.now)?;
    let (sort, after) = match page {
        Page::First => (list.sort, None),
        Page::After(place) => (list.sort, Some(place)),
        Page::Before(place) => (list.sort.reversed(), Some(place)),
        Page::Last => (list.sort.reversed(), None),
    };
    // As many calls run at a time as lists of the API.
    let _room = Room::reserved(request).await?;
    let search = TokenSearch { filter, sort, after, limit: SHOWN, count: Count::IfSmall };
    let mut found = token_search::find(request, &viewer.bearer, &search).await?;
    if sort != list.sort {
        found.tokens.reverse();
    }
    Ok(found)
}

/// The page, with the places around it.
fn shown<'a>(
    list: &'a TokenList,
    page: &Page,
    found: &'a Found,
    request: &ApiRequest,
) -> pages::tokens::List<'a> {
    let cursor = |sort: Sort, token: &Token| sort.cursor(&sort.place(token));
    let at_start = found.tokens.first().map(|token| cursor(list.sort, token));
    let at_end = found.tokens.last().map(|token| cursor(list.sort, token));
    let tokens = found.tokens.len();
    let around = match page {
        Page::First => (None, found.next.clone()),
        Page::After(place) => (at_start.or_else(|| Some(list.sort.cursor(place))), found.next.clone()),
        Page::Before(place) => (found.next.clone(), at_end.or_else(|| Some(list.sort.cursor(place)))),
        Page::Last => (found.next.clone(), None),
    };
    let counted = found.count.zip(found.before).map(|(count, passed)| {
        let before = match page {
            Page::First | Page::After(_) => passed,
            Page::Before(_) | Page::Last => count.saturating_sub(passed + tokens),
        };
        (before + 1, count)
    });
    let is_partial = tokens < SHOWN && found.next.is_some();
    pages::tokens::List {
        list,
        place: Back::to(list, page),
        tokens: &found.tokens,
        around,
        counted,
        is_partial,
        problem: None,
        now: request.now,
    }
}
