//! Listing tokens.

use jeton_api::{token::TokenBody, token_request::ListTokens};
use jeton_core::{
    Error,
    event::{Order, PAGE_BYTES},
    id::TokenId,
    permission::Call,
    store::TokenPage,
    token::Token,
};

use super::sharers::Sharers;
use crate::{
    authenticate::Bearer,
    http::{ApiRequest, Reply, Room},
};

/// How many tokens are read from the store at a time.
const PAGE: usize = 500;

/// `GET /v2/storage/tokens`: those of the project for managers, oldest first, else only the caller itself.
pub async fn list(request: &ApiRequest, bearer: &Bearer) -> Result<Reply, Error> {
    bearer.caller.may_address(Call::List, None)?;
    let query: ListTokens = request.query()?;
    let (limit, mut after) = page(&query)?;
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
        let page =
            some(request, bearer, (after, Order::Ascending), PAGE.min(limit - listed), &mut sharers).await?;
        for token in &page.tokens {
            if answer.len() > 1 {
                answer.push(b',');
            }
            let (body, begin) = (TokenBody::listed(token, &app.public_url, request.now), answer.len());
            serde_json::to_writer(&mut answer, &body).map_err(|error| Error::Internal(error.to_string()))?;
            if !room.takes(&answer[begin..]) {
                return Err(Error::AnswerTooLarge);
            }
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

/// A page of the project's tokens after this id in this order, for a caller who sees all of them. One that cannot be
/// read is listed by its id.
pub async fn some(
    request: &ApiRequest,
    bearer: &Bearer,
    (after, order): (Option<TokenId>, Order),
    limit: usize,
    sharers: &mut Sharers,
) -> Result<TokenPage, Error> {
    let project = bearer.caller.project;
    let mut page = request.app.store.tokens(project, after, order, limit, PAGE_BYTES).await?;
    for token in &mut page.tokens {
        sharers.drop_orphans(request, token).await?;
    }
    if !page.unreadable.is_empty() {
        let owner = &bearer.item.identity.owner;
        let unreadable = page.unreadable.drain(..).map(|id| Token::unreadable(project, id, owner.clone()));
        page.tokens.extend(unreadable);
        page.tokens.sort_unstable_by_key(|token| token.id);
        if order == Order::Descending {
            page.tokens.reverse();
        }
    }
    Ok(page)
}

fn page(query: &ListTokens) -> Result<(usize, Option<TokenId>), Error> {
    let limit = match query.limit {
        None => usize::MAX,
        Some(limit @ 1..=10_000) => usize::try_from(limit).unwrap_or(usize::MAX),
        Some(_) => return Err(Error::bad_field("limit", "limit must be from 1 to 10000")),
    };
    let after = query.after_id.as_deref().filter(|text| !text.is_empty());
    let after = after.map(str::parse).transpose();
    Ok((limit, after.map_err(|_| Error::bad_field("afterId", "afterId must be the id of a token"))?))
}
