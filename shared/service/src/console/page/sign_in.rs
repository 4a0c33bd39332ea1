//! The sign-in pages.

use http::header;
use jeton_core::{
    Error,
    idempotency::IdempotencyKey,
    session::{RECENT_SECONDS, Session},
    share::Closed,
    time::Timestamp,
};
use maud::{Markup, html};

use super::{
    frame::{Tab, back_to, frame, key_field, outside, small},
    passkey_form,
    sign_in_failed::Retry,
    sign_in_form::{form_to, form_with, provider_link},
};
use crate::{
    brand::Brand,
    console::{
        kept_form::KeptForm,
        session::{ConsoleMember, ConsoleSession},
        ways::Ways,
    },
    http::Reply,
    page::time::time,
};

/// The sign-in page. The sign-in leads to `then`.
pub fn start(
    brand: &Brand,
    ways: &Ways,
    told: Option<&str>,
    key: &IdempotencyKey,
    then: Option<&KeptForm>,
) -> Markup {
    page(
        brand,
        &html! {
            @if let Some(told) = told { p.note.good role="status" { (told) } }
            h1 { "Sign in" }
            p.lead {
                @if ways.mail { "We email you a link and a code" @if ways.passkeys.is_some() { ", unless you have a passkey" } ". " }
                "Never enter a token here."
            }
            (form_to(ways, key, then))
        },
    )
}

/// The sign-in page after an invalid address.
pub fn no_address(retry: &Retry, typed: &str) -> Markup {
    page(
        retry.brand,
        &html! {
            h1 { "Sign in" }
            (form_with(retry.ways, (typed, "Enter a valid email address."), retry.key, retry.back))
        },
    )
}

/// The page after a sign-in by mail where there is none.
pub fn not_by_mail(brand: &Brand, ways: &Ways, key: &IdempotencyKey) -> Markup {
    page(
        brand,
        &html! {
            h1 { "Sign in" }
            p.lead { "Here nobody signs in by email." }
            (form_to(ways, key, None))
        },
    )
}

/// Adds the cookie of a form to a page that leads to the provider, from which no fields of a form come back.
pub fn keeping(ways: &Ways, form: &KeptForm, reply: Reply) -> Reply {
    if ways.provider.is_some() { reply.with(header::SET_COOKIE, form.keep()) } else { reply }
}

/// The page that asks for a new sign-in before an action that needs a recent one. It returns to the form with its fields.
pub fn again(ways: &Ways, viewer: &ConsoleMember, form: &KeptForm) -> Markup {
    frame(viewer, Tab::Tokens, "Sign in again", &again_content(ways, &viewer.signed_in, form))
}

/// The same outside of projects.
pub fn again_outside(ways: &Ways, signed_in: &ConsoleSession, form: &KeptForm) -> Markup {
    outside(signed_in, "Sign in again", &again_content(ways, signed_in, form))
}

/// What becomes of a form: it comes back as it was filled, or that is too long to be kept.
pub fn returns_to(form: &KeptForm) -> Markup {
    html! {
        @if form.lost.is_empty() {
            p { "After you sign in, you return to your " @if form.fields.is_empty() { "page." } @else { "form." } }
        } @else {
            (lost(form, "What you entered is too long to be kept while you sign in."))
        }
    }
}

/// What was entered and is too long to be kept, to be copied; nothing if it is kept.
pub fn lost(form: &KeptForm, why: &str) -> Markup {
    html! {
        @if !form.lost.is_empty() {
            div.note.warn {
                p role="alert" {
                    strong { (why) }
                    " Copy it from here first: the form that you return to is without it."
                }
                dl.small { @for (name, value) in form.lost_fields() { dt { (name) } dd { pre { (value) } } } }
            }
        }
    }
}

fn again_content(ways: &Ways, signed_in: &ConsoleSession, form: &KeptForm) -> Markup {
    html! {
        h1 { "Sign in again" }
        p.lead { "For your security, sign in again to continue." }
        (returns_to(form))
        (again_form(ways, signed_in, form))
    }
}

/// The buttons of that page.
pub fn again_form(ways: &Ways, signed_in: &ConsoleSession, form: &KeptForm) -> Markup {
    html! {
        (not_asked(ways, &signed_in.session))
        @if ways.mail {
            form method="post" action="/console/sign-in" {
                (key_field())
                input type="hidden" name="email" value=(signed_in.session.email);
                (back_to(form))
                div.actions { button.primary type="submit" { "Email me a link" } }
            }
        }
        (passkey_form::form(ways, Some(form)))
        (provider_link(ways, true))
    }
}

/// Why a sign-in with the identity provider was not enough: its answer says that the credentials are older. Without the reason, a provider
/// that asks nobody for them leads in a circle.
fn not_asked(ways: &Ways, session: &Session) -> Markup {
    let too_old = |at: &Timestamp| at.plus_seconds(RECENT_SECONDS) <= session.created;
    html! {
        @if let (Some(provider), Some(at)) = (&ways.provider, session.authenticated.filter(too_old)) {
            p.note.warn {
                "When you last signed in, " (provider.name()) " did not ask for your credentials: it says that you entered them on "
                (time(at)) ". If it does not ask for them this time either, sign out there first."
            }
        }
    }
}

/// The page of a second sign-in, in a browser that is signed in already.
/// Of the sign-ins by mail, another one was first.
pub fn already(brand: &Brand, by_mail: bool) -> Markup {
    page(
        brand,
        &html! {
            h1 { "You are signed in already" }
            @if by_mail {
                p.lead { "You requested more than one email, and another one has signed you in. This link is not needed." }
            }
            div.actions { a.button.primary href="/console" { "Go to your tokens" } }
        },
    )
}

/// The page after a sign-in request, the same for every address.
pub fn mailed(brand: &Brand, ways: &Ways, email: &str) -> Markup {
    page(
        brand,
        &html! {
            h1 { "Check your email" }
            p.lead {
                "If " strong { (email) } " is the address of a member, we sent an email there. Its link works for ten "
                "minutes, in this browser."
            }
            @if ways.passkeys.is_some() {
                p { "The email has no link if the address has a passkey: sign in with that." }
            }
            h2 { "No email?" }
            p {
                "Check your spam folder. You may be a member with another address, or not be a member of any "
                "project yet: members of a project can invite you."
            }
            div.actions { a.button href="/console" { "Try another address" } }
        },
    )
}

/// The static page behind the link of a sign-in. The script reads the secret from the link.
pub fn code(brand: &Brand) -> Markup {
    page(
        brand,
        &html! {
            h1 { "Sign in" }
            noscript {
                div.note.warn {
                    p {
                        strong { "This page needs JavaScript." } " The secret of your link is in its last part, after "
                        "the #, which browsers send to no server by themselves."
                    }
                    p { "Please enable JavaScript for this page." }
                }
            }
            form #sign-in .scripted method="post" {
                div.field {
                    label for="code" { "Six-digit code" }
                    input #code .code name="code" inputmode="numeric" autocomplete="one-time-code" maxlength="16"
                        required aria-describedby="where problem";
                    p #problem .problem role="alert" {}
                    p #where .hint { "It is in the email, below the link." }
                }
                div.actions { button.primary type="submit" { "Sign in" } }
            }
        },
    )
}

/// The field of the error of a link whose address has a passkey by now.
pub const HAS_PASSKEY: &str = "passkey";

/// The error page of a sign-in. The script finds a mistake that can be corrected by its id.
pub fn problem(retry: &Retry, error: &Error, message: &str) -> Markup {
    let (title, what) = match error {
        Error::WrongCode { left: left @ 1.. } => {
            let left = match left {
                1 => "One attempt is left",
                2 => "Two attempts are left",
                3 => "Three attempts are left",
                _ => "Four attempts are left",
            };
            return mistake(retry.brand, &format!("This code is wrong. {left} before the link is locked."));
        }
        // The link was mailed before: no code helps.
        Error::BadField { field, .. } if field == HAS_PASSKEY => ("Sign in with your passkey", message),
        Error::BadField { .. } | Error::Malformed(_) => return mistake(retry.brand, message),
        Error::SignedOut => (
            "This is another browser",
            "A sign-in works only in the browser in which it was requested, while that keeps its cookie. Open the link \
             there, or ask for another one here.",
        ),
        Error::ShareClosed(Closed::Used(_)) => (
            "This link was used already",
            "A link works once. If you have just used it and no page came, the answer was lost. Request another one.",
        ),
        Error::ShareClosed(Closed::Expired) => {
            ("This link has expired", "A link works for ten minutes. Request another one.")
        }
        Error::ShareClosed(Closed::Locked) | Error::WrongCode { left: 0 } => {
            ("This link is locked", "Too many wrong codes were entered. Request another link.")
        }
        _ => (
            "This link isn't valid",
            "Often the end of the link was lost. Open the whole link from the email, to its last \
             character, or ask for another one.",
        ),
    };
    retry.page(title, what)
}

fn mistake(brand: &Brand, message: &str) -> Markup {
    page(brand, &html! { h1 { "Wrong code" } p #mistake { (message) } })
}

fn page(brand: &Brand, content: &Markup) -> Markup {
    small(brand, "Sign in", content)
}
