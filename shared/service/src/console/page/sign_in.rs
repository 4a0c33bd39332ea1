//! Signing in.

use jeton_core::{Error, idempotency::IdempotencyKey, share::Closed};
use maud::{Markup, html};

use super::frame::{Tab, frame, small};
use crate::{console::kept_form::KeptForm, console::session::ConsoleMember, idempotency::FORM_FIELD};

/// The page of somebody who is not signed in.
pub fn start(told: Option<&str>, key: &IdempotencyKey) -> Markup {
    page(&html! {
        @if let Some(told) = told { p.note.good role="status" { (told) } }
        h1 { "Sign in" }
        p.lead { "We email you a link and a code. Never enter a token here." }
        (form("", key))
    })
}

/// The same, for what is no e-mail address.
pub fn no_address(key: &IdempotencyKey) -> Markup {
    page(&html! {
        h1 { "Sign in" }
        (form("Enter a valid e-mail address.", key))
    })
}

/// The field for the address. The key is of this form alone: sent again, as by a page that is loaded again, it mails nothing.
pub fn form(problem: &str, key: &IdempotencyKey) -> Markup {
    form_to(problem, key, None)
}

/// The same, which leads back to a form with what was typed.
pub fn form_to(problem: &str, key: &IdempotencyKey, back: Option<&KeptForm>) -> Markup {
    html! {
        form method="post" action="/console/sign-in" {
            input type="hidden" name=(FORM_FIELD) value=(key.expose());
            @if let Some(back) = back { (back_to(back)) }
            div.field {
                label for="email" { "Your e-mail address" }
                input #email name="email" type="email" autocomplete="email" required maxlength="254"
                    aria-describedby="email-problem";
                p #email-problem .problem role="alert" { (problem) }
            }
            div.actions { button.primary type="submit" { "Email me a link" } }
        }
    }
}

/// Asks somebody who is signed in to sign in again, for what takes a recent sign-in. It leads back to the form with what
/// was typed.
pub fn again(viewer: &ConsoleMember, form: &KeptForm) -> Markup {
    let content = html! {
        h1 { "Sign in again" }
        p.lead { "For your security, sign in again to continue. You come back to this form." }
        (again_form(viewer, form, "Email me a link"))
    };
    frame(viewer, Tab::Tokens, "Sign in again", &content)
}

/// The button that does so.
pub fn again_form(viewer: &ConsoleMember, form: &KeptForm, label: &str) -> Markup {
    html! {
        form method="post" action="/console/sign-in" {
            input type="hidden" name=(FORM_FIELD) value=(viewer.signed_in.key.expose());
            input type="hidden" name="email" value=(viewer.signed_in.session.email);
            (back_to(form))
            div.actions { button.primary type="submit" { (label) } }
        }
    }
}

fn back_to(form: &KeptForm) -> Markup {
    html! {
        input type="hidden" name="then" value=(form.path);
        input type="hidden" name="fields" value=(form.fields);
    }
}

/// Who opens one more link of their mails, in the browser where another one has signed them in.
pub fn already() -> Markup {
    page(&html! {
        h1 { "You are signed in already" }
        p.lead { "You asked for more than one mail, and another of them has signed you in. This one is not needed." }
        div.actions { a.button.primary href="/console" { "Go to your tokens" } }
    })
}

/// What everyone reads who asked for a sign-in.
pub fn mailed(email: &str) -> Markup {
    page(&html! {
        h1 { "Check your email" }
        p.lead {
            "If " strong { (email) } " is the address of a member, a mail is on its way there. Its link works for ten "
            "minutes, in this browser."
        }
        h2 { "No mail?" }
        p {
            "Check your spam folder. It may also be that you are a member under another address, or of no "
            "project: a project's members can invite you."
        }
        div.actions { a.button href="/console" { "Try another address" } }
    })
}

/// The static page that the link of every sign-in opens. The script takes the secret from the link.
pub fn code() -> Markup {
    page(&html! {
        h1 { "Sign in" }
        noscript {
            div.note.warn {
                p {
                    strong { "This page needs JavaScript." } " The secret of your link is in its last part, after "
                    "the #, which browsers send to no server by themselves."
                }
                p { "Please switch JavaScript on for this page." }
            }
        }
        form #sign-in method="post" {
            div.field {
                label for="code" { "Six-digit code" }
                input #code .code name="code" inputmode="numeric" autocomplete="one-time-code" maxlength="16"
                    required aria-describedby="where problem";
                p #problem .problem role="alert" {}
                p #where .hint { "It is in the mail, below the link." }
            }
            div.actions { button.primary type="submit" { "Sign in" } }
        }
    })
}

/// Why nobody is signed in. A mistake that can be put right carries the id by which the script finds it.
pub fn problem(error: &Error, message: &str, key: &IdempotencyKey) -> Markup {
    let (title, what) = match error {
        Error::WrongCode { left: left @ 1.. } => {
            let left = if *left == 1 {
                "One attempt is left".to_owned()
            } else {
                format!("{left} attempts are left")
            };
            return mistake(&format!("This code is wrong. {left} before the link is locked."));
        }
        Error::BadField { .. } | Error::Malformed(_) => return mistake(message),
        Error::SignedOut => (
            "This is another browser",
            "A sign-in works only in the browser in which it was asked for, while that keeps its cookie. Open the link \
             there, or ask for another one here.",
        ),
        Error::ShareClosed(Closed::Used(_)) => {
            ("This link was used already", "A link signs in once. Ask for another one.")
        }
        Error::ShareClosed(Closed::Expired) => {
            ("This link has expired", "A link works for ten minutes. Ask for another one.")
        }
        Error::ShareClosed(Closed::Locked) | Error::WrongCode { left: 0 } => {
            ("This link is locked", "Too many wrong codes were entered. Ask for another link.")
        }
        _ => (
            "This link isn't valid",
            "Most often the end of the link got lost on its way. Open the whole link from the mail, to its last \
             character, or ask for another one.",
        ),
    };
    page(&html! {
        h1 { (title) }
        p.lead { (what) }
        (form("", key))
    })
}

fn mistake(message: &str) -> Markup {
    page(&html! { h1 { "Wrong code" } p #mistake { (message) } })
}

fn page(content: &Markup) -> Markup {
    small("Sign in", content)
}
