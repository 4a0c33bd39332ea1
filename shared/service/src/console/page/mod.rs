//! The pages of the console, for administrators.
//!
//! Each works without a script: what a script makes a dialog is a page of its own.

pub mod events;
mod frame;
pub mod members;
pub mod sessions;
pub mod share;
pub mod sign_in;
pub mod token;
pub mod token_form;
pub mod tokens;
pub mod usage;

pub use frame::{Tab, csrf_field, csrf_field_once, frame, named, small, time};

use http::{Method, StatusCode};
use jeton_core::{Error, idempotency::IdempotencyKey};
use maud::html;

use crate::{
    clock::entropy,
    console::kept_form::KeptForm,
    http::{Reply, problem},
};

/// What the pages can do beyond links and forms.
pub const SCRIPT: &str = concat!(include_str!("../../page/page.js"), include_str!("console.js"));

/// What somebody asked for and cannot have.
pub struct Asked<'a> {
    /// How.
    pub method: &'a Method,
    /// The form to come back to, had it been sent by somebody who is signed in.
    pub form: Option<KeptForm>,
    /// Where the console is, for a browser that is at another address of this machine.
    pub elsewhere: Option<String>,
}

/// The page, or the way, for somebody who cannot have what they asked for.
pub fn refusal(error: &Error, asked: &Asked, exception: &str) -> Reply {
    let method = asked.method;
    if matches!(error, Error::SignedOut) && method == Method::GET {
        return Reply::see_other("/console");
    }
    // No form of ours asks like that.
    if matches!(error, Error::MethodNotAllowed(_)) {
        return Reply::error(error, exception.to_owned());
    }
    let problem = problem(error);
    let title = match problem.status {
        StatusCode::NOT_FOUND => "Not found",
        StatusCode::UNAUTHORIZED => "You are signed out",
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::INTERNAL_SERVER_ERROR => "Temporarily unavailable",
        _ => "That did not work",
    };
    let again = matches!(error, Error::SignedOut | Error::SignInAgain);
    let content = html! {
        h1 { (title) }
        @if let (Error::CrossSite, Some(url)) = (error, &asked.elsewhere) {
            p.lead { "The console is at another address, and its forms work only there." }
            p { a href={ (url) "/console" } { (url) "/console" } }
            p { "To reach it by this address, start Jeton with it as " code { "JETON_PUBLIC_URL" } "." }
        } @else {
            p.lead { (problem.message) "." }
        }
        @if again {
            @if asked.form.is_some() { p { "Sign in, and you come back to your form." } }
            (sign_in::form_to("", &IdempotencyKey::random(&mut entropy()), asked.form.as_ref()))
        } @else {
            p { a href="/console" { "Go to your tokens" } }
        }
        p.small.soft { "Error ID: " code { (exception) } }
    };
    let reply = Reply::page(problem.status, small(title, &content));
    problem.headers.into_iter().fold(reply, |reply, (name, value)| reply.with(name, value))
}
