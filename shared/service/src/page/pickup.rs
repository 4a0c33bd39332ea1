//! The pages of a pick-up.

use jeton_core::{Error, share::Closed};
use maud::{DOCTYPE, Markup, html};

use crate::wire::pickup::PickUpBody;

/// Takes the secret from the link and talks to the server.
pub const SCRIPT: &str = include_str!("pickup.js");

/// How the pages look.
pub const STYLE: &str = include_str!("pickup.css");

/// The static page that every link opens. The script fills it.
pub fn shell() -> Markup {
    document(&html! {
        p #working { "One moment …" }
        noscript {
            p {
                "This page needs JavaScript: the secret of your link is in its last part, which browsers "
                "send to no server by themselves. Please switch JavaScript on and open the link again."
            }
        }
        script src="/pickup/-/pickup.js" {}
    })
}

/// What is shared, with the form for the code; or, once it is picked up, the copy.
pub fn offer(body: &PickUpBody, public_url: &str) -> Markup {
    let membership = body.kind == "membership";
    document(&html! {
        @match &body.token {
            Some(token) => {
                h1 { @if membership { "Welcome to " (body.project.name) } @else { "Here is your token" } }
                p { strong { "It is shown this once." } " Keep it as you would keep a password." }
                p { code #secret { (token) } " " button #copy type="button" { "Copy" } }
                (facts(body))
                p { "Try it:" }
                pre { code { "curl -H 'X-StorageApi-Token: " (token) "' " (public_url) "/v2/storage/tokens/verify" } }
            }
            None => {
                h1 { @if membership { "You are invited" } @else { "A token is shared with you" } }
                (facts(body))
                form #pickup method="post" {
                    label for="code" { "The six-digit code from the mail, or from " (body.sharer) }
                    input #code name="code" inputmode="numeric" autocomplete="one-time-code" maxlength="16" required;
                    button type="submit" { @if membership { "Join" } @else { "Show me the token" } }
                }
                p { "It is shown once, so pick it up where you can keep it." }
            }
        }
    })
}

/// Why there is nothing to pick up, and what to do next.
pub fn problem(error: &Error, message: &str) -> Markup {
    let next = match error {
        Error::WrongCode => "Look at the code in the mail again, and type it once more.",
        Error::BadField { .. } | Error::Malformed(_) => "The code is six digits.",
        Error::ShareClosed(Closed::Used(_)) => {
            "If that was not you, tell the person who shared it at once: they can refresh the token, \
             which ends every copy."
        }
        Error::ShareClosed(_) => "Ask the person who shared it to share it again.",
        Error::ShareNotFound => {
            "Check that you opened the whole link, to its last character, or ask for a new one."
        }
        _ => "Please try again in a moment.",
    };
    document(&html! {
        h1 {
            @match error {
                Error::WrongCode => "That was not the code",
                Error::BadField { .. } | Error::Malformed(_) => "That is not a code",
                _ => "There is nothing to pick up here",
            }
        }
        p { (message) }
        p { (next) }
        @if matches!(error, Error::WrongCode | Error::BadField { .. } | Error::Malformed(_)) {
            p { button #again type="button" { "Try again" } }
        }
    })
}

fn facts(body: &PickUpBody) -> Markup {
    html! {
        dl {
            dt { "Project" } dd { (body.project.name) }
            dt { "From" } dd { (body.sharer) }
            dt { @if body.kind == "membership" { "For" } @else { "Token" } } dd { (body.description) }
            dt { "It may" } dd { ul { @for sentence in &body.may { li { (sentence) } } } }
            @if let Some(expires) = &body.expires { dt { "It ends" } dd { (expires) } }
            @if body.token.is_none() { dt { "To be picked up until" } dd { (body.open_until) } }
        }
    }
}

fn document(content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex";
                title { "Pick up · Jeton" }
                link rel="stylesheet" href="/pickup/-/pickup.css";
            }
            body { main #main { (content) } }
        }
    }
}
