//! The members of a project.

use jeton_core::member::Member;
use maud::{Markup, html};

use super::{Tab, form_word, form_word_once, frame, time, token_form::problem_note};
use crate::visitor::Visitor;

/// Who is a member, and the form that invites another.
pub fn members(visitor: &Visitor, members: &[Member], told: Option<&str>, problem: Option<&str>) -> Markup {
    let at = format!("/console/projects/{}/members", visitor.project.id);
    let content = html! {
        h1 { "Members" }
        p.lead { "Each member has a master token, which may do everything in this project." }
        @if let Some(told) = told { p.note.good role="status" { (told) } }
        (problem_note(problem))
        div.scroll tabindex="0" role="region" aria-label="Members" {
            table {
                thead { tr { th { "Name" } th { "E-mail address" } th { "Joined" } th { span.unseen { "Actions" } } } }
                tbody {
                    @for member in members {
                        tr {
                            td {
                                (member.name)
                                @if member.id == visitor.member.id { " " span.badge.good { "You" } }
                            }
                            td { (member.email) }
                            td { (time(member.created)) }
                            td.acts {
                                @if members.len() > 1 {
                                    a.danger href={ (at) "/" (member.id) "/remove" } data-dialog { "Remove" }
                                } @else {
                                    span.soft { "The last member stays." }
                                }
                            }
                        }
                    }
                }
            }
        }
        h2 { "Invite somebody" }
        form.stacked method="post" action=(at) {
            (form_word_once(&visitor.visit))
            div.field {
                label for="email" { "E-mail address" }
                input #email name="email" type="email" required maxlength="254";
            }
            div.field {
                label for="name" { "Name " span.soft { "(optional)" } }
                input #name name="name" maxlength="255";
            }
            div.actions { button.primary type="submit" { "Send the invitation" } }
        }
    };
    frame(visitor, Tab::Members, "Members", &content)
}

/// Asks before a removal.
pub fn remove(visitor: &Visitor, member: &Member) -> Markup {
    let at = format!("/console/projects/{}/members", visitor.project.id);
    let yourself = member.id == visitor.member.id;
    let content = html! {
        h1 { "Remove " (member.name) "?" }
        p {
            "Their master token, what they shared and their sessions in this project end at once. The tokens that they "
            "created stay."
        }
        @if yourself { p.note.warn { strong { "This is you." } " You will have no access any more." } }
        form method="post" action={ (at) "/" (member.id) "/remove" } {
            (form_word(&visitor.visit))
            div.actions {
                button.danger type="submit" { "Remove" }
                a.button href=(at) data-close { "Cancel" }
            }
        }
    };
    frame(visitor, Tab::Members, "Remove", &content)
}
