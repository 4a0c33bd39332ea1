//! A token in a list: its status, owner and rights in few words, and the menu of its actions.

use jeton_core::{
    time::Timestamp,
    token::{Identity, Kind, Token},
};
use maud::{Markup, html};

use super::named;
use crate::{
    console::{back::Back, session::ConsoleMember, token_list::EXPIRING_DAYS},
    page::{
        shortened::{cut, is_cut},
        time::{ago, days_ago, time},
        words,
    },
};

/// A row of the list.
pub fn row(
    viewer: &ConsoleMember,
    token: &Token,
    at: &str,
    (place, now): (Option<&Back>, Timestamp),
) -> Markup {
    let identity = &token.identity;
    let path = format!("{at}/{}", token.id);
    let name = named(&identity.description, "(no description)");
    let back = |href: &str| place.map_or_else(|| href.to_owned(), |place| place.link(href));
    html! {
        tr role="row" {
            @if viewer.may_change() {
                td.pick role="cell" {
                    @if is_selectable(viewer, token) {
                        input type="checkbox" name="tokens[]" value=(token.id) aria-label={ "Select " (name) };
                    }
                }
            }
            td.what role="cell" {
                a href=(back(&path)) title=[is_cut(name, LONGEST_NAME)] { (cut(name, LONGEST_NAME)) } " " (status(token, now)) (kind(token))
            }
            td role="cell" data-label="Rights" { (words::few(identity)) }
            td role="cell" data-label="Owner" { (owner(viewer, identity)) }
            td role="cell" data-label="Last used" { (last_used(token, now)) }
            td role="cell" data-label="Expires" { (expires(identity)) }
            td role="cell" data-label="Created" { (ago(identity.created, now)) }
            @if viewer.may_change() { td.row-menu role="cell" { (menu(viewer, token, name, &back)) } }
        }
    }
}

/// Whether an action on several tokens may be for this one: master tokens are left out.
pub fn is_selectable(viewer: &ConsoleMember, token: &Token) -> bool {
    !token.identity.is_own_of_member() && token.id != viewer.member.master
}

/// The menu of a row, which opens without a script, too.
fn menu(viewer: &ConsoleMember, token: &Token, name: &str, back: &dyn Fn(&str) -> String) -> Markup {
    html! {
        @if may_refresh(viewer, token) {
            details.menu {
                summary.button { "Actions" span.unseen { " for " (name) } }
                ul { (actions(viewer, token, back)) }
            }
        }
    }
}

/// The actions on a token, as items of a menu, whose links lead back.
fn actions(viewer: &ConsoleMember, token: &Token, back: &dyn Fn(&str) -> String) -> Markup {
    let tokens = format!("/console/projects/{}/tokens", viewer.project.id);
    let at = |what: &str| back(&format!("{tokens}/{}/{what}", token.id));
    html! {
        @if may_refresh(viewer, token) { li { a href=(at("refresh")) data-dialog { "Refresh" } } }
        @if !token.identity.is_own_of_member() {
            li { a href=(at("share")) data-dialog { "Share" } }
            li { a href=(at("extend")) data-dialog { "Extend" } }
            li { a href=(back(&format!("{tokens}/new?like={}", token.id))) { "Duplicate" } }
            li {
                a href=(at("switch")) data-dialog {
                    @if token.identity.disabled { "Enable" } @else { "Disable" }
                }
            }
            li { a.danger href=(at("delete")) data-dialog { "Delete" } }
        }
    }
}

/// The status: the first of *Disabled*, *Expired*, *Expires in …*, *Never used* and *Active* that is true.
pub fn status(token: &Token, now: Timestamp) -> Markup {
    let identity = &token.identity;
    let left = identity.expires.map(|end| seconds_until(end, now));
    let is_soon = |left: &u64| *left <= EXPIRING_DAYS * 86_400;
    html! {
        @if identity.disabled { span.badge.warn { "Disabled" } }
        @else if identity.is_expired(now) { span.badge.bad { "Expired" } }
        @else if let Some(left) = left.filter(is_soon) { span.badge.warn { "Expires in " (short(left)) } }
        @else if token.last_used.is_none() { span.badge { "Never used" } }
        @else { span.badge.good { "Active" } }
    }
}

fn seconds_until(end: Timestamp, now: Timestamp) -> u64 {
    u64::try_from(end.millis().saturating_sub(now.millis())).unwrap_or(0) / 1000
}

/// A time span in its largest unit, rounded down: `3 d`, `5 h`, `20 min`.
fn short(seconds: u64) -> String {
    match seconds {
        ..60 => "less than a minute".to_owned(),
        60..3600 => format!("{} min", seconds / 60),
        3600..86_400 => format!("{} h", seconds / 3600),
        _ => format!("{} d", seconds / 86_400),
    }
}

/// The badges: *Yours*, *Master*, and the configuration.
pub fn badges(viewer: &ConsoleMember, token: &Token) -> Markup {
    html! {
        @if is_yours(viewer, token) { " " span.badge.good { "Yours" } }
        (kind(token))
    }
}

/// *Master*, *Read-only member*, or the configuration.
fn kind(token: &Token) -> Markup {
    html! {
        @match &token.identity.kind {
            Kind::Master(_) => { " " span.badge { "Master" } }
            Kind::Reader(_) => { " " span.badge { "Read-only member" } }
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

/// Whether the viewer may refresh the token. That of a member, also of a read-only one, is refreshed by this member only.
pub fn may_refresh(viewer: &ConsoleMember, token: &Token) -> bool {
    token.id == viewer.member.master || (viewer.may_change() && !token.identity.is_own_of_member())
}

/// The longest name of a token in a list, and of its owner, in characters. The page of the token has the whole.
pub const LONGEST_NAME: usize = 100;
const LONGEST_OWNER: usize = 60;

/// The member behind a token.
fn owner(viewer: &ConsoleMember, identity: &Identity) -> Markup {
    let creator = identity.creator.as_ref().map(|creator| creator.description.as_str());
    html! {
        @if identity.former_member.is_some() {
            span.badge.warn { "Left" } @if let Some(creator) = creator { " " span.soft { (cut(creator, LONGEST_OWNER)) } }
        } @else {
            @match (&identity.member, creator) {
                (Some(member), _) if member.id == viewer.member.id => "You",
                (Some(member), _) => span title=(member.email) {
                    (cut(named(&member.name, member.email.as_str()), LONGEST_OWNER))
                },
                (None, Some(creator)) => span title=[is_cut(creator, LONGEST_OWNER)] { (cut(creator, LONGEST_OWNER)) },
                (None, None) => span.soft { "Manage token" },
            }
        }
    }
}

/// When a token was last used, of which only the day is stored.
pub fn last_used(token: &Token, now: Timestamp) -> Markup {
    html! { @match token.last_used { Some(day) => (days_ago(day, now)), None => span.soft { "Never" } } }
}

/// When the token expires.
pub fn expires(identity: &Identity) -> Markup {
    html! { @match identity.expires { Some(at) => (time(at)), None => "Never" } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_span_is_said_in_its_largest_unit() {
        for (seconds, text) in [
            (0, "less than a minute"),
            (60, "1 min"),
            (3599, "59 min"),
            (3600, "1 h"),
            (86_399, "23 h"),
            (86_400, "1 d"),
            (3 * 86_400 + 5, "3 d"),
        ] {
            assert_eq!(short(seconds), text);
        }
    }
}
