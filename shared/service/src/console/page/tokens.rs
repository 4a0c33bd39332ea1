//! The console page with the list of tokens.

use jeton_core::{
    permission::{Access, Capability, Permissions},
    time::Timestamp,
    token::{Kind, Token},
};
use maud::{Markup, html};

use super::{Tab, frame, named};
use crate::{
    console::session::ConsoleMember,
    page::time::{time, utc_day},
};

/// A page of the list.
pub struct List<'a> {
    /// The tokens.
    pub tokens: &'a [Token],
    /// The search text.
    pub search: &'a str,
    /// The id after which the next page starts.
    pub next: Option<String>,
    /// Whether this is a page after the first one.
    pub after_first: bool,
    /// The current time.
    pub now: Timestamp,
}

/// Renders the list.
pub fn tokens(viewer: &ConsoleMember, list: &List) -> Markup {
    let at = format!("/console/projects/{}/tokens", viewer.project.id);
    let content = html! {
        div.head {
            h1 { "Tokens" }
            a.button.primary href={ (at) "/new" } { "New token" }
        }
        form.search method="get" action=(at) role="search" {
            label.unseen for="search" { "Search the descriptions" }
            input #search name="search" type="search" value=(list.search) placeholder="Search the descriptions";
            button type="submit" { "Search" }
        }
        @if list.tokens.is_empty() {
            p.empty {
                @if list.search.is_empty() { "There are no more tokens." }
                @else { "No token description contains " strong { (list.search) } "." }
            }
        } @else {
            div.scroll tabindex="0" role="region" aria-label="Tokens" {
                table.tokens {
                    thead {
                        tr {
                            th { "Description" } th { "Created" } th { "Refreshed" } th { "Expires" }
                            th { "Last used" } th { "Files" } th { "Components" } th { "Buckets" } th { "Tokens" }
                        }
                    }
                    tbody { @for token in list.tokens { (row(viewer, token, &at, list.now)) } }
                }
            }
        }
        nav.pages aria-label="Pages" {
            @if list.after_first { a href=(at) { "First page" } }
            @if let Some(next) = &list.next { a href=(next) rel="next" { "Next" } }
        }
    };
    frame(viewer, Tab::Tokens, "Tokens", &content)
}

fn row(viewer: &ConsoleMember, token: &Token, at: &str, now: Timestamp) -> Markup {
    let identity = &token.identity;
    let rights = &identity.permissions;
    let path = format!("{at}/{}", token.id);
    html! {
        tr {
            td.what {
                a href=(path) { (named(&identity.description, "(no description)")) }
                (badges(viewer, token))
                (row_actions(viewer, token, &path))
            }
            td { (time(identity.created)) }
            td { (time(identity.refreshed)) }
            td { (expires(token, now)) }
            td { @match token.last_used { Some(day) => (utc_day(day)), None => span.soft { "never" } } }
            td { (if rights.has(Capability::ReadAllFileUploads) { "All" } else { "Own" }) }
            td { (components(rights)) }
            td { (buckets(rights)) }
            td { (if rights.has(Capability::ManageTokens) { "Yes" } else { "No" }) }
        }
    }
}

fn row_actions(viewer: &ConsoleMember, token: &Token, path: &str) -> Markup {
    html! {
        div.acts {
            @if may_refresh(viewer, token) {
                a href={ (path) "/refresh" } data-dialog { "Refresh" }
            }
            @if !token.identity.is_master() {
                a href={ (path) "/share" } data-dialog { "Share" }
                a.danger href={ (path) "/delete" } data-dialog { "Delete" }
            }
        }
    }
}

/// The badges: *Master*, *Yours*, and the configuration.
pub fn badges(viewer: &ConsoleMember, token: &Token) -> Markup {
    html! {
        @if is_yours(viewer, token) { " " span.badge.good { "Yours" } }
        @match &token.identity.kind {
            Kind::Master(_) => { " " span.badge { "Master" } }
            Kind::Configuration { component, configuration } => {
                " " span.badge { (component) " / " (configuration) }
            }
            Kind::Limited => {}
        }
    }
}

/// Whether the token is the master token of the viewer, or was created with it.
fn is_yours(viewer: &ConsoleMember, token: &Token) -> bool {
    let master = viewer.member.master;
    token.id == master || token.identity.creator.as_ref().is_some_and(|creator| creator.id == master)
}

/// Whether the viewer may refresh the token. Only its own member can refresh a master token.
pub fn may_refresh(viewer: &ConsoleMember, token: &Token) -> bool {
    !token.identity.is_master() || token.id == viewer.member.master
}

/// When the token expires, or that it has expired or is disabled.
pub fn expires(token: &Token, now: Timestamp) -> Markup {
    let identity = &token.identity;
    html! {
        @if identity.disabled { span.badge.warn { "Disabled" } }
        @else if identity.is_expired(now) { span.badge.bad { "Expired" } }
        @else {
            @match identity.expires { Some(at) => (time(at)), None => "Never" }
        }
    }
}

fn components(rights: &Permissions) -> Markup {
    html! {
        @if rights.has(Capability::ManageBuckets) { "All" }
        @else {
            @match rights.components.iter().collect::<Vec<_>>()[..] {
                [] => span.soft { "None" },
                [only] => code { (only) },
                ref several => (several.len()),
            }
        }
    }
}

fn buckets(rights: &Permissions) -> Markup {
    let written = rights.buckets.values().filter(|access| **access == Access::Write).count();
    html! {
        @if rights.has(Capability::ManageBuckets) { "All" }
        @else {
            @match rights.buckets.iter().collect::<Vec<_>>()[..] {
                [] => span.soft { "None" },
                [(only, access)] => { code { (only) } " (" (access.as_str()) ")" }
                ref several => { (several.len()) " (" (written) " to write)" }
            }
        }
    }
}
