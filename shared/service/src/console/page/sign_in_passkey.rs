//! The pages of a sign-in with a passkey.

use http::StatusCode;
use maud::Markup;

use super::sign_in_failed::{NotCompleted, Retry};
use crate::{operation::passkeys::UNREADABLE, passkey::Rejected};

/// Why nobody is signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// It was started, and not completed.
    NotCompleted(NotCompleted),
    /// The browser has sent no answer.
    NoScript,
    /// The answer of the authenticator is not accepted.
    Rejected(Rejected),
    /// The passkeys of the address cannot be read.
    Unreadable,
    /// The address of the passkey is no member's any more.
    NoMember,
}

impl Problem {
    /// The status of the page.
    pub fn status(self) -> StatusCode {
        match self {
            Self::NotCompleted(why) => why.status(),
            Self::NoScript | Self::Rejected(Rejected::Malformed(_)) => StatusCode::BAD_REQUEST,
            Self::Rejected(_) | Self::Unreadable | Self::NoMember => StatusCode::FORBIDDEN,
        }
    }
}

/// The page of a sign-in that failed, with the ways to sign in.
pub fn problem(retry: &Retry, problem: &Problem) -> Markup {
    let (title, what) = match problem {
        Problem::NotCompleted(why) => {
            let (title, what) = why.words();
            (title, what.to_owned())
        }
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
    };
    retry.page(title, &what)
}
