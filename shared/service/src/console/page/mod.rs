//! The pages of the console.
//!
//! They work without a script: dialogs are pages of their own.

pub mod action_run;
pub mod assets;
pub mod chart;
mod covered;
mod event_search;
pub mod events;
pub mod extend;
mod frame;
mod marks;
pub mod members;
pub mod new_token;
mod passkey_form;
pub mod passkeys;
pub mod sessions;
pub mod share;
pub mod sign_in;
pub mod sign_in_failed;
mod sign_in_form;
pub mod sign_in_passkey;
pub mod sign_in_provider;
pub mod summary;
pub mod token;
pub mod token_actions;
pub mod token_form;
pub mod token_row;
pub mod tokens;
pub mod usage;

pub use frame::{Tab, back_field, csrf_field, csrf_field_once, frame, key_field, named, small};

use http::{Method, StatusCode, header};
use jeton_core::{Error, idempotency::IdempotencyKey};
use maud::{Markup, html};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::{
    brand::Brand,
    clock::entropy,
    console::{
        again::Again,
        flash,
        kept_form::KeptForm,
        way_out::{WayOut, is_temporary},
        ways::Ways,
    },
    http::{Reply, problem},
    page::table,
};

/// A failed request, for its error page.
pub struct Asked<'a> {
    /// The method.
    pub method: &'a Method,
    /// The ways out.
    pub out: WayOut,
    /// The address of the console, for a browser at another address of this machine.
    pub elsewhere: Option<String>,
    /// The ways of signing in.
    pub ways: &'a Ways,
}

/// What is encoded of an address in a query: all but paths.
const IN_THEN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-');

/// The button that sends a call again, or the way back to its form.
fn try_again(asked: &Asked) -> Markup {
    html! {
        @match &asked.out.again {
            Some(Again::Page(address)) => div.actions { a.button.primary href=(address) { "Try again" } },
            Some(Again::Form(address, fields)) => {
                form.again method="post" action=(address) {
                    @for (name, value) in fields { input type="hidden" name=(name) value=(value); }
                    div.actions { button.primary type="submit" { "Try again" } }
                }
            }
            None => {}
        }
        @if *asked.method != Method::GET {
            p { "Or go back in your browser: the form has what you entered." }
        }
    }
}

/// The message for a form of an earlier sign-in.
const OUTDATED: &str = "There was another sign-in since that form was opened, so nothing was done now. Check it, and submit it again.";

/// Where an action stopped, if this is a step of one: the answer to a later step may be lost. A step that failed for the moment may have
/// changed some of its tokens, and one above a limit has changed none.
fn stopped(out: &WayOut, error: &Error) -> Option<String> {
    let step = out.step.as_ref()?;
    let may_have_changed = is_temporary(error) && problem(error).status != StatusCode::TOO_MANY_REQUESTS;
    let (_, done) = token_actions::names(step.action);
    let before = || format!("The action stopped after at least {}.", token_actions::count(step.before));
    match (step.before, may_have_changed) {
        (0, false) => None,
        (0, true) => Some(format!("The action may have {done} up to {}.", token_actions::count(step.tokens))),
        (_, false) => Some(before()),
        (_, true) => Some(format!("{} This step may have {done} up to {} more.", before(), step.tokens)),
    }
}

/// The error page, or a redirect.
pub fn error_page(brand: &Brand, error: &Error, asked: &Asked, exception: &str) -> Reply {
    let method = asked.method;
    if matches!(error, Error::SignedOut) && method == Method::GET {
        let encoded = |page: &KeptForm| utf8_percent_encode(&page.address(), IN_THEN).to_string();
        let back = asked.out.form.as_ref().map(|page| format!("?then={}", encoded(page))).unwrap_or_default();
        return Reply::see_other(&format!("/console{back}"));
    }
    // A form of a page that was opened before the person signed in again: it is shown again, and nothing is done.
    if matches!(error, Error::CrossSite)
        && let Some(form) = asked.out.form.as_ref().filter(|form| form.path != KeptForm::SESSIONS)
        && form.lost.is_empty()
    {
        let stopped =
            stopped(&asked.out, error).map(|stopped| format!("There was another sign-in. {stopped}"));
        let told = stopped.as_deref().unwrap_or(OUTDATED);
        return flash::done(&form.address(), told).with(header::SET_COOKIE, form.keep());
    }
    // Not a request of our forms.
    if matches!(error, Error::MethodNotAllowed(_)) {
        return Reply::error(error, exception);
    }
    let problem = problem(error);
    let again = matches!(error, Error::SignedOut | Error::SignInAgain);
    let title = match problem.status {
        _ if asked.out.step.is_some() && !again && !is_temporary(error) => "The action stopped",
        StatusCode::NOT_FOUND => "Not found",
        StatusCode::UNAUTHORIZED => "You are signed out",
        StatusCode::TOO_MANY_REQUESTS => "Too many requests",
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::INTERNAL_SERVER_ERROR => "Temporarily unavailable",
        _ if matches!(error, Error::ReadOnly) => "Your role is read-only",
        _ => "Something went wrong",
    };
    let content = html! {
        h1 { (title) }
        @if let (Error::CrossSite, Some(url)) = (error, &asked.elsewhere) {
            p.lead { "The console has another address. Its forms work only there." }
            p { a href={ (url) "/console" } { (url) "/console" } }
            p { "To use this address, start Jeton with it in " code { "JETON_PUBLIC_URL" } "." }
        } @else {
            p.lead { (problem.message.trim_end_matches('.')) "." }
        }
        @if let (Error::CrossSite, Some(form)) = (error, &asked.out.form) { (sign_in::lost(form, "What you entered is too long to be kept.")) }
        @if let Some(stopped) = stopped(&asked.out, error) { p { (stopped) } }
        @if again {
            @if let Some(form) = &asked.out.form { (sign_in::returns_to(form)) }
            (sign_in_form::form_to(asked.ways, &IdempotencyKey::random(&mut entropy()), asked.out.form.as_ref()))
        } @else {
            @if is_temporary(error) { (try_again(asked)) }
            p {
                @match &asked.out.list {
                    Some(list) => a href=(list) { "Back to the tokens" },
                    None => a href="/console" { "Go to your tokens" },
                }
            }
        }
        p.small.soft.after { "Error ID: " code { (exception) } }
    };
    let reply = Reply::page(problem.status, small(brand, title, &content));
    let reply = match &asked.out.form {
        Some(form) if again => sign_in::keeping(asked.ways, form, reply),
        _ => reply,
    };
    problem.headers.into_iter().fold(reply, |reply, (name, value)| reply.with(name, value))
}
