//! Console operations on the list of tokens, and creation.

use http::StatusCode;
use jeton_core::{Error, event::Order, id::TokenId, permission::Call, token::Token};

use super::{mistake, once};
use crate::{
    console::kept_form::{self, KeptForm},
    console::page as pages,
    console::session::ConsoleMember,
    console::wire::{ListQuery, TokenForm},
    http::{ApiRequest, Reply},
    operation::{create, event_scan::MAX_EXAMINED_BYTES, sharers::Sharers, token_page},
};

/// The most tokens on a page.
const SHOWN: usize = 50;

/// The most tokens that a search reads.
const MAX_EXAMINED: usize = 10_000;

/// The most tokens per read from the store.
const PAGE: usize = 500;

/// `GET /console/projects/{project}/tokens`: newest first.
pub async fn tokens(request: &ApiRequest, viewer: &ConsoleMember) -> Result<Reply, Error> {
    viewer.bearer.caller.may_address(Call::List, None)?;
    let asked: ListQuery = request.query()?;
    let search = asked.search.unwrap_or_default();
    let after = asked.after_id.as_deref().filter(|text| !text.is_empty()).map(str::parse).transpose();
    let after: Option<TokenId> =
        after.map_err(|_| Error::bad_field("afterId", "afterId must be the id of a token"))?;
    let (tokens, rest) = found(request, viewer, &search, after).await?;
    let next = rest.map(|last| {
        let search = percent_encoding::utf8_percent_encode(&search, percent_encoding::NON_ALPHANUMERIC);
        format!("/console/projects/{}/tokens?search={search}&afterId={last}", viewer.project.id)
    });
    let list = pages::tokens::List {
        tokens: &tokens,
        search: &search,
        next,
        after_first: after.is_some(),
        now: request.now,
    };
    Ok(Reply::page(StatusCode::OK, pages::tokens::tokens(viewer, &list)))
}

/// `GET /console/projects/{project}/tokens/new`
pub async fn new(request: &ApiRequest, viewer: &ConsoleMember) -> Result<Reply, Error> {
    let typed: Option<TokenForm> = KeptForm::typed(request);
    let page = pages::token_form::new(viewer, &typed.clone().unwrap_or_default(), None);
    Ok(kept_form::shown_again(Reply::page(StatusCode::OK, page), typed.is_some()))
}

/// `POST /console/projects/{project}/tokens`
pub async fn create(request: &ApiRequest, viewer: &ConsoleMember) -> Result<Reply, Error> {
    let form: TokenForm = request.body()?;
    let making = Box::pin(async { create::make(request, &viewer.bearer, &form.create(request.now)?).await });
    match once(request, making, |earlier| earlier.copy(request)).await {
        Ok((token, secret)) => {
            let url = &request.app.public_url;
            let page = pages::token::shown_once(viewer, &token, &secret, "Here is your token", url);
            Ok(Reply::page(StatusCode::CREATED, page))
        }
        Err(error) => {
            let problem = mistake(error)?;
            let page = pages::token_form::new(viewer, &form, Some(&problem));
            Ok(Reply::page(StatusCode::BAD_REQUEST, page))
        }
    }
}

/// A page of matching tokens, and the id to continue after.
async fn found(
    request: &ApiRequest,
    viewer: &ConsoleMember,
    search: &str,
    mut after: Option<TokenId>,
) -> Result<(Vec<Token>, Option<TokenId>), Error> {
    let wanted = search.trim().to_lowercase();
    let matches = |token: &Token| {
        wanted.is_empty()
            || token.identity.description.to_lowercase().contains(&wanted)
            || token.id.to_string() == wanted
    };
    let (mut found, mut sharers) = (Vec::new(), Sharers::default());
    // A page without a search reads one token more than it shows, to know whether there is a next page.
    let page = if wanted.is_empty() { SHOWN + 1 } else { PAGE };
    let (mut examined, mut bytes) = (0, 0);
    loop {
        let tokens =
            token_page::some(request, &viewer.bearer, (after, Order::Descending), page, &mut sharers).await?;
        let last = !tokens.more;
        bytes += tokens.bytes;
        for token in tokens.tokens {
            if found.len() == SHOWN {
                return Ok((found, after));
            }
            after = Some(token.id);
            examined += 1;
            if matches(&token) {
                found.push(token);
            }
        }
        if last {
            return Ok((found, None));
        }
        if examined >= MAX_EXAMINED || bytes >= MAX_EXAMINED_BYTES {
            return Ok((found, after));
        }
    }
}
