//! Console operation on the expiry of a token.

use http::StatusCode;
use jeton_api::{patch::Patch, settings::TokenSettings};
use jeton_core::{Error, permission::Call, time::Timestamp, token::Token};

use super::mistake;
use crate::{
    console::page as pages,
    console::problems::Problems,
    console::session::ConsoleMember,
    console::wire::ExtendForm,
    console::{
        flash,
        kept_form::{self, KeptForm},
    },
    http::{ApiRequest, Reply},
    operation::{
        detail,
        update::{self, Updated},
    },
};

/// The message for a form whose token has another expiry by now.
const OUTDATED: &str =
    "The expiry was changed after you opened this page. Nothing was saved. The page shows it as it is now.";

/// The message for a date that would shorten the life of a token, until that is confirmed.
const EARLIER: &str = "This is earlier than the present expiry. Confirm it below, or choose a later date.";

/// `GET /console/projects/{project}/tokens/{token}/extend`
pub async fn ask_extend(request: &ApiRequest, viewer: &ConsoleMember) -> Result<Reply, Error> {
    let token = detail::read(request, &viewer.bearer).await?;
    viewer.bearer.caller.may(Call::Update, token.target())?;
    let typed: Option<ExtendForm> = KeptForm::typed(request);
    let form = typed.clone().unwrap_or_default();
    let page = pages::extend::form(viewer, &token, &form, &Problems::default(), request.now);
    Ok(kept_form::shown_again(request, Reply::page(StatusCode::OK, page), typed.is_some()))
}

/// `POST /console/projects/{project}/tokens/{token}/extend`
pub async fn extend(request: &ApiRequest, viewer: &ConsoleMember) -> Result<Reply, Error> {
    let form: ExtendForm = request.body()?;
    match update::change(request, &viewer.bearer, |token| settings(&form, token, request.now)).await {
        Ok(Updated { token, .. }) => {
            let end = token.identity.expires.map_or_else(|| "never".to_owned(), Timestamp::for_people);
            let name = flash::named(&token.identity.description);
            let told = format!("The token {name} now expires on {end}.");
            Ok(flash::done(&viewer.after_action(token.id), &told))
        }
        Err(error) => {
            let outdated = matches!(&error, Error::Conflict(why) if *why == OUTDATED);
            let at_date = matches!(&error, Error::BadField { field, .. } if field == "until");
            let message = mistake(error)?;
            let problems = if at_date { Problems::at("until", &message) } else { Problems::whole(&message) };
            let token = detail::read(request, &viewer.bearer).await?;
            let status = if outdated { StatusCode::CONFLICT } else { StatusCode::BAD_REQUEST };
            let page = pages::extend::form(viewer, &token, &form, &problems, request.now);
            Ok(Reply::page(status, page))
        }
    }
}

/// The new expiry. A form that is submitted twice finds its own change, and changes nothing then.
fn settings(form: &ExtendForm, token: &Token, now: Timestamp) -> Result<TokenSettings, Error> {
    let end = form.end(now)?;
    let present = token.identity.expires.map(|end| end.to_string());
    if present.as_ref() == Some(&end.to_string()) {
        return Ok(TokenSettings::default());
    }
    if present != form.started_from() {
        return Err(Error::Conflict(OUTDATED));
    }
    // What was confirmed is that date, and no other one.
    let is_confirmed = form.earlier.as_deref() == Some(end.to_string().as_str());
    if !is_confirmed && token.identity.expires.is_some_and(|present| end < present) {
        return Err(Error::bad_field("until", EARLIER));
    }
    Ok(TokenSettings { expires: Patch::Set(end.to_string()), ..TokenSettings::default() })
}
