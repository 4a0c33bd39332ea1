//! Console pages of passkeys: the list on the page of sessions, and the removal.

use jeton_core::{
    passkey::{LONGEST_NAME, MOST, Passkey},
    time::Timestamp,
};
use maud::{Markup, html};

use super::{
    csrf_field,
    frame::outside,
    sign_in,
    table::{ACTIONS, table},
};
use crate::{
    console::{kept_form::KeptForm, session::ConsoleSession, ways::Ways},
    oidc::Provider,
    operation::passkeys::UNREADABLE,
    page::time::{ago, time},
};

/// The passkeys of an address, on the page of sessions.
#[derive(Debug)]
pub enum Section {
    /// They can be read.
    Readable(Readable),
    /// They cannot be read.
    Unreadable,
}

/// Passkeys that can be read.
#[derive(Debug)]
pub struct Readable {
    /// The passkeys.
    pub passkeys: Vec<Passkey>,
    /// Whether the address is one of a member of any project: only members add and remove passkeys.
    pub is_member: bool,
    /// Whether there are as many as there may be.
    pub is_full: bool,
    /// What the browser asks an authenticator for, as JSON; `None` if no passkey can be added now.
    pub options: Option<String>,
}

impl Section {
    /// Whether a new sign-in is asked for.
    pub fn asks_again(&self) -> bool {
        matches!(self, Self::Readable(Readable { options: None, is_full: false, is_member: true, .. }))
    }
}

/// What is said to who is no member of any project: a change of passkeys is an event of a project.
pub const NO_MEMBER: &str =
    "Members of a project add and remove passkeys. You are not a member of any project at the moment.";

/// The section of passkeys.
pub fn section(ways: &Ways, signed_in: &ConsoleSession, section: &Section, now: Timestamp) -> Markup {
    html! {
        h2 { "Passkeys" }
        @match section {
            Section::Unreadable => p.note.warn { (UNREADABLE) },
            Section::Readable(section) => (readable(ways, signed_in, section, now)),
        }
    }
}

fn readable(ways: &Ways, signed_in: &ConsoleSession, section: &Readable, now: Timestamp) -> Markup {
    html! {
        p { (effect(section.passkeys.is_empty(), ways.provider.as_ref().map(Provider::name))) }
        (list(section, now))
        @if !section.is_member {
            p.soft { (NO_MEMBER) }
        } @else if let Some(options) = &section.options {
            form.stacked method="post" action="/console/passkeys" data-passkey="create" data-options=(options) {
                (csrf_field(signed_in))
                div.field {
                    label for="passkey-name" { "Name of the new passkey" }
                    input #passkey-name name="name" required maxlength=(LONGEST_NAME) autocomplete="off"
                        aria-describedby="passkey-hint passkey-problem";
                    p #passkey-hint .hint { "For example the device that keeps it." }
                    p #passkey-problem .problem role="alert" {}
                }
                noscript { p.hint { "A passkey needs JavaScript. Please enable it for this page." } }
                div.actions { button.primary type="submit" { "Add a passkey" } }
            }
        } @else if section.is_full {
            p.soft { "You have " (MOST) " passkeys, which is the most. Remove one to add another." }
        } @else {
            p { "For your security, sign in again to add a passkey." }
            (sign_in::again_form(ways, signed_in, &back()))
        }
    }
}

/// What passkeys do, beside an identity provider of this name.
fn effect(has_none: bool, provider: Option<&str>) -> Markup {
    html! {
        @if has_none {
            "Whoever can read your email can sign in as you. With a passkey on your device or security key, "
            @match provider {
                Some(name) => { "that ends: from then on you sign in with it or with " (name) ", and no link is emailed to you any more." }
                None => "only you can: from then on no link is emailed to you any more.",
            }
        } @else {
            "You sign in with one of these"
            @if let Some(name) = provider { " or with " (name) }
            ". No link is emailed to you any more. Add a second one on another device: if you lose all of them, only "
            @if let Some(name) = provider { (name) " or " }
            "the operator of this service can let you in again."
        }
    }
}

fn list(section: &Readable, now: Timestamp) -> Markup {
    let row = |passkey: &Passkey| {
        let used = passkey.last_used.map_or_else(|| html! { span.soft { "never" } }, |at| ago(at, now));
        let remove = html! {
            @if section.is_member {
                a.button.danger href={ "/console/passkeys/" (passkey.credential.short()) } data-dialog
                    aria-label={ "Remove " (passkey.name) } { "Remove" }
            }
        };
        vec![html! { (passkey.name) }, time(passkey.created), used, remove]
    };
    let rows: Vec<_> = section.passkeys.iter().map(row).collect();
    html! { @if !rows.is_empty() { (table("Passkeys", &["Name", "Added", "Last used", ACTIONS], &rows)) } }
}

/// The page to return to after a sign-in.
pub fn back() -> KeptForm {
    KeptForm::page(KeptForm::SESSIONS.to_owned())
}

/// The confirmation page for removing a passkey.
pub fn remove(signed_in: &ConsoleSession, passkey: &Passkey, is_last: bool) -> Markup {
    let content = html! {
        h1 { "Remove this passkey?" }
        p { "Nobody can sign in with it any more. Sessions that are signed in stay so: end those that you don't recognize." }
        @if is_last {
            p.note.warn { strong { "This is your only passkey." } " Afterwards, whoever can read your email can sign in as you." }
        }
        dl {
            dt { "Name" } dd { (passkey.name) }
            dt { "Added" } dd { (time(passkey.created)) }
        }
        form method="post" action={ "/console/passkeys/" (passkey.credential.short()) } {
            (csrf_field(signed_in))
            div.actions {
                button.danger type="submit" { "Remove the passkey" }
                a.button href="/console/sessions" data-close autofocus { "Cancel" }
            }
        }
    };
    outside(signed_in, "Remove a passkey", &content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passkeys_do_leaves_room_for_the_identity_provider() {
        for has_none in [true, false] {
            let (alone, beside) =
                (effect(has_none, None).into_string(), effect(has_none, Some("Acme ID")).into_string());
            assert!(alone.contains("only you can") || alone.contains("only the operator"), "{alone}");
            assert!(beside.contains("with Acme ID") && !beside.contains("only you can"), "{beside}");
        }
    }
}
