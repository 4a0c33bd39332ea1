//! The pages of a pick-up, for people who do not know Jeton.

use jeton_api::pickup::PickUpBody;
use jeton_core::{Error, idempotency::Withheld, secret::PlainSecret, share::Closed};
use maud::{Markup, html};

use super::{
    asset::Asset,
    layout::{self, Head},
    secret::{secret, try_it},
    time::time,
    words,
};
use crate::brand::Brand;

/// The script, which reads the secret from the link and calls the API.
pub static SCRIPT: Asset = Asset::new(
    "/pickup/-/pickup.js",
    "text/javascript; charset=utf-8",
    concat!(include_str!("time.js"), include_str!("page.js"), include_str!("pickup.js")),
);

/// The static page behind every link. The script loads its content.
pub fn shell(brand: &Brand) -> Markup {
    document(
        brand,
        &html! {
            h1 { "Something is shared with you" }
            // A status that the script writes.
            p #working .lead role="status" {}
            // After a reload, the script shows this in place of the offer.
            template #lost {
                h1 { "Something is shared with you" }
                p.lead {
                    "The answer to your code did not arrive, so it may have been picked up. Enter the same code again within ten "
                    "minutes, and you will see it."
                }
                (code_form("It is in the email, or the sender gave it to you.", "Continue"))
            }
            noscript {
                div.note.warn {
                    p {
                        strong { "This page needs JavaScript." } " The secret of your link is in its last part, "
                        "after the #, which browsers send to no server by themselves."
                    }
                    p { "Please enable JavaScript for this page, or open the link in another browser." }
                }
            }
        },
    )
}

/// The offer with the form for the code, or the copy after the pick-up.
pub fn offer(brand: &Brand, body: &PickUpBody, public_url: &str) -> Markup {
    match (body.token.as_ref().map(PlainSecret::expose), body.kind.as_ref()) {
        (None, "membership") => invitation(brand, body),
        (None, _) => share(brand, body),
        (Some(token), "membership") if body.reads_only => joined_to_read(brand, body, token, public_url),
        (Some(token), "membership") => joined(brand, body, token, public_url),
        (Some(token), _) => copy(brand, body, token, public_url),
    }
}

fn share(brand: &Brand, body: &PickUpBody) -> Markup {
    document(
        brand,
        &html! {
            h1 {
                @if body.by_token.is_some() { "An API token is shared with you" }
                @else { (body.sharer) " shares an API token with you" }
            }
            p.lead {
                "A token is a key: whoever has it can use project " strong { (body.project.name) }
                " over its API, within these limits."
            }
            (facts(body, "Token"))
            p { "You will see the token once. Pick it up when you are ready to store it." }
            (code_form(&where_code_is(body), "Show me the token"))
        },
    )
}

fn invitation(brand: &Brand, body: &PickUpBody) -> Markup {
    document(
        brand,
        &html! {
            h1 { "Join project " (body.project.name) }
            p.lead {
                @if body.by_person { (body.sharer) " invites you to become a member." }
                @else { "You have been invited to become a member." }
            }
            (facts(body, "For"))
            @if body.reads_only { p { "You can read this project, not change it. You will see your token for the API once." } }
            @else { p { "You will see your master token once. Join when you are ready to store it." } }
            (code_form(&where_code_is(body), "Join"))
        },
    )
}

fn copy(brand: &Brand, body: &PickUpBody, token: &str, public_url: &str) -> Markup {
    document(
        brand,
        &html! {
            h1 { "Here is your token" }
            (kept_by_nobody())
            (secret("token", token))
            (try_it(token, public_url))
            h2 { "What it is for" }
            (facts(body, "Token"))
        },
    )
}

fn joined(brand: &Brand, body: &PickUpBody, token: &str, public_url: &str) -> Markup {
    document(
        brand,
        &html! {
            h1 { "Welcome to " (body.project.name) }
            p.lead { "You are a member now, and this is your master token." }
            (kept_by_nobody())
            (secret("master token", token))
            h2 { "What a master token is" }
            p {
                "It gives full access to the project. Don't share it with people or programs: "
                "create tokens with fewer rights for them instead."
            }
            p {
                "In the " a href="/console" { "console" }
                " you create, share and refresh tokens and see what each of them did."
            }
            (facts(body, "Member"))
            (try_it(token, public_url))
        },
    )
}

fn joined_to_read(brand: &Brand, body: &PickUpBody, token: &str, public_url: &str) -> Markup {
    document(
        brand,
        &html! {
            h1 { "Welcome to " (body.project.name) }
            p.lead {
                "You are a read-only member now. In the " a href="/console" { "console" } " you see the project."
            }
            p { "This is your token, for reading over the API." }
            (kept_by_nobody())
            (secret("token", token))
            (facts(body, "Member"))
            (try_it(token, public_url))
        },
    )
}

/// The page of an error, and what to do next.
///
/// A mistake that can be corrected has an id, by which the script finds it and shows it at the field. So has what was picked up.
pub fn problem(brand: &Brand, error: &Error, message: &str) -> Markup {
    let ask_again = "Ask the person who shared it to share it again. You will get a new link and a new code.";
    let (title, what, next) = match error {
        Error::ShareClosed(Closed::Used(at)) => (
            "This was already picked up",
            html! { "It was picked up on " (time(*at)) ", and a share can be picked up only once." },
            "If that was you, use the token you stored. If you lost it, ask for a new share; as a new member, sign in to the console \
             and refresh it there. If it was not you, tell the person who sent it at once: they can revoke that copy, or remove that member.",
        ),
        Error::ShareClosed(Closed::Expired) => {
            ("This link has expired", html! { "Nothing can be picked up with it any more." }, ask_again)
        }
        Error::ShareClosed(Closed::Locked) | Error::WrongCode { left: 0 } => (
            "This link is locked",
            html! { "Too many wrong codes were entered, so it can no longer be picked up." },
            "Tell the person who shared it, and say whether the codes were yours. They can share it again, \
             with a new link and a new code.",
        ),
        Error::ShareClosed(Closed::Ended) => (
            "This link has ended",
            html! {
                "The token was refreshed or deleted or has expired, the share or invitation was withdrawn or sent again, or its sender "
                "may not send any more."
            },
            "If you have a newer email about it, use the link and the code of that one. Otherwise ask the person who shared it, or \
             another admin of the project, for a new one.",
        ),
        Error::ShareDisabled | Error::SenderMayNotShare | Error::ProjectClosed => (
            "This cannot be picked up at the moment",
            html! { (message) },
            "Open the link again later. If it still does not work, ask the person who shared it.",
        ),
        Error::ShareNotFound => (
            "This link isn't valid",
            html! { "There is no share with this link. Often the end of the link was lost." },
            "Open the whole link from the email, to its last character, or copy it into the address bar. \
             If that does not help, ask for a new one.",
        ),
        Error::WrongCode { .. } | Error::BadField { .. } | Error::Malformed(_) => {
            let is_no_code = matches!(error, Error::BadField { field, .. } if field == "code");
            let message = if is_no_code { words::NOT_SIX_DIGITS } else { message };
            return document(
                brand,
                &html! {
                    h1 { "Wrong code" }
                    p #mistake { (message) }
                },
            );
        }
        _ => {
            return document(
                brand,
                &html! {
                    h1 { "Something went wrong" }
                    p #working .lead role="status" { (message) }
                    div.actions { button #again .primary type="button" { "Try again" } }
                },
            );
        }
    };
    let is_used = matches!(error, Error::ShareClosed(Closed::Used(_)));
    document(
        brand,
        &html! {
            h1 { (title) }
            p.lead id=[is_used.then_some("used")] { (what) }
            h2 { "What to do now" }
            p { (next) }
        },
    )
}

/// The page of a token that was picked up by a code whose answer was lost, and is not shown any more.
pub fn withheld(brand: &Brand, why: Withheld) -> Markup {
    document(
        brand,
        &match why {
            Withheld::Ended => html! {
                h1 { "This was picked up, and has ended since" }
                p.lead {
                    "Your code has picked up the token. It was refreshed or deleted since, or has expired, so it is not shown any more."
                }
                h2 { "What to do now" }
                p {
                    "Ask the person who shared it to share it again. You will get a new link and a new code. As a new member, sign in to "
                    "the console and refresh your token there."
                }
            },
            Withheld::Disabled => html! {
                h1 { "This was picked up, and is disabled now" }
                p.lead { "Your code has picked up the token. It was disabled since, so it is not shown." }
                h2 { "What to do now" }
                p {
                    "Ask the person who shared it. If they enable it within ten minutes after you entered the code, try again here. "
                    "Otherwise ask them to share it again."
                }
                p #working role="status" {}
                div.actions { button #again .primary type="button" { "Try again" } }
            },
        },
    )
}

/// The facts about a share: sender, rights and expiry.
fn facts(body: &PickUpBody, what: &str) -> Markup {
    html! {
        dl {
            dt { "Project" } dd { (body.project.name) }
            @match &body.by_token {
                Some(token) if body.token.is_none() && body.by_person => {
                    dt { "From" } dd { "Token " (token) ", created by " (body.sharer) }
                }
                Some(token) if body.token.is_none() => { dt { "From" } dd { "Token " (token) } }
                None if body.token.is_none() && body.by_person => { dt { "From" } dd { (body.sharer) } }
                _ => {}
            }
            dt { (what) } dd { (body.description) }
            dt { "It may" }
            dd { (words::list(&body.may)) }
            dt { "Expires" }
            dd {
                @match body.expires { Some(at) => (time(at)), None => "Never, unless it is refreshed or deleted" }
            }
            @if body.token.is_none() { dt { "Pick it up until" } dd { (time(body.open_until)) } }
        }
    }
}

fn where_code_is(body: &PickUpBody) -> String {
    let is_of_person = body.by_token.is_none() && body.by_person;
    let sender = if is_of_person { &body.sharer } else { "the sender" };
    format!("It is in the email. If it is not there, {sender} can give it to you.")
}

fn code_form(hint: &str, label: &str) -> Markup {
    html! {
        form #pickup method="post" {
            div.field {
                label for="code" { "Six-digit code" }
                input #code .code name="code" inputmode="numeric" autocomplete="one-time-code" maxlength="16"
                    required aria-describedby="where problem";
                p #problem .problem role="alert" {}
                p #where .hint { (hint) }
            }
            div.actions { button.primary type="submit" { (label) } }
        }
    }
}

fn kept_by_nobody() -> Markup {
    html! {
        p.note.warn {
            strong { "Copy it now." } " You won't be able to see it again. Store it like a password."
        }
    }
}

fn document(brand: &Brand, content: &Markup) -> Markup {
    let head = Head { brand, title: "Pick up", style: brand.pickup_style(), script: Some(&SCRIPT) };
    layout::document(&head, content)
}
