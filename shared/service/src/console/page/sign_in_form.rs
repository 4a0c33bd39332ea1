//! The ways to sign in, as forms.

use jeton_core::idempotency::IdempotencyKey;
use maud::{Markup, html};

use super::{frame::back_to, passkey_form};
use crate::{
    console::{kept_form::KeptForm, ways::Ways},
    idempotency::FORM_FIELD,
};

/// Where the link to the identity provider leads.
const START: &str = "/console/-/provider";

/// The ways to sign in, which return to another form with its fields. The key of the form makes one that is submitted again mail
/// nothing.
pub fn form_to(ways: &Ways, key: &IdempotencyKey, back: Option<&KeptForm>) -> Markup {
    form_with(ways, ("", ""), key, back)
}

/// The same with an address that was entered, and what is wrong with it.
pub fn form_with(
    ways: &Ways,
    (typed, problem): (&str, &str),
    key: &IdempotencyKey,
    back: Option<&KeptForm>,
) -> Markup {
    html! {
        @if ways.mail {
            form method="post" action="/console/sign-in" {
                input type="hidden" name=(FORM_FIELD) value=(key.expose());
                @if let Some(back) = back { (back_to(back)) }
                div.field {
                    label for="email" { "Your email address" }
                    input #email name="email" type="email" autocomplete="email" required maxlength="254" value=(typed)
                        aria-invalid=[(!problem.is_empty()).then_some("true")] aria-describedby="email-problem";
                    p #email-problem .problem role="alert" { (problem) }
                }
                div.actions { button.primary type="submit" { "Email me a link" } }
            }
        }
        (passkey_form::form(ways, back))
        (provider_link(ways, back.is_some()))
    }
}

/// The link to the provider, if there is one. `again` asks for the credentials there, and returns to a form.
pub fn provider_link(ways: &Ways, again: bool) -> Markup {
    let at = if again { format!("{START}?again=1") } else { START.to_owned() };
    html! {
        @if let Some(provider) = &ways.provider {
            div.actions {
                a.button.primary[!ways.mail] href=(at) { "Sign in with " (provider.name()) }
            }
        }
    }
}
