//! Console pages of passkeys: the list on the page of sessions, and the removal.

use jeton_core::{
    passkey::{LONGEST_NAME, MOST, Passkey},
    time::Timestamp,
};
use maud::{Markup, html};

use super::{csrf_field, frame::outside, sign_in};
use crate::{
    console::{kept_form::KeptForm, session::ConsoleSession, ways::Ways},
    operation::passkeys::UNREADABLE,
    page::time::{ago, time},
};

/// The passkeys of an address, on the page of sessions.
#[derive(Debug)]
pub enum Section {
    /// They can be read.
    Readable {
        /// The passkeys.
        passkeys: Vec<Passkey>,
        /// Whether there are as many as there may be.
        is_full: bool,
        /// What the browser asks an authenticator for, as JSON; `None` if no passkey can be added now.
        options: Option<String>,
    },
    /// They cannot be read.
    Unreadable,
}

impl Section {
    /// Whether a new sign-in is asked for.
    pub fn asks_again(&self) -> bool {
        matches!(self, Self::Readable { options: None, is_full: false, .. })
    }
}

/// The section of passkeys.
pub fn section(ways: &Ways, signed_in: &ConsoleSession, section: &Section, now: Timestamp) -> Markup {
    html! {
        h2 { "Passkeys" }
        @match section {
            Section::Unreadable => p.note.warn { (UNREADABLE) },
            Section::Readable { passkeys, is_full, options } => {
                (readable(ways, signed_in, passkeys, *is_full, options.as_deref(), now))
            }
        }
    }
}

fn readable(
    ways: &Ways,
    signed_in: &ConsoleSession,
    passkeys: &[Passkey],
    is_full: bool,
    options: Option<&str>,
    now: Timestamp,
) -> Markup {
    html! {
        p {
            @if passkeys.is_empty() {
                "Whoever can read your email can sign in as you. With a passkey on your device or security key, only you can: "
                "from then on no link is emailed to you any more."
            } @else {
                "You sign in with one of these. No link is emailed to you any more. Add a second one on another device: if you "
                "lose all of them, only the operator of this service can let you in again."
            }
        }
        (list(passkeys, now))
        @if let Some(options) = options {
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
        } @else if is_full {
            p.soft { "You have " (MOST) " passkeys, which is the most. Remove one to add another." }
        } @else {
            p { "For your security, sign in again to add a passkey." }
            (sign_in::again_form(ways, signed_in, &back()))
        }
    }
}

fn list(passkeys: &[Passkey], now: Timestamp) -> Markup {
    html! {
        @if !passkeys.is_empty() {
            div.scroll tabindex="0" role="region" aria-label="Passkeys" {
                table {
                    thead { tr { th { "Name" } th { "Added" } th { "Last used" } th { span.unseen { "Actions" } } } }
                    tbody {
                        @for passkey in passkeys {
                            tr {
                                td { (passkey.name) }
                                td { (time(passkey.created)) }
                                td {
                                    @match passkey.last_used {
                                        Some(at) => (ago(at, now)),
                                        None => span.soft { "never" },
                                    }
                                }
                                td {
                                    a.button.danger href={ "/console/passkeys/" (passkey.credential.short()) } data-dialog
                                        aria-label={ "Remove " (passkey.name) } { "Remove" }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The page to return to after a sign-in.
pub fn back() -> KeptForm {
    KeptForm { path: KeptForm::SESSIONS.to_owned(), fields: String::new() }
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
