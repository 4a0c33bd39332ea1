//! The pages of a sign-in with a passkey.

use http::StatusCode;
use jeton_core::idempotency::IdempotencyKey;
use maud::{Markup, html};

use super::{frame::small, sign_in};
use crate::{brand::Brand, console::ways::Ways, operation::passkeys::UNREADABLE, passkey::Rejected};

/// Why nobody is signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// Another browser started it, or this one has lost its cookie.
    Elsewhere,
    /// It was started more than ten minutes ago.
    Expired,
    /// Its answer was used before.
    Used,
    /// The browser has sent no answer.
    NoScript,
    /// The answer of the authenticator is not accepted.
    Rejected(Rejected),
    /// The passkeys of the address cannot be read.
    Unreadable,
    /// The address of the passkey is no member's any more.
    NoMember,
    /// This network has signed in too often.
    TooMany,
}

impl Problem {
    /// The status of the page.
    pub fn status(self) -> StatusCode {
        match self {
            Self::Elsewhere
            | Self::Expired
            | Self::Used
            | Self::NoScript
            | Self::Rejected(Rejected::Malformed(_)) => StatusCode::BAD_REQUEST,
            Self::Rejected(_) | Self::Unreadable | Self::NoMember => StatusCode::FORBIDDEN,
            Self::TooMany => StatusCode::TOO_MANY_REQUESTS,
        }
    }
}

/// The page of a sign-in that failed, with the ways to sign in.
pub fn problem(brand: &Brand, ways: &Ways, problem: &Problem, key: &IdempotencyKey) -> Markup {
    let (title, what) = match problem {
        Problem::Elsewhere => (
            "This is another browser",
            "A sign-in works only in the browser in which it was started, while that keeps its cookie. Start again here."
                .to_owned(),
        ),
        Problem::Expired => ("This took too long", "A sign-in has ten minutes. Start again.".to_owned()),
        Problem::Used => ("This sign-in was used already", "It works once. Start again.".to_owned()),
        Problem::NoScript => (
            "A passkey needs JavaScript",
            "Please enable it for this page, and start again.".to_owned(),
        ),
        Problem::Rejected(Rejected::Unknown) => (
            "This passkey is unknown",
            format!("{}. Use another one, or remove it from your device.", Rejected::Unknown),
        ),
        Problem::Rejected(why) => ("You are not signed in", format!("{why}. Start again.")),
        Problem::Unreadable => ("Your passkeys cannot be read", UNREADABLE.to_owned()),
        Problem::NoMember => (
            "You are not a member",
            "The address of this passkey is not one of a member of any project: members of a project can invite you."
                .to_owned(),
        ),
        Problem::TooMany => {
            ("Too many sign-ins", "There were too many sign-ins from your network. Try again in an hour.".to_owned())
        }
    };
    small(
        brand,
        "Sign in",
        &html! {
            h1 { (title) }
            p.lead { (what) }
            (sign_in::form(ways, "", key))
        },
    )
}
