//! The pages of a sign-in with the identity provider.

use http::StatusCode;
use maud::Markup;

use super::sign_in_failed::{NotCompleted, Retry};

/// Why nobody is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// It was started, and not completed.
    NotCompleted(NotCompleted),
    /// The person went back without signing in.
    Cancelled,
    /// The provider does not answer.
    Unavailable,
    /// The answer of the provider is not accepted.
    Rejected,
    /// The provider does not say that the address is verified.
    Unverified,
    /// The provider names no address, or one that does not parse.
    Address,
    /// This address is no member's.
    NoMember(String),
}

impl Problem {
    /// The status of the page.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::NotCompleted(why) => why.status(),
            Self::Cancelled => StatusCode::BAD_REQUEST,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Rejected | Self::Unverified | Self::Address | Self::NoMember(_) => StatusCode::FORBIDDEN,
        }
    }
}

/// The page of a sign-in that failed, with the ways to sign in.
pub fn problem(retry: &Retry, problem: &Problem) -> Markup {
    let name = retry.ways.provider.as_ref().map_or("the identity provider", |provider| provider.name());
    let (title, what) = match problem {
        Problem::NotCompleted(why) => {
            let (title, what) = why.words();
            (title, what.to_owned())
        }
        Problem::Cancelled => {
            ("You are not signed in", format!("{name} did not sign you in. You can start again."))
        }
        Problem::Unavailable => (
            "Temporarily unavailable",
            format!(
                "{name} can't be used at the moment. Try again in a minute. If that does not help, tell the operator of this service: its log says why."
            ),
        ),
        Problem::Rejected => (
            "You are not signed in",
            format!(
                "The answer of {name} was not accepted. Start again. If that does not help, tell the operator of this service: its log says why."
            ),
        ),
        Problem::Unverified => (
            "Your email address is not verified",
            format!(
                "{name} does not confirm that your email address is yours. Verify it there, and sign in again."
            ),
        ),
        Problem::Address => (
            "Your email address can't be used here",
            format!(
                "{name} gave no email address for you, or one with letters that are not accepted here: an address has \
                 letters from a to z, digits and common signs. Ask for such an address there, and sign in again. If you have one \
                 there, tell the operator of this service: its log says why."
            ),
        ),
        Problem::NoMember(email) => (
            "You are not a member",
            format!(
                "{name} knows you as {email}. You may be a member with another address, or not be a member of any \
                 project yet: members of a project can invite you."
            ),
        ),
    };
    retry.page(title, &what)
}
