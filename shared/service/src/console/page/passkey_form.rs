//! The button of a sign-in with a passkey.

use maud::{Markup, html};

use super::frame::back_to;
use crate::console::{kept_form::KeptForm, ways::Ways};

/// The button that signs in with a passkey, and returns to a form.
pub fn form(ways: &Ways, back: Option<&KeptForm>) -> Markup {
    html! {
        @if ways.passkeys.is_some() {
            form method="post" action="/console/-/passkey" data-passkey="get" {
                @if let Some(back) = back { (back_to(back)) }
                div.actions { button type="submit" { "Sign in with a passkey" } }
                noscript { p.hint { "A passkey needs JavaScript. Please enable it for this page." } }
                p.problem role="alert" {}
            }
        }
    }
}
