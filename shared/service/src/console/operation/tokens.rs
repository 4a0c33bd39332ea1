//! Console operations that create a token.

use http::StatusCode;
use jeton_core::{
    Error,
    token::{Editable, MAX_DESCRIPTION},
};
use maud::Markup;

use super::{
    mistakes, once,
    suggestions::{Unclear, meant, suggestions},
};
use crate::{
    console::kept_form::{self, KeptForm},
    console::page::{
        self as pages,
        new_token::{NewToken, Suggestions},
    },
    console::problems::{OF_TOKEN, Problems},
    console::purpose::{self, Purpose},
    console::session::ConsoleMember,
    console::token_form::TokenForm,
    console::tried_rights,
    console::wire::NewTokenQuery,
    http::{ApiRequest, Reply},
    operation::create,
};

/// `GET /console/projects/{project}/tokens/new`: the form as it was entered before a sign-in, or with what a purpose or another
/// token proposes.
pub async fn new(request: &ApiRequest, viewer: &ConsoleMember) -> Result<Reply, Error> {
    let seen = suggestions(request, viewer).await?;
    if let Some(typed) = KeptForm::typed::<TokenForm>(request) {
        let page = form(request, viewer, &typed, &Problems::default(), &seen).await?;
        return Ok(kept_form::shown_again(request, Reply::page(StatusCode::OK, page), true));
    }
    let NewTokenQuery { purpose, like, was } = request.query()?;
    let purpose = purpose.as_deref().and_then(Purpose::of);
    let typed = tried_rights::in_address(request)?;
    let proposed = match (typed.clone(), purpose) {
        (Some(typed), Some(purpose)) => typed.for_another(purpose, was.as_deref().and_then(Purpose::of)),
        (Some(typed), None) => typed,
        (None, purpose) => purpose.map(TokenForm::for_purpose).unwrap_or_default(),
    };
    let Some(like) = like else {
        let page = form(request, viewer, &proposed, &Problems::default(), &seen).await?;
        return Ok(Reply::page(StatusCode::OK, page));
    };
    // Its rights are those of the other token, but its name and its end may have been entered before.
    let TokenForm { description, expires, until, .. } = typed.unwrap_or_default();
    let (status, proposed, problems, among) = match meant(request, viewer, &like).await? {
        Ok(token) => {
            let copied = TokenForm::of(&Editable::from(&token.identity));
            let name = copied.description.as_deref().unwrap_or_default();
            let copy = || format!("Copy of {name}").chars().take(MAX_DESCRIPTION).collect();
            let form = TokenForm {
                purpose: Some(purpose::LIKE.to_owned()),
                like: Some(token.id.to_string()),
                description: Some(description.filter(|text| !text.trim().is_empty()).unwrap_or_else(copy)),
                expires,
                until,
                ..copied
            };
            (StatusCode::OK, form, Problems::default(), Vec::new())
        }
        Err(Unclear { problem, among }) => {
            let purpose = Some(purpose::LIKE.to_owned());
            let like = Some(like);
            let form = TokenForm { purpose, like, description, expires, until, ..TokenForm::default() };
            (StatusCode::BAD_REQUEST, form, Problems::at("like", problem), among)
        }
    };
    let seen = Suggestions { among, ..seen };
    Ok(Reply::page(status, form(request, viewer, &proposed, &problems, &seen).await?))
}

/// The form with these rights, which are too long for its address.
pub(super) async fn proposed(
    request: &ApiRequest,
    viewer: &ConsoleMember,
    rights: &TokenForm,
) -> Result<Reply, Error> {
    let seen = suggestions(request, viewer).await?;
    let page = form(request, viewer, rights, &Problems::default(), &seen).await?;
    Ok(Reply::page(StatusCode::OK, page))
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
                let heads = ("Here is your token", viewer.token_href(token.id));
                let page = pages::token::shown_once(viewer, &token, &secret, (heads.0, &heads.1), url);
                return Ok(Reply::page(StatusCode::CREATED, page));
            }
            Err(error) => {
                problems = mistakes(OF_TOKEN, error)?;
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
        Some(like) => meant(request, viewer, like).await?.ok(),
        None => None,
    };
    let new = NewToken { form, problems, like: like.as_ref(), seen, now: request.now };
    Ok(pages::new_token::new(viewer, &new))
}
