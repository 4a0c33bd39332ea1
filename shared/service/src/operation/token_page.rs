//! Pages of a project's tokens, as the store has them.

use jeton_core::{
    Error,
    event::{Order, PAGE_BYTES},
    id::TokenId,
    store::TokenPage,
    token::Token,
};

use super::sharers::Sharers;
use crate::{authenticate::Bearer, http::ApiRequest};

/// A page of the project's tokens after this id in this order, for a caller who sees all of them, without shares that are not valid
/// any more. One that cannot be read is listed by its id.
pub async fn some(
    request: &ApiRequest,
    bearer: &Bearer,
    (after, order): (Option<TokenId>, Order),
    limit: usize,
    sharers: &mut Sharers,
) -> Result<TokenPage, Error> {
    let mut page = page(request, bearer, (after, order), limit).await?;
    for token in &mut page.tokens {
        sharers.drop_orphans(request, token).await?;
    }
    Ok(page)
}

/// A page of the tokens that the caller sees after this id in this order: those of the project, or itself alone. One that cannot be read
/// is listed by its id.
pub async fn page(
    request: &ApiRequest,
    bearer: &Bearer,
    (after, order): (Option<TokenId>, Order),
    limit: usize,
) -> Result<TokenPage, Error> {
    let (store, project, itself) = (&request.app.store, bearer.caller.project, bearer.caller.id);
    if !bearer.caller.sees_project() {
        let token = store.token(project, itself).await?.ok_or(Error::InvalidToken)?;
        return Ok(TokenPage { tokens: vec![token], last: Some(itself), ..TokenPage::default() });
    }
    let mut page = store.tokens(project, after, order, limit, PAGE_BYTES).await?;
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
