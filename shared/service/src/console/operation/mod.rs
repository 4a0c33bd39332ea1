//! The operations of the console.
//!
//! A viewer acts with their own master token. The functions here read forms, call the operations of the API, and render
//! pages.

mod extend;
mod history;
mod home;
mod members;
mod own_projects;
mod passkey_section;
mod passkeys;
mod sessions_page;
mod sign_in;
mod sign_in_ask;
mod sign_in_passkey;
mod sign_in_provider;
mod suggestions;
mod summary;
mod summary_events;
mod summary_questions;
mod token;
mod token_actions;
mod token_list;
mod tokens;
mod usage;

pub use extend::{ask_extend, extend};
pub use history::{export_of_project, export_of_token, of_project, of_token};
pub use home::{ask_end, end_session, home, projects, script, sessions, sign_out, style};
pub use members::{
    ask_remove, ask_role, change_role, invite, members, remove, send_invitation, withdraw_invitation,
};
pub use passkeys::{ask_remove_passkey, register_passkey, remove_passkey};
pub use sign_in::{answer, page};
pub use sign_in_ask::ask;
pub use sign_in_passkey::{finish_with_passkey, start_with_passkey};
pub use sign_in_provider::{finish, start};
pub use summary::summary;
pub use token::{
    ask_delete, ask_refresh, ask_revoke, ask_share, ask_switch, delete, edit, overview, refresh, revoke,
    send_share, share, switch, withdraw_share,
};
pub use token_actions::{act, ask_act};
pub use token_list::tokens;
pub use tokens::{create, new};
pub use usage::{dry_run, usage};

use std::future::Future;

use http::{Method, StatusCode};
use jeton_core::Error;

use crate::{
    console::kept_form::KeptForm,
    console::page as pages,
    console::problems::{FormFields, Problems, as_sentence},
    console::session::{ConsoleMember, ConsoleSession},
    console::way_out::typed,
    http::{ApiRequest, Reply, problem},
    idempotency::{self, HAS_ENDED, IS_OFF, OriginalResult},
    operation::offer::availability::{IS_LOCKED, IS_PAUSED, WAS_PICKED_UP},
};

/// Runs a form that creates something, once. If the form is submitted again, for example by a reload, `again` returns
/// the first result.
async fn once<T, A: Future<Output = Result<T, Error>>>(
    request: &ApiRequest,
    first: impl Future<Output = Result<T, Error>>,
    again: impl FnOnce(OriginalResult) -> A,
) -> Result<T, Error> {
    if let Some(original) = idempotency::made_before(request).await? {
        return again(original).await;
    }
    match first.await {
        // The form was submitted twice at the same time.
        Err(error) => match idempotency::original(request, &error).await? {
            Some(original) => again(original).await,
            None => Err(error),
        },
        outcome => outcome,
    }
}

/// Asks for a new sign-in, which returns to the form with what was entered.
fn sign_in_again(request: &ApiRequest, viewer: &ConsoleMember, status: StatusCode) -> Reply {
    let fields = if request.method == Method::POST { typed(&request.body) } else { String::new() };
    let path = request.uri.path();
    let form = KeptForm::parse(&viewer.carried(path), &fields);
    let form = form.unwrap_or_else(|| KeptForm::page(path.to_owned()));
    sign_in_again_to(request, viewer, &form, status)
}

/// As [`sign_in_again`], for a form on a page with another path.
fn sign_in_again_on(request: &ApiRequest, viewer: &ConsoleMember, path: &str, status: StatusCode) -> Reply {
    sign_in_again_to(request, viewer, &KeptForm::page(path.to_owned()), status)
}

fn sign_in_again_to(
    request: &ApiRequest,
    viewer: &ConsoleMember,
    form: &KeptForm,
    status: StatusCode,
) -> Reply {
    let ways = &request.app.ways;
    let form = form.clone().by(&viewer.signed_in.session.email);
    pages::sign_in::keeping(ways, &form, Reply::page(status, pages::sign_in::again(ways, viewer, &form)))
}

/// The same for a form of a session, which returns to the page of sessions.
fn sign_in_again_outside(request: &ApiRequest, signed_in: &ConsoleSession, status: StatusCode) -> Reply {
    let (ways, form) = (&request.app.ways, pages::passkeys::back());
    let page = pages::sign_in::again_outside(ways, signed_in, &form);
    pages::sign_in::keeping(ways, &form, Reply::page(status, page))
}

/// As [`mistake`], at the field that the error names.
fn mistakes(fields: &FormFields, error: Error) -> Result<Problems, Error> {
    let field = match &error {
        Error::BadField { field, .. } => field.clone(),
        Error::QueryNotParsed(_) => "q".to_owned(),
        Error::MailRejected | Error::AddressRejected => fields.first().map_or("", |(_, of, _)| of).to_owned(),
        _ => String::new(),
    };
    Ok(Problems::of(fields, &field, &message_of(error)?).as_sentences())
}

/// What is told of an invalid form; other errors are returned.
fn mistake(error: Error) -> Result<String, Error> {
    message_of(error).map(|message| as_sentence(&message))
}

/// The same, as it was written for the API.
fn message_of(error: Error) -> Result<String, Error> {
    match error {
        _ if idempotency::key_is_taken(&error) => {
            Ok("This form was submitted before, so nothing was done now. Submit it again to repeat it."
                .to_owned())
        }
        Error::QueryNotParsed(why) => Ok(format!("This search can't be read: {why}")),
        // The message of the API tells a program what to call next.
        Error::Conflict(why) if let Some(told) = of_form(why) => Ok(told.to_owned()),
        Error::BadField { .. }
        | Error::InvalidPermissions(_)
        | Error::MinimalExpiration
        | Error::TooManyCopies
        | Error::MailNotSent
        | Error::MailRejected => Ok(problem(&error).message),
        // The spelling of the pages. These have nothing that was entered.
        Error::AddressRejected | Error::Conflict(_) => Ok(problem(&error).message.replace("e-mail", "email")),
        other => Err(other),
    }
}

/// What a person is told of a form that is submitted again, once what it sent is no longer there.
fn of_form(why: &str) -> Option<&'static str> {
    [
        (WAS_PICKED_UP, "What this form sent was picked up already, so nothing was sent now."),
        (
            IS_LOCKED,
            "What this form sent is locked, because wrong codes were entered, so nothing was sent now. Load the page anew to send another one.",
        ),
        (
            IS_PAUSED,
            "What this form sent is paused, because its sender may not share or its project is closed. Try again later.",
        ),
        (IS_OFF, "The token is disabled. Enable it, and submit this form again."),
        (
            HAS_ENDED,
            "What this form made was withdrawn since, or has ended or expired, so nothing was done now. Load the page anew to repeat it.",
        ),
    ]
    .into_iter()
    .find_map(|(error, told)| matches!(error, Error::Conflict(of) if of == why).then_some(told))
}
