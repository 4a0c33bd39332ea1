//! The pages of a sign-in with the identity provider.

use http::StatusCode;
use jeton_core::idempotency::IdempotencyKey;
use maud::{Markup, html};

use super::{frame::small, sign_in};
use crate::{brand::Brand, console::ways::Ways};

/// Why nobody is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// Another browser started it, or this one has lost its cookie.
    Elsewhere,
    /// It was started more than ten minutes ago.
    Expired,
    /// Its answer was used before.
    Used,
    /// The person went back without signing in.
    Cancelled,
    /// The provider does not answer.
    Unavailable,
    /// The answer of the provider is not accepted.
    Rejected,
    /// The provider does not say that the address is verified.
    Unverified,
    /// This address is no member's.
    NoMember(String),
    /// This network has signed in too often.
    TooMany,
}

impl Problem {
    /// The status of the page.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Elsewhere | Self::Expired | Self::Used | Self::Cancelled => StatusCode::BAD_REQUEST,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Rejected | Self::Unverified | Self::NoMember(_) => StatusCode::FORBIDDEN,
            Self::TooMany => StatusCode::TOO_MANY_REQUESTS,
        }
    }
}

/// The page of a sign-in that failed, with the ways to sign in.
pub fn problem(brand: &Brand, ways: &Ways, problem: &Problem, key: &IdempotencyKey) -> Markup {
    let name = ways.provider.as_ref().map_or("the identity provider", |provider| provider.name());
    let (title, what) = match problem {
        Problem::Elsewhere => (
            "This is another browser",
            "A sign-in works only in the browser in which it was started, while that keeps its cookie. Start again here."
                .to_owned(),
        ),
        Problem::Expired => ("This took too long", "A sign-in has ten minutes. Start again.".to_owned()),
        Problem::Used => ("This sign-in was used already", "It works once. Start again.".to_owned()),
        Problem::Cancelled => ("You are not signed in", format!("{name} did not sign you in. You can start again.")),
        Problem::Unavailable => (
            "Temporarily unavailable",
            format!("{name} can't be used at the moment. Try again in a minute. If that does not help, tell the operator of this service: its log says why."),
        ),
        Problem::Rejected => (
            "You are not signed in",
            format!("The answer of {name} was not accepted. Start again. If that does not help, tell the operator of this service: its log says why."),
        ),
        Problem::Unverified => (
            "Your e-mail address is not verified",
            format!("{name} does not confirm that your e-mail address is yours. Verify it there, and sign in again."),
        ),
        Problem::NoMember(email) => (
            "You are not a member",
            format!(
                "{name} knows you as {email}. You may be a member with another address, or not be a member of any \
                 project yet: members of a project can invite you."
            ),
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
