//! Console pages of events, of a token or of a project.

use jeton_core::{
    email::Email,
    event::{Event, EventType, names},
    id::TokenId,
    time::Timestamp,
    token::{Token, Tombstone},
};
use maud::{Markup, html};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};

use super::{
    Tab, event_search, frame,
    marks::Marks,
    named,
    token::{self, Part},
    token_form::problem_list,
};
use crate::{
    console::problems::Problems,
    console::session::ConsoleMember,
    console::wire::HistoryQuery,
    page::time::{exact_time, time},
};

/// A page of a history.
pub struct History<'a> {
    /// The path.
    pub path: String,
    /// The events, rendered by [`one`], newest first.
    pub events: &'a [Markup],
    /// The filters.
    pub asked: &'a HistoryQuery,
    /// The event before which the next page starts.
    pub next: Option<String>,
    /// The time of the oldest event that was searched, if there are older ones.
    pub searched_to: Option<Timestamp>,
    /// Whether an export is a page, because it cannot be streamed.
    pub exports_pages: bool,
    /// The errors in the filters.
    pub problems: Problems,
    /// The current time.
    pub now: Timestamp,
}

/// The history of a token.
pub fn of_token(viewer: &ConsoleMember, of: &Token, history: &History) -> Markup {
    let content = html! {
        (token::head(viewer, of, Part::Events, history.now))
        (list(viewer, history))
    };
    frame(viewer, Tab::Tokens, &token::titled(&of.identity.description, "Events"), &content)
}

/// The history of a deleted token.
pub fn of_deleted(viewer: &ConsoleMember, of: &Tombstone, history: &History) -> Markup {
    let content = html! {
        p.back { a href=(viewer.list_href()) { "Tokens" } }
        h1 { (named(&of.description, "(no description)")) " " span.badge { @if of.expired.is_some() { "Expired" } @else { "Deleted" } } }
        p.note {
            @match of.expired {
                Some(at) => { "This token expired on " (time(at)) }
                None => { "This token was deleted on " (time(of.deleted)) }
            }
            ". Its history is kept for six months after each event."
        }
        (list(viewer, history))
    };
    frame(viewer, Tab::Tokens, &token::titled(&of.description, "Events"), &content)
}

/// The history of the project.
pub fn of_project(viewer: &ConsoleMember, history: &History) -> Markup {
    let content = html! {
        h1 { "Activity" }
        p.lead { "Changes, denied calls and reported events of the last six months." }
        (list(viewer, history))
    };
    frame(viewer, Tab::Activity, "Activity", &content)
}

fn list(viewer: &ConsoleMember, history: &History) -> Markup {
    let asked = history.asked;
    let other = |others: &[(&str, Option<&str>)]| viewer.carried(&link(&history.path, asked, others));
    let export = history.path.replace("/events", "/export");
    html! {
        (event_search::form(viewer, &history.path, asked, Marks::new(&history.problems, &["q", "from", "to"])))
        (event_search::help())
        (problem_list(&history.problems, "Nothing was searched."))
        div.actions.small {
            @if asked.max_id.is_none() {
                label.live.scripted { input #live type="checkbox"; " Show new events automatically" }
            }
            a href=(link(&export, asked, &[("format", Some("csv"))])) download { "Export as CSV" }
            a href=(link(&export, asked, &[("format", Some("ndjson"))])) download { "Export as NDJSON" }
            @if history.exports_pages {
                span.soft { "up to 10,000 events or 5 MB; the last line has the link to continue" }
            }
        }
        @if asked.max_id.is_none() {
            p #live-lost .note.warn role="alert" hidden {
                "New events cannot be loaded at the moment. This page tries again every three seconds."
            }
            p #live-ended .note.warn role="alert" hidden {
                "New events are not shown any more, because you are signed out. "
                a href=(other(&[])) { "Sign in again" }
            }
        }
        div #events {
            @if history.events.is_empty() && history.problems.is_empty() {
                p.empty {
                    @match history.searched_to {
                        Some(at) => { "No matching events since " (time(at)) "." }
                        None => "No matching events",
                    }
                }
            }
            ol.events { @for event in history.events { (event) } }
        }
        nav.pages aria-label="Pages" {
            @if asked.max_id.is_some() { a href=(other(&[("maxId", None)])) { "Newest" } }
            @if let Some(next) = &history.next {
                a href=(other(&[("maxId", Some(next))])) rel="next" {
                    @if is_search(asked) { "Search older events" } @else { "Older" }
                }
                @if let Some(at) = history.searched_to.filter(|_| is_search(asked)) {
                    span.soft { "Searched back to " (time(at)) }
                }
            }
        }
    }
}

/// Whether there are filters.
fn is_search(asked: &HistoryQuery) -> bool {
    [&asked.q, &asked.event, &asked.r#type].into_iter().flatten().any(|text| !text.trim().is_empty())
}

/// An event. Long texts are cut, to bound the size of the page.
/// Of the copies of a token on its own page, the line says who picked one up.
pub fn one(viewer: &ConsoleMember, event: &Event, of: Option<&Token>) -> Markup {
    let class = match event.r#type {
        EventType::Info => "",
        EventType::Success => "good",
        EventType::Warn => "warn",
        EventType::Error => "bad",
    };
    let message = cut(&event.message);
    let project = event.project.map(|project| format!("/console/projects/{project}")).unwrap_or_default();
    html! {
        li {
            div.line {
                (exact_time(event.created))
                span class={ "badge " (class) } { (event.r#type.as_str()) }
                code { (event.event) }
                span.what { (message) @if message.len() < event.message.len() { "…" } }
                span.soft {
                    "By " (by(viewer, &project, event))
                    @if let Some(copy) = event.by.copy {
                        ", copy " (copy) @if let Some(recipient) = recipient(event, of) { " (" (recipient) ")" }
                    }
                    @if let Some(address) = &event.context.remote_addr { ", from " (address) }
                }
            }
            details data-event=(event.uuid) {
                summary { "Details" span.unseen { " of " (event.event) } }
                dl.small {
                    dt { "Event" } dd { code { (event.event) } }
                    dt { "Id" } dd { code { (event.uuid) } }
                    @if let Some(id) = event.about { dt { "Token" } dd { (token_link(viewer, &project, Some(id), &id.to_string())) } }
                    @if event.params.contains_key("member") { dt { "Member" } dd { a href={ (project) "/members" } { "Members" } } }
                    @if let Some(copy) = event.by.copy { dt { "Copy" } dd { (copy) } }
                    @if let Some(run) = &event.run_id { dt { "Run" } dd { (run) } }
                    @if let Some(agent) = &event.context.http_user_agent { dt { "Client" } dd { (agent) } }
                }
                @if !event.params.is_empty() { (object(&event.params)) }
                @if !event.results.is_empty() { (object(&event.results)) }
            }
        }
    }
}

/// Who did it. The description of a manage token is a text of its own, which leads nowhere.
fn by(viewer: &ConsoleMember, project: &str, event: &Event) -> Markup {
    let is_manage_token = event.by.manage.is_some() || event.params.contains_key(names::MANAGE_TOKEN.name);
    html! {
        @if event.by.token.is_some() || event.by.name.is_empty() || !is_manage_token {
            (token_link(viewer, project, event.by.token, &event.by.name))
        } @else {
            "the manage token “" (event.by.name) "”"
        }
    }
}

/// Who picked up the copy that was used, as long as the token has it.
fn recipient<'a>(event: &Event, of: Option<&'a Token>) -> Option<&'a Email> {
    let of = of.filter(|of| event.by.token == Some(of.id))?;
    let copy = of.copies.iter().find(|copy| Some(copy.id) == event.by.copy)?;
    copy.recipient.as_ref()
}

/// A name that leads to the page of its token.
fn token_link(viewer: &ConsoleMember, project: &str, id: Option<TokenId>, name: &str) -> Markup {
    html! { @match id { Some(id) => a href=(viewer.carried(&format!("{project}/tokens/{id}"))) { (named(name, "(no name)")) }, None => (name) } }
}

/// The most bytes shown of a message, of parameters or of results.
const SHOWN: usize = 8 * 1024;

fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(SHOWN)]
}

fn object(fields: &Map<String, Value>) -> Markup {
    let mut shown = Shown(Vec::new());
    let whole = serde_json::to_writer_pretty(&mut shown, fields).is_ok();
    let text = String::from_utf8_lossy(&shown.0);
    html! {
        pre { (text.trim_end_matches(char::REPLACEMENT_CHARACTER)) @if !whole { "…" } }
        @if !whole { p.small.soft { "The export has the full text." } }
    }
}

/// A writer that stops at the limit, because indented JSON can be many times larger.
struct Shown(Vec<u8>);

impl std::io::Write for Shown {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let fits = bytes.len().min(SHOWN.saturating_sub(self.0.len()));
        self.0.extend_from_slice(&bytes[..fits]);
        if fits > 0 || bytes.is_empty() { Ok(fits) } else { Err(std::io::ErrorKind::FileTooLarge.into()) }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A link to these events with other parameters.
fn link(path: &str, asked: &HistoryQuery, others: &[(&str, Option<&str>)]) -> String {
    let kept = [
        ("q", &asked.q),
        ("event", &asked.event),
        ("type", &asked.r#type),
        ("from", &asked.from),
        ("to", &asked.to),
        ("maxId", &asked.max_id),
    ];
    let kept = kept.into_iter().filter(|(name, _)| others.iter().all(|(other, _)| other != name));
    let pairs = kept.map(|(name, value)| (name, value.as_deref())).chain(others.iter().copied());
    let present = pairs.filter_map(|(name, value)| Some((name, value.filter(|value| !value.is_empty())?)));
    let query: Vec<_> = present
        .map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)))
        .collect();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{}", query.join("&")) }
}
