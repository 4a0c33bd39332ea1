//! The console page with the list of tokens.

use std::borrow::Cow;

use jeton_api::token_action::Action;
use jeton_core::{
    event::Order,
    time::Timestamp,
    token::{SortBy, Token},
};
use maud::{Markup, html};

use super::{
    Tab, frame,
    token_actions::names,
    token_row::{is_selectable, row},
};
use crate::console::{
    back::{self, Back},
    session::ConsoleMember,
    token_list::{CHIPS, Chip, EXPIRING_DAYS, TokenList, UNUSED_DAYS},
};
use crate::page::words::{counted, number};

/// A page of the list.
pub struct List<'a> {
    /// Which tokens, and in which order.
    pub list: &'a TokenList,
    /// This page of the list, for links that lead back to it.
    pub place: Option<Back>,
    /// The tokens.
    pub tokens: &'a [Token],
    /// The cursors of the page before and of the page after.
    pub around: (Option<String>, Option<String>),
    /// The number of the first token, and how many there are; unknown in a large project.
    pub counted: Option<(usize, usize)>,
    /// Whether the search ended at its limits, before this page was full.
    pub is_partial: bool,
    /// The error in the query.
    pub problem: Option<&'a str>,
    /// The current time.
    pub now: Timestamp,
}

/// The columns, and what they are sorted by.
const COLUMNS: [(&str, Option<SortBy>); 6] = [
    ("Token", Some(SortBy::Description)),
    ("Rights", Some(SortBy::Rights)),
    ("Owner", Some(SortBy::Creator)),
    ("Last used", Some(SortBy::LastUsed)),
    ("Expires", Some(SortBy::Expires)),
    ("Created", Some(SortBy::Created)),
];

/// Renders the list.
pub fn tokens(viewer: &ConsoleMember, page: &List) -> Markup {
    let at = format!("/console/projects/{}/tokens", viewer.project.id);
    let list = page.list;
    let content = html! {
        div.head {
            h1 { "Tokens" }
            @if viewer.may_change() { a.button.primary href=(leads_back(page, &format!("{at}/new"))) { "New token" } }
        }
        form.search method="get" action=(at) role="search" {
            label.unseen for="search" { "Search names, buckets and components" }
            input #search name="search" type="search" value=(list.search) maxlength="255"
                aria-invalid=[page.problem.map(|_| "true")] aria-describedby=[page.problem.map(|_| "search-problem")]
                autofocus[page.problem.is_some()] placeholder="Name, bucket or component";
            @for (name, value) in list.fields().iter().filter(|(name, _)| *name != "search") {
                input type="hidden" name=(name) value=(value);
            }
            button type="submit" { "Search" }
        }
        @if let Some(problem) = page.problem { p.problem #search-problem { (problem) } }
        (chips(list, &at))
        @if let Some((_, count)) = page.counted.filter(|_| !page.tokens.is_empty()) {
            p.count.small.soft role="status" { (counted(count as u64, "token")) }
        }
        @if page.tokens.is_empty() {
            (nothing(page, &at))
        } @else if !viewer.may_change() {
            (table(viewer, page, &at))
        } @else {
            form.listing method="get" action={ (at) "/actions" } {
                @for (name, value) in list.fields() { input type="hidden" name=(name) value=(value); }
                @if let Some(place) = &page.place { input type="hidden" name=(back::FIELD) value=(place.text()); }
                (bulk(viewer, page, &at))
                (table(viewer, page, &at))
            }
        }
        (pages(page, &at))
    };
    frame(viewer, Tab::Tokens, "Tokens", &content)
}

/// A link whose page leads back to this one.
fn leads_back(page: &List, href: &str) -> String {
    page.place.as_ref().map_or_else(|| href.to_owned(), |place| place.link(href))
}

/// The filters, as links that add or remove one.
fn chips(list: &TokenList, at: &str) -> Markup {
    html! {
        nav aria-label="Filters" {
            ul.filters {
                @for (chip, _, label) in &CHIPS {
                    li {
                        a href=(list.toggled(*chip).href(at)) title=(about(*chip))
                            aria-current=[list.chips.contains(chip).then_some("true")] { (label) }
                    }
                }
                @if !list.is_all() {
                    li.clear { a href=(list.cleared().href(at)) { "Clear" } }
                }
            }
        }
    }
}

fn about(chip: Chip) -> String {
    match chip {
        Chip::Mine => "Created by you, and your own token".to_owned(),
        Chip::Expiring => format!("Expires within {EXPIRING_DAYS} days, or has expired"),
        Chip::Unused => format!("Neither used nor created in the last {UNUSED_DAYS} days"),
        Chip::Never => "Has no expiry".to_owned(),
        Chip::Disabled => "Works only once it is enabled".to_owned(),
        Chip::Left => "Its owner has left the project".to_owned(),
    }
}

fn nothing(page: &List, at: &str) -> Markup {
    html! {
        p.empty {
            @if page.problem.is_some() { "Nothing was searched. " }
            @else if page.is_partial { "No token matches in this part of the list." }
            @else if page.list.is_all() { "There are no more tokens." }
            @else { (none(page.list)) " " }
            @if !page.list.is_all() && !page.is_partial { a href=(at) { "Show all tokens" } }
        }
    }
}

/// What a list without tokens would have.
fn none(list: &TokenList) -> Cow<'static, str> {
    match (list.search.is_empty(), list.chips.as_slice()) {
        (true, [Chip::Mine]) => "You created no tokens.".into(),
        (true, [Chip::Expiring]) => {
            format!("No token has expired or expires within {EXPIRING_DAYS} days.").into()
        }
        (true, [Chip::Unused]) => format!("No token is unused for {UNUSED_DAYS} days.").into(),
        (true, [Chip::Never]) => "Every token has an expiry.".into(),
        (true, [Chip::Disabled]) => "No token is disabled.".into(),
        (true, [Chip::Left]) => "No token has an owner who has left.".into(),
        (true, _) => "No token matches all of these filters.".into(),
        (false, []) => "No token matches the search.".into(),
        (false, [_]) => "No token matches the search and the filter.".into(),
        (false, _) => "No token matches the search and the filters.".into(),
    }
}

/// The roles are those of the elements, which a narrow window shows as cards.
fn table(viewer: &ConsoleMember, page: &List, at: &str) -> Markup {
    html! {
        div.list { table.rows.tokens role="table" {
            thead role="rowgroup" {
                tr role="row" {
                    @if viewer.may_change() {
                        th.pick role="columnheader" scope="col" {
                            span.unseen { "Selection" }
                            input #all-shown type="checkbox" aria-label="Select all on this page" hidden;
                        }
                    }
                    @for (name, by) in COLUMNS { (column(page.list, at, name, by)) }
                    @if viewer.may_change() { th role="columnheader" scope="col" { span.unseen { "Actions" } } }
                }
            }
            tbody role="rowgroup" { @for token in page.tokens { (row(viewer, token, at, (page.place.as_ref(), page.now))) } }
        } }
    }
}

fn column(list: &TokenList, at: &str, name: &str, by: Option<SortBy>) -> Markup {
    let order = by.filter(|by| list.sort.by == *by).map(|_| match list.sort.order {
        Order::Ascending => "ascending",
        Order::Descending => "descending",
    });
    html! {
        th role="columnheader" scope="col" aria-sort=[order] {
            @if let Some(by) = by { a href=(list.sorted(by).href(at)) { (name) } } @else { (name) }
        }
    }
}

/// The buttons for the selected tokens, and the links for all that the list has: before the table, for the keyboard.
fn bulk(viewer: &ConsoleMember, page: &List, at: &str) -> Markup {
    let asks =
        |action: Action| page.list.page_href(&format!("{at}/actions"), "action", action.word()) + "&all=1";
    let all = |action: Action| leads_back(page, &asks(action));
    let actions = page.list.actions();
    html! {
        @if page.tokens.iter().any(|token| is_selectable(viewer, token)) {
            div.bulk role="group" aria-label="Actions on tokens" {
                div.selected {
                    span #selected .soft role="status" { "Selected:" }
                    @for action in actions {
                        button.danger[*action == Action::Delete] name="action" value=(action.word()) type="submit" { (names(*action).0) }
                    }
                }
                @if !page.list.is_all() {
                    p.all {
                        @match page.counted {
                            Some((_, 1)) => "The 1 token of this list: ",
                            Some((_, count)) => { "All " (number(count as u64)) " of this list: " }
                            None => "All of this list: ",
                        }
                        @for (place, action) in actions.iter().enumerate() {
                            @if place > 0 { ", " }
                            a href=(all(*action)) { (action.word()) }
                        }
                    }
                }
            }
        }
    }
}

fn pages(page: &List, at: &str) -> Markup {
    let link = |name: &str, cursor: &str| page.list.page_href(at, name, cursor);
    let (before, after) = &page.around;
    html! {
        nav.pages aria-label="Pages" {
            @if let (Some((first, count)), false) = (page.counted, page.tokens.is_empty()) {
                span.soft { (number(first as u64)) "–" (number((first + page.tokens.len() - 1) as u64)) " of " (number(count as u64)) }
            }
            @if let Some(cursor) = before {
                a href=(page.list.href(at)) { "First page" }
                a href=(link("before", cursor)) rel="prev" { "Previous" }
            }
            @if let Some(cursor) = after { a href=(link("after", cursor)) rel="next" { "Next" } }
        }
    }
}
