//! Console pages of a project's members: the list with its invitations, and the removal of a member.

use std::collections::BTreeSet;

use jeton_api::invitation::{Pending, number};
use jeton_core::{
    id::MemberId,
    member::{Member, Role, UnreadableMember},
    share::UnreadableInvitation,
};
use maud::{Markup, html};
use serde::Deserialize;

use super::{
    Tab, back_field, csrf_field, csrf_field_once, frame,
    marks::Marks,
    named, sign_in,
    table::{ACTIONS, table},
    token_form::{problem_list, problem_note},
};
use crate::{
    console::problems::Problems,
    console::session::ConsoleMember,
    console::{kept_form::KeptForm, ways::Ways},
    operation::manage::{Removed, role_of},
    page::time::time,
};

/// The fields of the invitation form.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct InviteForm {
    /// The email address to invite.
    pub email: String,
    /// The name of the new member. Optional.
    pub name: String,
    /// The role of the new member. Admin unless chosen otherwise.
    pub role: String,
    /// Whether the page asks for a new sign-in instead of showing the form, because the last sign-in is not recent.
    #[serde(skip)]
    pub asked_again: bool,
}

/// The members page: members, pending invitations and the invitation form.
pub fn members(
    viewer: &ConsoleMember,
    members: &[Result<Member, UnreadableMember>],
    (pending, ended): (&[Pending], &BTreeSet<u32>),
    typed: &InviteForm,
    notice: Option<&str>,
    problems: &Problems,
    ways: &Ways,
) -> Markup {
    let at = format!("/console/projects/{}/members", viewer.project.id);
    let content = html! {
        h1 { "Members" }
        p.lead {
            "Admins have a master token, which may do everything in this project. Read-only members see the project; all that they can change is the secret of their own token."
        }
        @if let Some(notice) = notice { p.note.good role="status" { (notice) } }
        (problem_list(problems, "No invitation was sent."))
        (table("Members", &["Name", "Email address", "Role", "Joined", ACTIONS], &rows(viewer, members, &at)))
        (invitations(viewer, pending, ended))
        @if viewer.may_change() { section.unprinted { (invite_form(viewer, &at, typed, problems, ways)) } }
    };
    frame(viewer, Tab::Members, "Members", &content)
}

/// The rows of the members.
fn rows(viewer: &ConsoleMember, members: &[Result<Member, UnreadableMember>], at: &str) -> Vec<Vec<Markup>> {
    let row = |member: &Result<Member, UnreadableMember>| {
        let id = member.as_ref().map_or_else(|unreadable| unreadable.id, |member| member.id);
        let name = html! {
            (name(member))
            @if id == viewer.member.id { " " span.badge.good { "You" } }
        };
        let [email, role, joined] = match member {
            Ok(member) => {
                [html! { (member.email) }, html! { (role_name(member.role)) }, time(member.created)]
            }
            Err(unreadable) => {
                [html! { @if let Some(email) = &unreadable.email { (email) } }, html! {}, html! {}]
            }
        };
        vec![name, email, role, joined, actions(viewer, members, id, &format!("{at}/{id}"))]
    };
    members.iter().map(row).collect()
}

/// The form of an invitation, or of the sign-in that it needs first.
fn invite_form(
    viewer: &ConsoleMember,
    at: &str,
    typed: &InviteForm,
    problems: &Problems,
    ways: &Ways,
) -> Markup {
    let form = KeptForm::page(at.to_owned()).by(&viewer.signed_in.session.email);
    let marks = Marks::new(problems, &["email", "name", "role"]);
    html! {
        h2 { "Invite a member" }
        @if typed.asked_again {
            p { "For your security, sign in again to invite a member." }
            (sign_in::again_form(ways, &viewer.signed_in, &form))
        } @else {
            form.stacked method="post" action=(at) {
                (csrf_field_once(&viewer.signed_in))
                div.field {
                    label for="email" { "Email address" }
                    input #email name="email" type="email" required maxlength="254" value=(typed.email)
                        aria-invalid=[marks.invalid("email")] aria-describedby=[marks.described("email", None)]
                        autofocus[marks.focus("email")];
                    (marks.problem("email"))
                }
                div.field {
                    label for="name" { "Name " span.soft { "(optional)" } }
                    input #name name="name" maxlength="255" value=(typed.name)
                        aria-invalid=[marks.invalid("name")] aria-describedby=[marks.described("name", None)]
                        autofocus[marks.focus("name")];
                    (marks.problem("name"))
                }
                div.field {
                    label for="role" { "Role" }
                    select #role name="role" aria-invalid=[marks.invalid("role")]
                        aria-describedby=[marks.described("role", None)] autofocus[marks.focus("role")] {
                        @for role in Role::ALL {
                            option value=(role.as_str()) selected[typed.role == role.as_str()] { (role_name(role)) }
                        }
                    }
                    (marks.problem("role"))
                }
                div.actions { button.primary type="submit" { "Send the invitation" } }
            }
        }
    }
}

/// What the viewer may do with a member. A read-only member leaves; the last admin stays one.
fn actions(
    viewer: &ConsoleMember,
    members: &[Result<Member, UnreadableMember>],
    id: MemberId,
    at: &str,
) -> Markup {
    let is_yourself = id == viewer.member.id;
    let role = members.iter().flatten().find(|member| member.id == id).map(|member| member.role);
    let admins = members.iter().flatten().filter(|member| member.role == Role::Admin).count();
    html! {
        @if !viewer.may_change() {
            @if is_yourself { a.danger href={ (at) "/remove" } data-dialog { "Leave" } }
        } @else if role == Some(Role::Admin) && admins == 1 {
            span.soft { "The last admin can't be removed." }
        } @else {
            @if let Some(role) = role {
                a href={ (at) "/role" } data-dialog {
                    @match role { Role::Admin => "Make read-only", Role::ReadOnly => "Make an admin" }
                }
                " "
            }
            a.danger href={ (at) "/remove" } data-dialog { "Remove" }
        }
    }
}

/// The name of a role.
const fn role_name(role: Role) -> &'static str {
    match role {
        Role::Admin => "Admin",
        Role::ReadOnly => "Read-only",
    }
}

/// The confirmation page of a change of a member's role to the other one.
pub fn role(viewer: &ConsoleMember, member: &Member, problem: Option<&str>) -> Markup {
    let at = format!("/console/projects/{}/members", viewer.project.id);
    let to = match member.role {
        Role::Admin => Role::ReadOnly,
        Role::ReadOnly => Role::Admin,
    };
    let content = html! {
        h1 { "Make " (member.name) " " (to.with_article()) "?" }
        (problem_note(problem))
        @match to {
            Role::Admin => p { "They get all rights in this project, also with the token that they have." },
            Role::ReadOnly => {
                p {
                    "They change nothing any more from now on, also where they are signed in. Their token only reads, and what they "
                    "shared and nobody picked up ends. The tokens that they created, and the copies that they picked up, keep working."
                }
            }
        }
        @if member.id == viewer.member.id && to == Role::ReadOnly {
            p.note.warn { strong { "This is you." } " Only another admin can make you one again." }
        }
        form method="post" action={ (at) "/" (member.id) "/role" } {
            (csrf_field(&viewer.signed_in))
            input type="hidden" name="role" value=(to.as_str());
            div.actions {
                button.primary[to == Role::Admin].danger[to == Role::ReadOnly] type="submit" {
                    "Make them " (to.with_article())
                }
                a.button href=(at) data-close autofocus { "Cancel" }
            }
        }
    };
    frame(viewer, Tab::Members, &format!("Role · {}", member.name), &content)
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
            "Their own token, their shares, their invitations and their sessions in this project end immediately. The tokens that they "
            "created, and the copies that they picked up, keep working."
        }
        @if yourself { p.note.warn { strong { "This is you." } " You will lose access." } }
        form method="post" action={ (at) "/" (id) "/remove" } {
            (csrf_field(&viewer.signed_in))
            @if viewer.may_change() {
                div.field {
                    label {
                        input type="checkbox" name="endTokens" value="1";
                        " Also delete the tokens that they created"
                    }
                }
            }
            div.actions {
                button.danger type="submit" { "Remove" }
                a.button href=(at) data-close autofocus { "Cancel" }
            }
        }
    };
    frame(viewer, Tab::Members, &format!("Remove · {name}"), &content)
}

/// The section of pending invitations. Empty if there are none.
fn invitations(viewer: &ConsoleMember, pending: &[Pending], ended: &BTreeSet<u32>) -> Markup {
    let at = format!("/console/projects/{}/invitations", viewer.project.id);
    let row = |pending: &Pending| {
        let at = format!("{at}/{}", number(pending));
        let may_act = viewer.may_change();
        match pending {
            Ok(share) => vec![
                html! { (share.recipient) },
                html! { (role_name(role_of(share))) },
                time(share.created),
                html! {
                    @if ended.contains(&number(pending)) { "Ended: its sender may not invite any more" }
                    @else { (time(share.expires)) }
                },
                html! { @if may_act { (buttons(viewer, &at, share.recipient.as_str())) } },
            ],
            Err(unreadable) => vec![
                html! { (unreadable.recipient) " " (UnreadableInvitation::NAME) },
                html! {},
                html! {},
                html! {},
                html! { @if may_act { (withdraw_button(viewer, &at, unreadable.recipient.as_str())) } },
            ],
        }
    };
    let columns = ["Email address", "Role", "Sent", "Ends", ACTIONS];
    html! {
        @if !pending.is_empty() {
            h2 { "Pending invitations" }
            (table("Pending invitations", &columns, &pending.iter().map(row).collect::<Vec<_>>()))
        }
    }
}

/// The buttons that resend or withdraw a pending share or invitation.
pub fn buttons(viewer: &ConsoleMember, at: &str, recipient: &str) -> Markup {
    html! {
        form method="post" action={ (at) "/send" } {
            (csrf_field_once(&viewer.signed_in))
            (back_field(viewer.back.as_ref().map(|back| back.by_token(true))))
            button type="submit" aria-label={ "Send again to " (recipient) } { "Send again" }
        }
        (withdraw_button(viewer, at, recipient))
    }
}

fn withdraw_button(viewer: &ConsoleMember, at: &str, recipient: &str) -> Markup {
    html! {
        form method="post" action={ (at) "/withdraw" } {
            (csrf_field(&viewer.signed_in))
            (back_field(viewer.back.as_ref().map(|back| back.by_token(true))))
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
                        a href={ (tokens) "/" (token.id) @if token.ended { "/events" } } {
                            (named(&token.description, "(no description)"))
                        }
                    }
                }
            }
        }
        @if left.more { p.note.warn { "There may be more: this project has too many tokens to list." } }
        div.actions { a.button.primary href={ "/console/projects/" (viewer.project.id) "/members" } { "Done" } }
    };
    frame(viewer, Tab::Members, "Removed", &content)
}
