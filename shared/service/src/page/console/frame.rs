//! What stands around every page of a project.

use jeton_core::{text::trimmed, time::Timestamp};
use maud::{Markup, html};

use crate::{
    console::session::{ConsoleMember, ConsoleSession},
    idempotency::FORM_FIELD,
    page::layout::{self, Head},
};

/// The part of a project that a page belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tab {
    /// Tokens.
    Tokens,
    /// Members.
    Members,
    /// What happened in the project.
    Activity,
}

/// A page of a project.
pub fn frame(visitor: &ConsoleMember, tab: Tab, title: &str, content: &Markup) -> Markup {
    let project = &visitor.project;
    let at = |part: &str| format!("/console/projects/{}/{part}", project.id);
    let tabs = [
        (Tab::Tokens, "Tokens", at("tokens")),
        (Tab::Members, "Members", at("members")),
        (Tab::Activity, "Activity", at("events")),
    ];
    let bar = html! {
        a.mark href="/console" { "Jeton" }
        span.project { (project.name) }
        nav aria-label="Project" {
            @for (of, name, path) in &tabs {
                a href=(path) aria-current=[(*of == tab).then_some("page")] { (name) }
            }
        }
        (account(&visitor.visit))
    };
    let head = Head { title, style: "/console/-/console.css", script: Some("/console/-/console.js") };
    layout::wide(&head, &bar, &html! { (told(&visitor.visit)) (content) })
}

/// What was done just now.
fn told(visit: &ConsoleSession) -> Markup {
    html! { @if let Some(told) = &visit.told { p.note.good role="status" { (told) } } }
}

/// A page of somebody who is signed in, beside all projects.
pub fn outside(visit: &ConsoleSession, title: &str, content: &Markup) -> Markup {
    let bar = html! { a.mark href="/console" { "Jeton" } (account(visit)) };
    let head = Head { title, style: "/console/-/console.css", script: Some("/console/-/console.js") };
    layout::wide(&head, &bar, &html! { (told(visit)) (content) })
}

fn account(visit: &ConsoleSession) -> Markup {
    html! {
        div.account {
            a href="/console/projects" { "Projects" }
            a href="/console/sessions" { (visit.session.email) }
            form method="post" action="/console/sign-out" {
                (csrf_field(visit))
                button.link type="submit" { "Sign out" }
            }
        }
    }
}

/// What proves that a form is one of this visit.
pub fn csrf_field(visit: &ConsoleSession) -> Markup {
    html! { input type="hidden" name="form" value=(visit.form); }
}

/// The same in a form that makes something, with the key by which the form makes it once, however often it is sent.
pub fn csrf_field_once(visit: &ConsoleSession) -> Markup {
    html! {
        (csrf_field(visit))
        input type="hidden" name=(FORM_FIELD) value=(visit.key.expose());
    }
}

/// A name, or words in its place where nobody would see it: names of earlier builds may be blank, and a link must be seen
/// to be used.
pub fn named<'a>(name: &'a str, otherwise: &'a str) -> &'a str {
    if trimmed(name).is_empty() { otherwise } else { name }
}

/// A moment: its day, and all of it for whoever points at it.
pub fn time(at: Timestamp) -> Markup {
    html! { time datetime=(at) title=(at.for_people()) { (at.day()) } }
}

/// A page for somebody who is in no project.
pub fn small(title: &str, content: &Markup) -> Markup {
    let head = Head { title, style: "/console/-/console.css", script: Some("/console/-/console.js") };
    layout::document(&head, content)
}
