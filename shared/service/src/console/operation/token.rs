//! Console operations on a token: overview, edit, refresh, share, delete.

use http::StatusCode;
use jeton_api::settings::TokenSettings;
use jeton_core::{
    Error,
    id::CopyId,
    permission::{Call, Capability},
    text::trimmed,
    token::{Editable, Token},
};

use super::{history, mistake, mistakes, once, sign_in_again};
use crate::{
    console::page::{self as pages, token::Edit},
    console::problems::{OF_SHARE, OF_TOKEN, Problems},
    console::session::ConsoleMember,
    console::shown_state,
    console::token_form::TokenForm,
    console::tried_rights::{self, after_edit},
    console::wire::{RefreshForm, ShareForm},
    console::{
        flash,
        kept_form::{self, KeptForm},
    },
    http::{ApiRequest, Reply, problem},
    operation::{
        delete, detail, refresh, share, shares,
        update::{self, Updated},
    },
    page::words,
};

/// `GET /console/projects/{project}/tokens/{token}`
pub async fn overview(request: &ApiRequest, viewer: &ConsoleMember) -> Result<Reply, Error> {
    let token = match detail::read(request, &viewer.bearer).await {
        Ok(token) => token,
        Err(error) => return history::instead(request, viewer, error).await,
    };
    // A form without its state is not an edit, for example a kept form whose fields were too long.
    let typed = KeptForm::typed(request).filter(|form: &TokenForm| form.shown.is_some());
    if typed.is_none()
        && let Some(rights) = tried_rights::in_address(request)?
    {
        return Ok(proposed(request, viewer, &token, rights));
    }
    let is_outdated = typed.as_ref().is_some_and(|form| is_outdated(&token, form));
    let problems = if is_outdated { Problems::whole(OUTDATED) } else { Problems::default() };
    let edit = Edit { entered: typed, problems, change: None };
    let page = pages::token::overview(viewer, &token, request.now, &edit);
    Ok(kept_form::shown_again(request, Reply::page(StatusCode::OK, page), edit.entered.is_some()))
}

/// The overview with a form that has these rights, and a sentence on what saving it would change.
pub(super) fn proposed(
    request: &ApiRequest,
    viewer: &ConsoleMember,
    token: &Token,
    rights: TokenForm,
) -> Reply {
    let identity = &token.identity;
    let form = TokenForm {
        description: Some(identity.description.clone()),
        shown: Some(shown_state::of(identity)),
        ..rights
    };
    let (status, change, problems) = match after_edit(token, &form) {
        Ok(after) => {
            (StatusCode::OK, Some(words::change(&identity.permissions, &after)), Problems::default())
        }
        Err(error) => {
            let found = form.problems_of_edit(identity.permissions.has(Capability::ManageBuckets));
            let problems = if found.is_empty() { Problems::whole(&problem(&error).message) } else { found };
            (StatusCode::BAD_REQUEST, None, problems)
        }
    };
    let edit = Edit { entered: Some(form), problems, change };
    Reply::page(status, pages::token::overview(viewer, token, request.now, &edit))
}

/// The message for an edit of a token that has changed since the page was loaded.
const OUTDATED: &str = "This token was changed after you opened its page. Nothing was saved. The page shows the token as it is \
    now, and the form has what you entered before: if you save the form, it replaces the current description and rights.";

/// The error of an empty description. The API takes it for one that stays as it is, so the form would not do what it shows.
const EMPTIED: &str = "A token keeps a description: enter what it is for.";

/// Whether the form removes the description of the token.
fn is_emptied(token: &Token, form: &TokenForm) -> bool {
    let is_blank = |text: &str| trimmed(text).is_empty();
    form.description.as_deref().is_some_and(is_blank) && !is_blank(&token.identity.description)
}

/// Whether the form started from the token as it is.
fn is_shown(token: &Token, form: &TokenForm) -> bool {
    form.shown.as_deref() == Some(shown_state::of(&token.identity).as_str())
}

/// Whether the form is outdated and would change the token.
fn is_outdated(token: &Token, form: &TokenForm) -> bool {
    if is_shown(token, form) {
        return false;
    }
    // A form that is submitted twice finds its own change.
    let is_so = |edited: Editable| {
        let now = Editable::from(&token.identity);
        let typed = trimmed(&edited.description);
        let description = if typed.is_empty() { now.description.clone() } else { typed.to_owned() };
        Editable { description, ..edited } == now
    };
    !edited(token, form).is_some_and(is_so)
}

/// The token as an edit would leave it, if it is valid.
fn edited(token: &Token, form: &TokenForm) -> Option<Editable> {
    let update = form.update(&token.identity).update(&token.identity.permissions).ok()?;
    update.applied_to(&Editable::from(&token.identity)).ok()
}

/// `POST /console/projects/{project}/tokens/{token}`
pub async fn edit(request: &ApiRequest, viewer: &ConsoleMember) -> Result<Reply, Error> {
    let form: TokenForm = request.body()?;
    // The form replaces all fields that it shows, so its state is compared with the state that the change starts from.
    let asked = |token: &Token| {
        if is_outdated(token, &form) {
            return Err(Error::Conflict(OUTDATED));
        }
        if is_emptied(token, &form) {
            return Err(Error::bad_field("description", EMPTIED));
        }
        Ok(form.update(&token.identity))
    };
    match update::change(request, &viewer.bearer, asked).await {
        Ok(Updated { token, is_changed }) => {
            // A form that is submitted twice finds its own change.
            let had_no_change = !is_changed && is_shown(&token, &form);
            let told = if had_no_change { "Nothing was changed." } else { "The changes are saved." };
            Ok(flash::done(&viewer.after_action(token.id), told))
        }
        Err(error) => {
            let outdated = matches!(&error, Error::Conflict(why) if *why == OUTDATED);
            let told = mistakes(OF_TOKEN, error)?;
            let token = detail::read(request, &viewer.bearer).await?;
            let (status, problems) = if outdated || is_outdated(&token, &form) {
                (StatusCode::CONFLICT, Problems::whole(OUTDATED))
            } else {
                let full = token.identity.permissions.has(Capability::ManageBuckets);
                let mut found = form.problems_of_edit(full);
                if is_emptied(&token, &form) {
                    found.fields.insert(0, ("description", EMPTIED.to_owned()));
                }
                (StatusCode::BAD_REQUEST, if found.is_empty() { told } else { found })
            };
            let edit = Edit { entered: Some(form), problems, change: None };
            Ok(Reply::page(status, pages::token::overview(viewer, &token, request.now, &edit)))
        }
    }
}

/// `GET /console/projects/{project}/tokens/{token}/refresh`
pub async fn ask_refresh(request: &ApiRequest, viewer: &ConsoleMember) -> Result<Reply, Error> {
    let token = detail::read(request, &viewer.bearer).await?;
    viewer.bearer.caller.may(Call::Refresh, token.target())?;
    if token.id == viewer.member.master && viewer.signed_in.session.recent(request.now).is_err() {
        return Ok(sign_in_again(request, viewer, StatusCode::OK));
    }
    let typed: RefreshForm = KeptForm::typed(request).unwrap_or_default();
    let old = typed.old.as_deref().unwrap_or("end");
    Ok(Reply::page(StatusCode::OK, pages::token::refresh(viewer, &token, request.now, old, None)))
}

/// `POST /console/projects/{project}/tokens/{token}/refresh`: the own master token needs a recent sign-in. The session
/// continues, because it does not depend on a copy.
pub async fn refresh(request: &ApiRequest, viewer: &ConsoleMember) -> Result<Reply, Error> {
    let own = request.text("token") == viewer.member.master.to_string();
    if own && viewer.signed_in.session.recent(request.now).is_err() {
        return Ok(sign_in_again(request, viewer, StatusCode::FORBIDDEN));
    }
    let form: RefreshForm = request.body()?;
    let refreshing = Box::pin(refresh::refresh_token(request, &viewer.bearer, || form.overlap()));
    match once(request, refreshing, |earlier| earlier.copy(request)).await {
        Ok((token, secret)) => {
            let (title, done) = ("Here is the new secret", viewer.after_action(token.id));
            let url = &request.app.public_url;
            let page = pages::token::shown_once(viewer, &token, &secret, (title, &done), url);
            Ok(Reply::page(StatusCode::OK, page))
        }
        Err(error) => {
            let problem = mistake(error)?;
            let token = detail::read(request, &viewer.bearer).await?;
            let old = form.old.as_deref().unwrap_or("end");
            let page = pages::token::refresh(viewer, &token, request.now, old, Some(&problem));
            Ok(Reply::page(StatusCode::BAD_REQUEST, page))
        }
    }
}

/// `GET /console/projects/{project}/tokens/{token}/share`
pub async fn ask_share(request: &ApiRequest, viewer: &ConsoleMember) -> Result<Reply, Error> {
    let token = detail::read(request, &viewer.bearer).await?;
    viewer.bearer.caller.may(Call::Share, token.target())?;
    let typed: Option<ShareForm> = KeptForm::typed(request);
    let page = pages::share::form(viewer, &token, &typed.clone().unwrap_or_default(), &Problems::default());
    Ok(kept_form::shown_again(request, Reply::page(StatusCode::OK, page), typed.is_some()))
}

/// `POST /console/projects/{project}/tokens/{token}/share`
pub async fn share(request: &ApiRequest, viewer: &ConsoleMember) -> Result<Reply, Error> {
    let token = detail::read(request, &viewer.bearer).await?;
    let sending = Box::pin(share::send(request, &viewer.bearer));
    match once(request, sending, |earlier| share::sent_before(request, earlier)).await {
        Ok(sent) => Ok(Reply::page(StatusCode::OK, pages::share::sent(viewer, &token, &sent))),
        Err(error) => {
            let problems = mistakes(OF_SHARE, error)?;
            let typed: ShareForm = request.body().unwrap_or_default();
            let page = pages::share::form(viewer, &token, &typed, &problems);
            Ok(Reply::page(StatusCode::BAD_REQUEST, page))
        }
    }
}

/// `POST /console/projects/{project}/tokens/{token}/shares/{share}/withdraw`
pub async fn withdraw_share(request: &ApiRequest, viewer: &ConsoleMember) -> Result<Reply, Error> {
    match shares::take_back(request, &viewer.bearer).await {
        Ok(()) => Ok(flash::done(&viewer.after_action(request.id("token")?), "The share is withdrawn.")),
        Err(Error::ShareNotFound) => {
            let token = detail::read(request, &viewer.bearer).await?;
            let problem = "This share has ended already, so nothing was withdrawn. If somebody picked it up, their copy is listed below.";
            let edit = Edit { problems: Problems::whole(problem), ..Edit::default() };
            let page = pages::token::overview(viewer, &token, request.now, &edit);
            Ok(Reply::page(StatusCode::CONFLICT, page))
        }
        Err(error) => Err(error),
    }
}

/// `POST /console/projects/{project}/tokens/{token}/shares/{share}/send`
pub async fn send_share(request: &ApiRequest, viewer: &ConsoleMember) -> Result<Reply, Error> {
    let token = detail::read(request, &viewer.bearer).await?;
    let sending = Box::pin(share::send_again(request, &viewer.bearer));
    match once(request, sending, |earlier| share::sent_before(request, earlier)).await {
        Ok(sent) => Ok(Reply::page(StatusCode::OK, pages::share::sent(viewer, &token, &sent))),
        Err(Error::ShareNotFound) => {
            let problem = "This share has ended already, so nothing was sent. If somebody picked it up, their copy is listed below.";
            let edit = Edit { problems: Problems::whole(problem), ..Edit::default() };
            let page = pages::token::overview(viewer, &token, request.now, &edit);
            Ok(Reply::page(StatusCode::CONFLICT, page))
        }
        Err(error) => {
            let problem = mistake(error)?;
            let edit = Edit { problems: Problems::whole(&problem), ..Edit::default() };
            let page = pages::token::overview(viewer, &token, request.now, &edit);
            Ok(Reply::page(StatusCode::BAD_REQUEST, page))
        }
    }
}

/// `GET /console/projects/{project}/tokens/{token}/delete`
pub async fn ask_delete(request: &ApiRequest, viewer: &ConsoleMember) -> Result<Reply, Error> {
    let token = detail::read(request, &viewer.bearer).await?;
    viewer.bearer.caller.may(Call::Delete, token.target())?;
    Ok(Reply::page(StatusCode::OK, pages::token::delete(viewer, &token, request.now)))
}

/// `POST /console/projects/{project}/tokens/{token}/delete`
pub async fn delete(request: &ApiRequest, viewer: &ConsoleMember) -> Result<Reply, Error> {
    let token = detail::read(request, &viewer.bearer).await?;
    delete::remove(request, &viewer.bearer).await?;
    let told = format!("The token {} is deleted.", flash::named(&token.identity.description));
    Ok(flash::done(&viewer.list_href(), &told))
}

/// `GET /console/projects/{project}/tokens/{token}/switch`
pub async fn ask_switch(request: &ApiRequest, viewer: &ConsoleMember) -> Result<Reply, Error> {
    let token = detail::read(request, &viewer.bearer).await?;
    viewer.bearer.caller.may(Call::Update, token.target())?;
    Ok(Reply::page(StatusCode::OK, pages::token::switch(viewer, &token)))
}

/// `POST /console/projects/{project}/tokens/{token}/switch`
pub async fn switch(request: &ApiRequest, viewer: &ConsoleMember) -> Result<Reply, Error> {
    let asked = |_: &Token| {
        let form: TokenSettings = request.body()?;
        Ok(TokenSettings { is_disabled: form.is_disabled, ..TokenSettings::default() })
    };
    let token = update::change(request, &viewer.bearer, asked).await?.token;
    let is = if token.identity.disabled { "disabled" } else { "enabled" };
    let told = format!("The token {} is {is}.", flash::named(&token.identity.description));
    Ok(flash::done(&viewer.after_action(token.id), &told))
}

/// `GET /console/projects/{project}/tokens/{token}/copies/{copy}`
pub async fn ask_revoke(request: &ApiRequest, viewer: &ConsoleMember) -> Result<Reply, Error> {
    let copy: CopyId = request.id("copy")?;
    let token = detail::read(request, &viewer.bearer).await?;
    viewer.bearer.caller.may(Call::RevokeCopy, token.target())?;
    let copy = token.live_copy(copy, request.now).ok_or(Error::NotFound("copy"))?;
    Ok(Reply::page(StatusCode::OK, pages::token::revoke(viewer, &token, copy)))
}

/// `POST /console/projects/{project}/tokens/{token}/copies/{copy}`
pub async fn revoke(request: &ApiRequest, viewer: &ConsoleMember) -> Result<Reply, Error> {
    delete::revoke(request, &viewer.bearer).await?;
    let told = format!("Copy {} is ended.", request.text("copy"));
    Ok(flash::done(&viewer.after_action(request.id("token")?), &told))
}
