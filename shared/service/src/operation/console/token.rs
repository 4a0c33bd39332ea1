//! One token: its overview, and what can be done with it.

use http::StatusCode;
use jeton_core::{
    Error,
    id::CopyId,
    permission::{Call, Capability},
    token::Token,
};

use super::{mistake, once, sign_in_again};
use crate::{
    console::kept_form::{self, KeptForm},
    console::session::ConsoleMember,
    http::{ApiRequest, Reply},
    operation::{delete, detail, refresh, share, shares, update},
    page::console::{self as pages, token::Edited},
    wire::{
        console::{RefreshForm, ShareForm, TokenForm},
        token_request::UpdateToken,
    },
};

/// `GET /console/projects/{project}/tokens/{token}`
pub async fn overview(request: &ApiRequest, visitor: &ConsoleMember) -> Result<Reply, Error> {
    let token = detail::read(request, &visitor.bearer).await?;
    let edited = KeptForm::typed(request).and_then(|form| edited(&token, &form));
    let page = pages::token::overview(visitor, &token, request.now, edited.as_ref(), None);
    Ok(kept_form::shown_again(Reply::page(StatusCode::OK, page), edited.is_some()))
}

/// What was typed into the form of an edit, as far as it can be shown again.
fn edited(token: &Token, form: &TokenForm) -> Option<Edited> {
    let before = &token.identity.permissions;
    let update = form.update(before.has(Capability::ManageBuckets)).update(before).ok()?;
    let description = form.description.clone().unwrap_or_default();
    Some(Edited { description, rights: update.rights_after(before).ok()? })
}

/// `POST /console/projects/{project}/tokens/{token}`
pub async fn edit(request: &ApiRequest, visitor: &ConsoleMember) -> Result<Reply, Error> {
    let before = detail::read(request, &visitor.bearer).await?;
    let form: TokenForm = request.body()?;
    let manages = before.identity.permissions.has(Capability::ManageBuckets);
    match update::change(request, &visitor.bearer, || Ok(form.update(manages))).await {
        Ok(token) => Ok(kept_form::done(&pages::token::path(visitor, &token), "The changes are saved.")),
        Err(error) => {
            let problem = mistake(error)?;
            let edited = edited(&before, &form);
            let page = pages::token::overview(visitor, &before, request.now, edited.as_ref(), Some(&problem));
            Ok(Reply::page(StatusCode::BAD_REQUEST, page))
        }
    }
}

/// `GET /console/projects/{project}/tokens/{token}/refresh`
pub async fn ask_refresh(request: &ApiRequest, visitor: &ConsoleMember) -> Result<Reply, Error> {
    let token = detail::read(request, &visitor.bearer).await?;
    visitor.bearer.caller.may(Call::Refresh, token.target())?;
    if token.id == visitor.member.master && visitor.visit.session.recent(request.now).is_err() {
        return Ok(sign_in_again(request, visitor, StatusCode::OK));
    }
    let typed: RefreshForm = KeptForm::typed(request).unwrap_or_default();
    let old = typed.old.as_deref().unwrap_or("end");
    Ok(Reply::page(StatusCode::OK, pages::token::refresh(visitor, &token, request.now, old, None)))
}

/// `POST /console/projects/{project}/tokens/{token}/refresh`: one's own master token only soon after a
/// sign-in. The session goes on, since it does not hang on any copy.
pub async fn refresh(request: &ApiRequest, visitor: &ConsoleMember) -> Result<Reply, Error> {
    let own = request.text("token") == visitor.member.master.to_string();
    if own && visitor.visit.session.recent(request.now).is_err() {
        return Ok(sign_in_again(request, visitor, StatusCode::FORBIDDEN));
    }
    let form: RefreshForm = request.body()?;
    let refreshing = Box::pin(refresh::renew(request, &visitor.bearer, || form.overlap()));
    match once(request, refreshing, |earlier| earlier.copy(request)).await {
        Ok((token, secret)) => {
            let title = "Here is the new secret";
            let page = pages::token::shown_once(visitor, &token, &secret, title, &request.app.public_url);
            Ok(Reply::page(StatusCode::OK, page))
        }
        Err(error) => {
            let problem = mistake(error)?;
            let token = detail::read(request, &visitor.bearer).await?;
            let old = form.old.as_deref().unwrap_or("end");
            let page = pages::token::refresh(visitor, &token, request.now, old, Some(&problem));
            Ok(Reply::page(StatusCode::BAD_REQUEST, page))
        }
    }
}

/// `GET /console/projects/{project}/tokens/{token}/share`
pub async fn ask_share(request: &ApiRequest, visitor: &ConsoleMember) -> Result<Reply, Error> {
    let token = detail::read(request, &visitor.bearer).await?;
    visitor.bearer.caller.may(Call::Share, token.target())?;
    let typed: Option<ShareForm> = KeptForm::typed(request);
    let page = pages::share::form(visitor, &token, &typed.clone().unwrap_or_default(), None);
    Ok(kept_form::shown_again(Reply::page(StatusCode::OK, page), typed.is_some()))
}

/// `POST /console/projects/{project}/tokens/{token}/share`
pub async fn share(request: &ApiRequest, visitor: &ConsoleMember) -> Result<Reply, Error> {
    let token = detail::read(request, &visitor.bearer).await?;
    let sending = Box::pin(share::send(request, &visitor.bearer));
    match once(request, sending, |earlier| share::sent_before(request, earlier)).await {
        Ok(sent) => Ok(Reply::page(StatusCode::OK, pages::share::sent(visitor, &token, &sent))),
        Err(error) => {
            let problem = mistake(error)?;
            let typed: ShareForm = request.body().unwrap_or_default();
            let page = pages::share::form(visitor, &token, &typed, Some(&problem));
            Ok(Reply::page(StatusCode::BAD_REQUEST, page))
        }
    }
}

/// `POST /console/projects/{project}/tokens/{token}/shares/{share}/withdraw`
pub async fn withdraw_share(request: &ApiRequest, visitor: &ConsoleMember) -> Result<Reply, Error> {
    match shares::take_back(request, &visitor.bearer).await {
        // It has come to an end in another way, which the page shows.
        Ok(()) | Err(Error::ShareNotFound) => {
            let path = format!("/console/projects/{}/tokens/{}", visitor.project.id, request.text("token"));
            Ok(kept_form::done(&path, "The share is withdrawn."))
        }
        Err(error) => Err(error),
    }
}

/// `POST /console/projects/{project}/tokens/{token}/shares/{share}/send`
pub async fn send_share(request: &ApiRequest, visitor: &ConsoleMember) -> Result<Reply, Error> {
    let token = detail::read(request, &visitor.bearer).await?;
    let sending = Box::pin(share::send_again(request, &visitor.bearer));
    match once(request, sending, |earlier| share::sent_before(request, earlier)).await {
        Ok(sent) => Ok(Reply::page(StatusCode::OK, pages::share::sent(visitor, &token, &sent))),
        Err(error) => {
            let problem = mistake(error)?;
            let page = pages::token::overview(visitor, &token, request.now, None, Some(&problem));
            Ok(Reply::page(StatusCode::BAD_REQUEST, page))
        }
    }
}

/// `GET /console/projects/{project}/tokens/{token}/delete`
pub async fn ask_delete(request: &ApiRequest, visitor: &ConsoleMember) -> Result<Reply, Error> {
    let token = detail::read(request, &visitor.bearer).await?;
    visitor.bearer.caller.may(Call::Delete, token.target())?;
    Ok(Reply::page(StatusCode::OK, pages::token::delete(visitor, &token, request.now)))
}

/// `POST /console/projects/{project}/tokens/{token}/delete`
pub async fn delete(request: &ApiRequest, visitor: &ConsoleMember) -> Result<Reply, Error> {
    let token = detail::read(request, &visitor.bearer).await?;
    delete::remove(request, &visitor.bearer).await?;
    let told = format!("The token {} is deleted.", kept_form::named(&token.identity.description));
    Ok(kept_form::done(&format!("/console/projects/{}/tokens", visitor.project.id), &told))
}

/// `GET /console/projects/{project}/tokens/{token}/switch`
pub async fn ask_switch(request: &ApiRequest, visitor: &ConsoleMember) -> Result<Reply, Error> {
    let token = detail::read(request, &visitor.bearer).await?;
    visitor.bearer.caller.may(Call::Update, token.target())?;
    Ok(Reply::page(StatusCode::OK, pages::token::switch(visitor, &token)))
}

/// `POST /console/projects/{project}/tokens/{token}/switch`
pub async fn switch(request: &ApiRequest, visitor: &ConsoleMember) -> Result<Reply, Error> {
    let asked = || {
        let form: UpdateToken = request.body()?;
        Ok(UpdateToken { is_disabled: form.is_disabled, ..UpdateToken::default() })
    };
    let token = update::change(request, &visitor.bearer, asked).await?;
    let told = if token.identity.disabled { "The token is disabled." } else { "The token is enabled." };
    Ok(kept_form::done(&pages::token::path(visitor, &token), told))
}

/// `GET /console/projects/{project}/tokens/{token}/copies/{copy}`
pub async fn ask_revoke(request: &ApiRequest, visitor: &ConsoleMember) -> Result<Reply, Error> {
    let copy: CopyId = request.id("copy")?;
    let token = detail::read(request, &visitor.bearer).await?;
    visitor.bearer.caller.may(Call::RevokeCopy, token.target())?;
    let copy = token.live_copy(copy, request.now).ok_or(Error::NotFound("copy"))?;
    Ok(Reply::page(StatusCode::OK, pages::token::revoke(visitor, &token, copy)))
}

/// `POST /console/projects/{project}/tokens/{token}/copies/{copy}`
pub async fn revoke(request: &ApiRequest, visitor: &ConsoleMember) -> Result<Reply, Error> {
    delete::revoke(request, &visitor.bearer).await?;
    let path = format!("/console/projects/{}/tokens/{}", visitor.project.id, request.text("token"));
    Ok(kept_form::done(&path, &format!("Copy {} is ended.", request.text("copy"))))
}
