//! The frame of console pages: header, tabs and messages.

use jeton_core::{idempotency::IdempotencyKey, text::trimmed};
use maud::{Markup, html};

use super::assets::SCRIPT;
use crate::{
    brand::Brand,
    clock::entropy,
    console::{
        back::{self, Back},
        kept_form::KeptForm,
        session::{ConsoleMember, ConsoleSession},
    },
    http::READ_ONLY,
    idempotency::FORM_FIELD,
    page::layout::{self, Head},
};

/// The tab of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tab {
    /// The summary of the project.
    Summary,
    /// Tokens.
    Tokens,
    /// Members.
    Members,
    /// Events of the project.
    Activity,
}

/// A page of a project.
pub fn frame(viewer: &ConsoleMember, tab: Tab, title: &str, content: &Markup) -> Markup {
    let project = &viewer.project;
    let at = |part: &str| format!("/console/projects/{}/{part}", project.id);
    let tabs = [
        (Tab::Tokens, "Tokens", at("tokens")),
        (Tab::Members, "Members", at("members")),
        (Tab::Activity, "Activity", at("events")),
        (Tab::Summary, "Summary", at("summary")),
    ];
    let bar = html! {
        a.mark href="/console" { (viewer.signed_in.brand.name) }
        span.project { (project.name) }
        nav aria-label="Project" {
            @for (of, name, path) in &tabs {
                a href=(path) aria-current=[(*of == tab).then_some("page")] { (name) }
            }
        }
        (account(&viewer.signed_in))
    };
    let head = head(&viewer.signed_in.brand, title);
    layout::wide(&head, &bar, &html! { (told(&viewer.signed_in)) (read_only(viewer)) (content) })
}

/// What a read-only member is told, once on each page.
fn read_only(viewer: &ConsoleMember) -> Markup {
    html! { @if !viewer.may_change() { p.note { (READ_ONLY) "." } } }
}

/// The message about what was done.
fn told(signed_in: &ConsoleSession) -> Markup {
    html! { @if let Some(told) = &signed_in.told { p.note.good role="status" { (told) } } }
}

/// A page of a session, outside of projects.
pub fn outside(signed_in: &ConsoleSession, title: &str, content: &Markup) -> Markup {
    let bar = html! { a.mark href="/console" { (signed_in.brand.name) } (account(signed_in)) };
    let head = head(&signed_in.brand, title);
    layout::wide(&head, &bar, &html! { (told(signed_in)) (content) })
}

fn account(signed_in: &ConsoleSession) -> Markup {
    html! {
        div.account {
            a href="/console/projects" { "Projects" }
            a href="/console/sessions" { (signed_in.session.email) }
            form method="post" action="/console/sign-out" {
                (csrf_field(signed_in))
                button.link type="submit" { "Sign out" }
            }
        }
    }
}

/// The hidden field with the CSRF token of the session.
pub fn csrf_field(signed_in: &ConsoleSession) -> Markup {
    html! { input type="hidden" name="form" value=(signed_in.form); }
}

/// The hidden fields of a form that creates something: the CSRF token and an idempotency key.
pub fn csrf_field_once(signed_in: &ConsoleSession) -> Markup {
    html! {
        (csrf_field(signed_in))
        (key_field())
    }
}

/// The hidden field of a new idempotency key: each form of a page has its own.
pub fn key_field() -> Markup {
    html! { input type="hidden" name=(FORM_FIELD) value=(IdempotencyKey::random(&mut entropy()).expose()); }
}

/// The hidden field of the place in the list that a form leads back to.
pub fn back_field(back: Option<Back>) -> Markup {
    html! { @if let Some(back) = back { input type="hidden" name=(back::FIELD) value=(back.text()); } }
}

/// The hidden fields of a form that leads back to another one.
pub fn back_to(form: &KeptForm) -> Markup {
    html! {
        input type="hidden" name="then" value=(form.address());
        input type="hidden" name="fields" value=(form.fields);
        @if let Some(author) = &form.author { input type="hidden" name="author" value=(author); }
    }
}

/// A name, or a placeholder for a blank one, which earlier builds allowed, so that its link is visible.
pub fn named<'a>(name: &'a str, otherwise: &'a str) -> &'a str {
    if trimmed(name).is_empty() { otherwise } else { name }
}

/// A page without a project.
pub fn small(brand: &Brand, title: &str, content: &Markup) -> Markup {
    layout::document(&head(brand, title), content)
}

fn head<'a>(brand: &'a Brand, title: &'a str) -> Head<'a> {
    Head { brand, title, style: brand.console_style(), script: Some(&SCRIPT) }
}
