//! Listing tokens.

use http::{HeaderName, HeaderValue, header};
use jeton_api::{token::TokenBody, token_filter::TokenFilter, token_request::ListTokens};
use jeton_core::{
    Error,
    event::Order,
    id::TokenId,
    permission::Call,
    token::{Place, Sort, SortBy, Token},
};

use super::{
    sharers::Sharers,
    token_page,
    token_search::{self, Count, TokenSearch},
};
use crate::{
    authenticate::Bearer,
    http::{ApiRequest, Reply, Room, next_link},
};

/// The header with the number of tokens on all pages.
const TOTAL: HeaderName = HeaderName::from_static("x-total-count");

/// How many tokens are read from the store at a time.
const PAGE: usize = 500;

/// The most tokens of a search.
const MAX_LIMIT: usize = 10_000;

/// `GET /v2/storage/tokens`: those of the project for managers, oldest first, else only the caller itself.
pub async fn list(request: &ApiRequest, bearer: &Bearer) -> Result<Reply, Error> {
    bearer.caller.may_address(Call::List, None)?;
    let (query, filter): (ListTokens, TokenFilter) = (request.query()?, request.query()?);
    let (limit, mut after) = part(&query)?;
    if let Some(search) = search(&query, &filter, (limit, after))? {
        return searched(request, bearer, &search).await;
    }
    let (app, project) = (&request.app, bearer.caller.project);
    let mut sharers = Sharers::default();
    if !bearer.caller.sees_project() {
        let mut token = app.store.token(project, bearer.caller.id).await?.ok_or(Error::InvalidToken)?;
        sharers.drop_orphans(request, &mut token).await?;
        let itself = after.is_none_or(|after| after < token.id) && limit > 0;
        let tokens: Vec<_> =
            itself.then(|| TokenBody::listed(&token, &app.public_url, request.now)).into_iter().collect();
        return Ok(Reply::ok(&tokens));
    }
    let (mut answer, mut room, mut listed) = (b"[".to_vec(), Room::reserved(request).await?, 0);
    while listed < limit {
        let page = token_page::some(
            request,
            bearer,
            (after, Order::Ascending),
            PAGE.min(limit - listed),
            &mut sharers,
        )
        .await?;
        for token in &page.tokens {
            write(request, token, &mut answer, &mut room)?;
        }
        listed += page.tokens.len();
        after = page.last.or(after);
        if !page.more {
            break;
        }
    }
    answer.push(b']');
    Ok(room.holds(Reply::written_json(answer)))
}

/// Appends a token to an answer. Errors: [`Error::AnswerTooLarge`].
fn write(request: &ApiRequest, token: &Token, answer: &mut Vec<u8>, room: &mut Room) -> Result<(), Error> {
    if answer.len() > 1 {
        answer.push(b',');
    }
    let (body, begin) = (TokenBody::listed(token, &request.app.public_url, request.now), answer.len());
    serde_json::to_writer(&mut *answer, &body).map_err(|error| Error::Internal(error.to_string()))?;
    if room.takes(&answer[begin..]) { Ok(()) } else { Err(Error::AnswerTooLarge) }
}

/// The search that a query asks for; none if it has none of its parameters, so that the answer is the one that clients of the Storage
/// API expect.
fn search(
    query: &ListTokens,
    filter: &TokenFilter,
    (limit, after_id): (usize, Option<TokenId>),
) -> Result<Option<TokenSearch>, Error> {
    let present = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let (sort, after) = (present(&query.sort), present(&query.after));
    let (count, filter) = (query.count.unwrap_or_default(), filter.parsed("")?);
    if sort.is_none() && after.is_none() && !count && filter.is_all() {
        return Ok(None);
    }
    let is_sorted = sort.is_some();
    let sort = sort.map_or(Some(Sort::OLDEST_FIRST), |sort| Sort::parse(&sort));
    let sort = sort.ok_or_else(|| {
        let words = SortBy::listed();
        Error::bad_field("sort", format!("sort must be {words}, or one of them with a minus before it"))
    })?;
    let after = match (after, after_id) {
        (Some(_), Some(_)) => {
            return Err(Error::bad_field("after", "after and afterId contradict each other"));
        }
        (Some(after), None) => Some(sort.parse_cursor(&after).ok_or_else(|| {
            Error::bad_field("after", "after must be from the Link header of a list with the same sort")
        })?),
        (None, Some(_)) if is_sorted => {
            return Err(Error::bad_field("afterId", "afterId does not go with sort: send after"));
        }
        (None, after_id) => after_id.map(Place::created),
    };
    let limit = limit.min(MAX_LIMIT);
    let count = if count { Count::Yes } else { Count::No };
    Ok(Some(TokenSearch { filter, sort, after, limit, count }))
}

/// The answer to a search.
async fn searched(request: &ApiRequest, bearer: &Bearer, search: &TokenSearch) -> Result<Reply, Error> {
    let (mut answer, mut room) = (b"[".to_vec(), Room::reserved(request).await?);
    let found = token_search::find(request, bearer, search).await?;
    for token in found.tokens {
        write(request, &token, &mut answer, &mut room)?;
    }
    answer.push(b']');
    let mut reply = room.holds(Reply::written_json(answer));
    if let Some(count) = found.count {
        reply = reply.with(TOTAL, HeaderValue::from(count));
    }
    let next =
        found.next.map(|next| next_link::next_url(request, &["after", "afterId"], [format!("after={next}")]));
    if let Some(link) = next.and_then(|url| next_link::next_link(&url)) {
        reply = reply.with(header::LINK, link);
    }
    Ok(reply)
}

fn part(query: &ListTokens) -> Result<(usize, Option<TokenId>), Error> {
    let limit = match query.limit {
        None => usize::MAX,
        Some(limit @ 1..=10_000) => usize::try_from(limit).unwrap_or(usize::MAX),
        Some(_) => return Err(Error::bad_field("limit", "limit must be from 1 to 10000")),
    };
    let after = query.after_id.as_deref().filter(|text| !text.is_empty());
    let after = after.map(str::parse).transpose();
    Ok((limit, after.map_err(|_| Error::bad_field("afterId", "afterId must be the id of a token"))?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::endpoint::{endpoints, openapi};

    #[test]
    fn the_description_of_the_api_has_every_order_of_a_list() {
        let document = openapi::document(endpoints(), "http://localhost");
        let parameters = document["paths"]["/v2/storage/tokens"]["get"]["parameters"].as_array().unwrap();
        let sort = parameters.iter().find(|parameter| parameter["name"] == "sort").unwrap();
        let words: Vec<_> = SortBy::words().collect();
        assert_eq!(sort["schema"]["pattern"], format!("^(-?({}))?$", words.join("|")));
        let described = sort["description"].as_str().unwrap();
        assert!(words.iter().all(|word| described.contains(&format!("`{word}`"))), "{described}");
    }
}
