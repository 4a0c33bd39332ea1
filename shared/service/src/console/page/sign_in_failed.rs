//! The page of a sign-in that failed, and the reasons that a passkey and an identity provider have in common.

use http::StatusCode;
use jeton_core::{idempotency::IdempotencyKey, provider_sign_in::NotStarted};
use maud::{Markup, html};

use super::{frame::small, sign_in_form::form_to};
use crate::{
    brand::Brand,
    console::{kept_form::KeptForm, ways::Ways},
};

/// What the page offers: another sign-in.
pub struct Retry<'a> {
    /// The brand of the service.
    pub brand: &'a Brand,
    /// The ways of signing in.
    pub ways: &'a Ways,
    /// The key of the form.
    pub key: &'a IdempotencyKey,
    /// The page that the sign-in leads to.
    pub back: Option<&'a KeptForm>,
}

impl Retry<'_> {
    /// The page, with the ways to sign in.
    pub fn page(&self, title: &str, what: &str) -> Markup {
        let content = html! {
            h1 { (title) }
            p.lead { (what) }
            (form_to(self.ways, self.key, self.back))
        };
        small(self.brand, "Sign in", &content)
    }
}

/// Why a sign-in that was started is not completed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotCompleted {
    /// Another browser started it, or this one has lost its cookie.
    Elsewhere,
    /// It was started more than ten minutes ago.
    Expired,
    /// Its answer was used before.
    Used,
    /// This network has signed in too often.
    TooMany,
}

impl NotCompleted {
    /// The status of the page.
    pub const fn status(self) -> StatusCode {
        match self {
            Self::Elsewhere | Self::Expired | Self::Used => StatusCode::BAD_REQUEST,
            Self::TooMany => StatusCode::TOO_MANY_REQUESTS,
        }
    }

    /// The title of the page, and what to do.
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Elsewhere => (
                "This is another browser",
                "A sign-in works only in the browser in which it was started, while that keeps its cookie. Start again here.",
            ),
            Self::Expired => ("This took too long", "A sign-in has ten minutes. Start again."),
            Self::Used => (
                "This sign-in was used already",
                "It works once. If you have just signed in and no page came, the answer was lost. Start again.",
            ),
            Self::TooMany => {
                ("Too many sign-ins", "There were too many sign-ins from your network. Try again in an hour.")
            }
        }
    }
}

impl From<NotStarted> for NotCompleted {
    fn from(why: NotStarted) -> Self {
        match why {
            NotStarted::Elsewhere => Self::Elsewhere,
            NotStarted::Expired => Self::Expired,
        }
    }
}
