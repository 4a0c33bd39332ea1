//! Console pages of projects and sessions.

use jeton_core::{project::Project, session::Session, time::Timestamp};
use maud::{Markup, html};

use super::{
    csrf_field,
    frame::outside,
    named,
    passkeys::{self, Section},
    table::{ACTIONS, table},
    token_form::problem_note,
};
use crate::{
    console::{session::ConsoleSession, ways::Ways},
    page::{
        browser::signed_in_from,
        time::{ago, time},
    },
};

/// The list of projects, and whether a new sign-in would show more.
pub fn projects(signed_in: &ConsoleSession, projects: &[Project], joined_since: bool) -> Markup {
    let content = html! {
        h1 { "Your projects" }
        @if projects.is_empty() {
            p.lead { "You are not a member of any project. Members of a project can invite you." }
        }
        @if joined_since {
            p.note { "You have joined a project since you signed in. To open it, sign out and sign in again." }
        }
        ul.cards {
            @for project in projects {
                li {
                    a href={ "/console/projects/" (project.id) "/tokens" } { (named(&project.name, "(no name)")) }
                    span.soft { "Project " (project.id) }
                }
            }
        }
    };
    outside(signed_in, "Your projects", &content)
}

/// The list of sessions, and that of passkeys.
pub fn sessions(
    ways: &Ways,
    signed_in: &ConsoleSession,
    sessions: &[Session],
    passkeys: Option<&Section>,
    problem: Option<&str>,
    now: Timestamp,
) -> Markup {
    let row = |session: &Session| {
        let from = html! {
            (signed_in_from(session))
            @if session.id == signed_in.session.id { " " span.badge.good { "this one" } }
        };
        let end = html! { a.button.danger href={ "/console/sessions/" (session.id) } data-dialog { "End" } };
        vec![from, ago(session.created, now), time(session.expires), end]
    };
    let rows: Vec<_> = sessions.iter().map(row).collect();
    let content = html! {
        h1 { "Sessions" }
        (problem_note(problem))
        p.lead { "Sessions end twelve hours after sign-in. End any that you don't recognize." }
        (table("Sessions", &["Signed in from", "When", "Ends", ACTIONS], &rows))
        @if let Some(passkeys) = passkeys { (passkeys::section(ways, signed_in, passkeys, now)) }
    };
    outside(signed_in, "Sessions", &content)
}

/// The confirmation page for ending a session.
pub fn end(signed_in: &ConsoleSession, session: &Session, now: Timestamp) -> Markup {
    let content = html! {
        h1 { "End this session?" }
        p { "Its browser is signed out immediately." }
        @if session.id == signed_in.session.id { p.note.warn { strong { "This is your current session." } " You will have to sign in again." } }
        dl {
            dt { "Signed in from" } dd { (signed_in_from(session)) }
            dt { "When" } dd { (ago(session.created, now)) }
        }
        form method="post" action={ "/console/sessions/" (session.id) } {
            (csrf_field(signed_in))
            div.actions {
                button.danger type="submit" { "End the session" }
                a.button href="/console/sessions" data-close autofocus { "Cancel" }
            }
        }
    };
    outside(signed_in, "End a session", &content)
}
