//! Console pages of a project's members: the list with its invitations, and the removal of a member.

use jeton_api::invitation::{Pending, number};
use jeton_core::{
    id::MemberId,
    member::{Member, UnreadableMember},
    share::UnreadableInvitation,
};
use maud::{Markup, html};
use serde::Deserialize;

use super::{Tab, csrf_field, csrf_field_once, frame, sign_in, token_form::problem_note};
use crate::{
    console::session::ConsoleMember,
    console::{kept_form::KeptForm, ways::Ways},
    operation::manage::Removed,
    page::time::time,
};

/// The fields of the invitation form.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct InviteForm {
    /// The e-mail address to invite.
    pub email: String,
    /// The name of the new member. Optional.
    pub name: String,
    /// Whether the page asks for a new sign-in instead of showing the form, because the last sign-in is not recent.
    #[serde(skip)]
    pub asked_again: bool,
}

/// The members page: members, pending invitations and the invitation form.
pub fn members(
    viewer: &ConsoleMember,
    members: &[Result<Member, UnreadableMember>],
    pending: &[Pending],
    typed: &InviteForm,
    notice: Option<&str>,
    problem: Option<&str>,
    ways: &Ways,
) -> Markup {
    let at = format!("/console/projects/{}/members", viewer.project.id);
    let content = html! {
        h1 { "Members" }
        p.lead { "Each member has a master token, which may do everything in this project." }
        @if let Some(notice) = notice { p.note.good role="status" { (notice) } }
        (problem_note(problem))
        div.scroll tabindex="0" role="region" aria-label="Members" {
            table {
                thead { tr { th { "Name" } th { "E-mail address" } th { "Joined" } th { span.unseen { "Actions" } } } }
                tbody {
                    @for member in members {
                        @let id = member.as_ref().map_or_else(|unreadable| unreadable.id, |member| member.id);
                        tr {
                            td {
                                (name(member))
                                @if id == viewer.member.id { " " span.badge.good { "You" } }
                            }
                            @match member {
                                Ok(member) => {
                                    td { (member.email) }
                                    td { (time(member.created)) }
                                }
                                Err(unreadable) => {
                                    td { @if let Some(email) = &unreadable.email { (email) } }
                                    td {}
                                }
                            }
                            td.acts {
                                @if members.len() > 1 {
                                    a.danger href={ (at) "/" (id) "/remove" } data-dialog { "Remove" }
                                } @else {
                                    span.soft { "The last member can't be removed." }
                                }
                            }
                        }
                    }
                }
            }
        }
        (invitations(viewer, pending, typed.asked_again))
        h2 { "Invite a member" }
        @if typed.asked_again {
            p { "For your security, sign in again to invite a member." }
            (sign_in::again_form(ways, viewer, &KeptForm { path: at.clone(), fields: String::new() }))
        } @else {
            form.stacked method="post" action=(at) {
                (csrf_field_once(&viewer.signed_in))
                div.field {
                    label for="email" { "E-mail address" }
                    input #email name="email" type="email" required maxlength="254" value=(typed.email);
                }
                div.field {
                    label for="name" { "Name " span.soft { "(optional)" } }
                    input #name name="name" maxlength="255" value=(typed.name);
                }
                div.actions { button.primary type="submit" { "Send the invitation" } }
            }
        }
    };
    frame(viewer, Tab::Members, "Members", &content)
}

/// The name of a member, or a placeholder if their record cannot be read.
pub fn name(member: &Result<Member, UnreadableMember>) -> String {
    member.as_ref().map_or_else(|_| UnreadableMember::NAME.to_owned(), |member| member.name.clone())
}

/// The confirmation page for removing a member.
pub fn remove(viewer: &ConsoleMember, id: MemberId, name: &str) -> Markup {
    let at = format!("/console/projects/{}/members", viewer.project.id);
    let yourself = id == viewer.member.id;
    let content = html! {
        h1 { "Remove " (name) "?" }
        p {
            "Their master token, their shares and their sessions in this project end immediately. The tokens that they "
            "created, and the copies that they picked up, keep working."
        }
        @if yourself { p.note.warn { strong { "This is you." } " You will lose access." } }
        form method="post" action={ (at) "/" (id) "/remove" } {
            (csrf_field(&viewer.signed_in))
            div.field {
                label {
                    input type="checkbox" name="endTokens" value="1";
                    " Also delete the tokens that they created"
                }
            }
            div.actions {
                button.danger type="submit" { "Remove" }
                a.button href=(at) data-close autofocus { "Cancel" }
            }
        }
    };
    frame(viewer, Tab::Members, "Remove", &content)
}

/// The section of pending invitations. Empty if there are none.
fn invitations(viewer: &ConsoleMember, pending: &[Pending], asked_again: bool) -> Markup {
    let at = format!("/console/projects/{}/invitations", viewer.project.id);
    html! {
        @if !pending.is_empty() {
            h2 { "Pending invitations" }
            div.scroll tabindex="0" role="region" aria-label="Pending invitations" {
                table {
                    thead {
                        tr { th { "E-mail address" } th { "Sent" } th { "Ends" } th { span.unseen { "Actions" } } }
                    }
                    tbody {
                        @for pending in pending {
                            @let at = format!("{at}/{}", number(pending));
                            tr {
                                @match pending {
                                    Ok(share) => {
                                        td { (share.recipient) }
                                        td { (time(share.created)) }
                                        td { (time(share.expires)) }
                                    }
                                    Err(unreadable) => {
                                        td { (unreadable.recipient) " " (UnreadableInvitation::NAME) }
                                        td {}
                                        td {}
                                    }
                                }
                                td.acts {
                                    // These actions need a recent sign-in, so they are hidden until then.
                                    @if !asked_again {
                                        @match pending {
                                            Ok(share) => (buttons(viewer, &at, share.recipient.as_str())),
                                            Err(unreadable) => {
                                                (withdraw_button(viewer, &at, unreadable.recipient.as_str()))
                                            }
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The buttons that resend or withdraw a pending share or invitation.
pub fn buttons(viewer: &ConsoleMember, at: &str, recipient: &str) -> Markup {
    html! {
        form method="post" action={ (at) "/send" } {
            (csrf_field_once(&viewer.signed_in))
            button type="submit" aria-label={ "Send again to " (recipient) } { "Send again" }
        }
        (withdraw_button(viewer, at, recipient))
    }
}

fn withdraw_button(viewer: &ConsoleMember, at: &str, recipient: &str) -> Markup {
    html! {
        form method="post" action={ (at) "/withdraw" } {
            (csrf_field(&viewer.signed_in))
            button.danger type="submit" aria-label={ "Withdraw what was sent to " (recipient) } { "Withdraw" }
        }
    }
}

/// The page after a member was removed: lists the tokens that they created, and whether those were deleted too.
pub fn removed(viewer: &ConsoleMember, removed: &Removed) -> Markup {
    let tokens = format!("/console/projects/{}/tokens", viewer.project.id);
    let left = &removed.left;
    let content = html! {
        h1 { (removed.called) " is no longer a member." }
        @if left.tokens.is_empty() {
            p { "They created no token of this project." }
        } @else {
            p { @if left.tokens.iter().all(|token| token.ended) { "The tokens that they created are deleted:" }
                @else { "The tokens that they created keep working. Refresh or delete those that they still have." } }
            ul {
                @for token in &left.tokens {
                    li {
                        @if token.ended { (token.description) }
                        @else { a href={ (tokens) "/" (token.id) } { (token.description) } }
                    }
                }
            }
        }
        @if left.more { p.note.warn { "There may be more: this project has too many tokens to list." } }
        div.actions { a.button.primary href={ "/console/projects/" (viewer.project.id) "/members" } { "Done" } }
    };
    frame(viewer, Tab::Members, "Removed", &content)
}
