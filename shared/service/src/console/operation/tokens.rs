//! Console operations on the list of tokens, and creation.

use http::StatusCode;
use jeton_core::{
    Error,
    event::Order,
    id::TokenId,
    permission::Call,
    token::{Editable, MAX_DESCRIPTION, Token},
};
use maud::Markup;

use super::{
    mistakes, once,
    suggestions::{meant, suggestions},
};
use crate::{
    console::kept_form::{self, KeptForm},
    console::page::{
        self as pages,
        new_token::{NewToken, Suggestions},
    },
    console::problems::Problems,
    console::purpose::{self, Purpose},
    console::session::ConsoleMember,
    console::token_form::TokenForm,
    console::wire::{ListQuery, NewTokenQuery},
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

/// `GET /console/projects/{project}/tokens/new`: the form as it was entered before a sign-in, or with what a purpose or another
/// token proposes.
pub async fn new(request: &ApiRequest, viewer: &ConsoleMember) -> Result<Reply, Error> {
    let seen = suggestions(request, viewer).await?;
    if let Some(typed) = KeptForm::typed::<TokenForm>(request) {
        let page = form(request, viewer, &typed, &Problems::default(), &seen).await?;
        return Ok(kept_form::shown_again(Reply::page(StatusCode::OK, page), true));
    }
    let NewTokenQuery { purpose, like } = request.query()?;
    let purpose = purpose.as_deref().and_then(Purpose::of);
    let proposed = purpose.map(TokenForm::for_purpose).unwrap_or_default();
    let Some(like) = like.filter(|text| !text.trim().is_empty()) else {
        let page = form(request, viewer, &proposed, &Problems::default(), &seen).await?;
        return Ok(Reply::page(StatusCode::OK, page));
    };
    let (status, proposed, problems) = match meant(request, viewer, &like, &seen).await? {
        Ok(token) => {
            let copied = TokenForm::of(&Editable::from(&token.identity));
            let name = copied.description.as_deref().unwrap_or_default();
            let description: String = format!("Copy of {name}").chars().take(MAX_DESCRIPTION).collect();
            let form = TokenForm {
                purpose: Some(purpose::LIKE.to_owned()),
                like: Some(token.id.to_string()),
                description: Some(description),
                ..copied
            };
            (StatusCode::OK, form, Problems::default())
        }
        Err(problem) => {
            let purpose = Some(purpose::LIKE.to_owned());
            let form = TokenForm { purpose, like: Some(like), ..TokenForm::default() };
            (StatusCode::BAD_REQUEST, form, Problems::at("like", problem))
        }
    };
    Ok(Reply::page(status, form(request, viewer, &proposed, &problems, &seen).await?))
}

/// `POST /console/projects/{project}/tokens`
pub async fn create(request: &ApiRequest, viewer: &ConsoleMember) -> Result<Reply, Error> {
    let asked: TokenForm = request.body()?;
    let mut problems = asked.problems(request.now);
    if problems.is_empty() {
        let making =
            Box::pin(async { create::make(request, &viewer.bearer, &asked.create(request.now)?).await });
        match once(request, making, |earlier| earlier.copy(request)).await {
            Ok((token, secret)) => {
                let url = &request.app.public_url;
                let page = pages::token::shown_once(viewer, &token, &secret, "Here is your token", url);
                return Ok(Reply::page(StatusCode::CREATED, page));
            }
            Err(error) => {
                problems = mistakes(error)?;
            }
        }
    }
    let seen = suggestions(request, viewer).await?;
    Ok(Reply::page(StatusCode::BAD_REQUEST, form(request, viewer, &asked, &problems, &seen).await?))
}

/// The page of the form. A token that it started from and that is gone since is left out.
async fn form(
    request: &ApiRequest,
    viewer: &ConsoleMember,
    form: &TokenForm,
    problems: &Problems,
    seen: &Suggestions,
) -> Result<Markup, Error> {
    let like = match form.like.as_deref().filter(|_| problems.field("like").is_none()) {
        Some(like) => meant(request, viewer, like, seen).await?.ok(),
        None => None,
    };
    let new = NewToken { form, problems, like: like.as_ref(), seen, now: request.now };
    Ok(pages::new_token::new(viewer, &new))
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
