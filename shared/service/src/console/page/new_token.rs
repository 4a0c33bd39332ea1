//! The form of a new token: a purpose to start from, its rights, and its expiry.

use jeton_core::{
    id::TokenId,
    permission::Capabilities,
    time::{Day, Timestamp},
    token::Token,
};
use maud::{Markup, html};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::{
    Tab, back_field, csrf_field_once, frame, named,
    token_form::{Fields, LISTS, List, SEEN_BUCKETS, SEEN_COMPONENTS, problem_list},
};
use crate::{
    console::{
        expiry,
        problems::Problems,
        purpose::{LIKE, PURPOSES, Purpose},
        session::ConsoleMember,
        token_form::{ONLY_VERIFY, TokenForm},
        tried_rights::TRIED,
    },
    page::time::ago,
};

/// How many suggestions a page without JavaScript names.
const NAMED: usize = 12;

/// The suggestions.
#[derive(Debug, Default)]
pub struct Suggestions {
    /// Buckets, the most frequent first.
    pub buckets: Vec<String>,
    /// Components.
    pub components: Vec<String>,
    /// Tokens with their descriptions, newest first, without those of members.
    pub tokens: Vec<(TokenId, String)>,
    /// The tokens among which one is to be chosen, since what was entered may mean each of them.
    pub among: Vec<Token>,
}

/// The form.
pub struct NewToken<'a> {
    /// The entered or proposed fields.
    pub form: &'a TokenForm,
    /// The errors.
    pub problems: &'a Problems,
    /// The token that it starts from.
    pub like: Option<&'a Token>,
    /// What the project has seen.
    pub seen: &'a Suggestions,
    /// The current time.
    pub now: Timestamp,
}

/// Renders the form.
pub fn new(viewer: &ConsoleMember, new: &NewToken) -> Markup {
    let at = format!("/console/projects/{}/tokens", viewer.project.id);
    let purpose = new.form.purpose();
    let lists = purpose.map_or(&[][..], |purpose| purpose.lists);
    let is_like = purpose.is_some_and(|purpose| purpose.word == LIKE);
    let asks_which = is_like && (new.form.like.is_none() || new.problems.field("like").is_some());
    let (first, others): (Vec<&List>, Vec<&List>) = LISTS.iter().partition(|list| lists.contains(&list.name));
    let order =
        [&["description"][..], lists, &["read", "write", "components", "expires", "until", ONLY_VERIFY]]
            .concat();
    let fields = Fields::new(new.form, new.problems, &order);
    let title = if new.problems.is_empty() { "New token" } else { "Error: New token" };
    let content = html! {
        h1 { "New token" }
        p.lead {
            "Grant only the rights that are needed. You can change them later, except access to all buckets and components. Changes, questions "
            "and denied calls are recorded; of GET verify, only the day."
        }
        (purposes(viewer, &at, purpose))
        (problem_list(new.problems, "No token was created."))
        @if asks_which {
            (which(viewer, &at, new))
        } @else {
            @if let Some(like) = new.like { (started_from(&at, like)) }
            form.stacked #new-token method="post" action=(at) {
                (csrf_field_once(&viewer.signed_in))
                (back_field(viewer.back.clone()))
                @if let Some(purpose) = purpose { input type="hidden" name="purpose" value=(purpose.word); }
                @if let Some(like) = &new.form.like { input type="hidden" name="like" value=(like); }
                (fields.description())
                @if first.is_empty() {
                    (rights(fields, &others))
                } @else {
                    div.scope { @for list in &first { (fields.list(list)) } }
                    details open[has_others(new, &others)] {
                        summary { "Other rights" }
                        (rights(fields, &others))
                    }
                }
                (expires(fields, new.now))
                (without_rights(fields))
                p.summary #summary {}
                div.actions {
                    button.primary type="submit" aria-describedby="summary" { "Create the token" }
                    a.button href=(viewer.list_href()) { "Cancel" }
                }
            }
        }
        (suggestions(new.seen))
    };
    frame(viewer, Tab::Tokens, title, &content)
}

/// The purposes, as links: each leads to the form with what it proposes.
fn purposes(viewer: &ConsoleMember, at: &str, chosen: Option<&Purpose>) -> Markup {
    html! {
        noscript { p.hint { "Choose the purpose first: each one starts with an empty form." } }
        nav aria-label="Purpose" {
            ul.purposes {
                @for purpose in &PURPOSES {
                    li {
                        a href=(viewer.carried(&format!("{at}/new?purpose={}", purpose.word)))
                            aria-current=[chosen.is_some_and(|chosen| chosen.word == purpose.word).then_some("true")] {
                            strong { (purpose.title) } " " span { (purpose.about) }
                        }
                    }
                }
            }
        }
    }
}

/// Asks for the token to start from.
fn which(viewer: &ConsoleMember, at: &str, new: &NewToken) -> Markup {
    let fields = Fields::new(new.form, new.problems, &["like"]);
    html! {
        form.stacked #which-token method="get" action={ (at) "/new" } {
            input type="hidden" name="purpose" value=(LIKE);
            (back_field(viewer.back.clone()))
            @for (name, value) in kept(new.form) { input type="hidden" name=(name) value=(value); }
            div.field {
                label for="like" { "Like which token?" }
                input #like name="like" list="seen-tokens" autocomplete="off" required
                    value=(new.form.like.as_deref().unwrap_or_default())
                    aria-invalid=[fields.marks.invalid("like")] aria-describedby=[fields.marks.described("like", Some("like-hint"))]
                    autofocus[fields.marks.focus("like")];
                (fields.marks.problem("like"))
                (among(viewer, at, new))
                p.hint #like-hint { "Its id, or its description. In the list of tokens, “Duplicate” leads here, too." }
            }
            div.actions {
                button.primary type="submit" { "Continue" }
                a.button href=(viewer.list_href()) { "Cancel" }
            }
        }
    }
}

/// The tokens that may be meant, as links.
fn among(viewer: &ConsoleMember, at: &str, new: &NewToken) -> Markup {
    let entered = kept(new.form);
    let address = |token: &Token| {
        let id = token.id.to_string();
        let fields = [("purpose", LIKE), ("like", id.as_str())].into_iter().chain(entered.iter().copied());
        let query: Vec<_> = fields
            .map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)))
            .collect();
        viewer.carried(&format!("{at}/new?{}", query.join("&")))
    };
    html! {
        @if !new.seen.among.is_empty() {
            ul aria-label="Tokens that may be meant" {
                @for token in &new.seen.among {
                    li {
                        a href=(address(token)) { (named(&token.identity.description, "(no description)")) }
                        span.soft { " · " (token.id) " · created " (ago(token.identity.created, new.now)) }
                    }
                }
            }
        }
    }
}

/// What was entered before and stays, whatever token the form starts from.
fn kept(form: &TokenForm) -> Vec<(&'static str, &str)> {
    let fields = [("description", &form.description), ("expires", &form.expires), ("until", &form.until)];
    let entered = fields.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?)));
    let entered: Vec<_> = entered.filter(|(_, value)| !value.is_empty()).collect();
    if entered.is_empty() { entered } else { [vec![(TRIED, "1")], entered].concat() }
}

fn started_from(at: &str, like: &Token) -> Markup {
    html! {
        p.note {
            "This form starts with the rights of "
            a href={ (at) "/" (like.id) } { (named(&like.identity.description, "(no description)")) } "."
            @if like.identity.permissions.capabilities.denial().is_some() {
                " It may manage tokens, which a token that is created here may not."
            }
        }
    }
}

/// The rights, without the lists that stand before them.
fn rights(fields: Fields, lists: &[&List]) -> Markup {
    html! {
        (fields.choices(Capabilities::ALL.difference(Capabilities::EDITABLE)))
        div.scope { @for list in lists { (fields.list(list)) } }
        (fields.choices(Capabilities::EDITABLE))
        (fields.boxes(Capabilities::ALL))
    }
}

/// Whether a right is asked for, or is wrong, beside what the purpose of the form is about.
fn has_others(new: &NewToken, others: &[&List]) -> bool {
    let proposed = new.form.purpose().map_or(Capabilities::NONE, Purpose::capabilities);
    let is_filled = |list: &&List| !new.form.list(list.name).is_empty();
    new.form.capabilities != proposed || others.iter().any(is_filled)
}

/// The confirmation of a token without rights, once it is asked for.
fn without_rights(fields: Fields) -> Markup {
    let is_confirmed = fields.form.only_verify.is_some();
    html! {
        @if is_confirmed || fields.marks.invalid(ONLY_VERIFY).is_some() {
            div.field {
                label {
                    input id=(ONLY_VERIFY) type="checkbox" name=(ONLY_VERIFY) value="1" checked[is_confirmed]
                        aria-invalid=[fields.marks.invalid(ONLY_VERIFY)] aria-describedby=[fields.marks.described(ONLY_VERIFY, None)]
                        autofocus[fields.marks.focus(ONLY_VERIFY)];
                    " It needs no rights: it may only verify itself"
                }
                (fields.marks.problem(ONLY_VERIFY))
            }
        }
    }
}

fn expires(fields: Fields, now: Timestamp) -> Markup {
    let chosen = fields.form.expires.as_deref().unwrap_or(expiry::PROPOSED);
    let until = fields.form.until.as_deref().unwrap_or_default();
    html! {
        div.field {
            label for="expires" { "Expires" }
            select #expires name="expires" aria-invalid=[fields.marks.invalid("expires")]
                aria-describedby=[fields.marks.described("expires", Some("expires-hint"))]
                autofocus[fields.marks.focus("expires")] {
                @for (value, label, seconds) in expiry::LIFETIMES {
                    @let end = now.plus_seconds(seconds);
                    @let on = (seconds > 86_400).then_some(label);
                    option value=(value) data-end=(end.millis()) data-on=[on] selected[chosen == value] {
                        (label) @if on.is_some() { ", on " (end.day().for_people()) }
                    }
                }
                option value=(expiry::DATE) selected[chosen == expiry::DATE] { "On a date" }
                option value=(expiry::NEVER) selected[chosen == expiry::NEVER] { "Never" }
            }
            (fields.marks.problem("expires"))
            div #until-day {
                label.after for="until" { "Expiry date " span.soft { "(UTC)" } }
                input #until name="until" type="date" value=(until) min=(earliest(now))
                    aria-invalid=[fields.marks.invalid("until")] aria-describedby=[fields.marks.described("until", None)]
                    autofocus[fields.marks.focus("until")];
                (fields.marks.problem("until"))
            }
            p.hint #expires-hint {
                "Choose Never only for a program whose token nobody could replace in time: a token that leaks works until "
                "it expires, or until someone notices. The expiry can be changed later, under Extend on the page of the token."
            }
        }
    }
}

/// The earliest day of a date field.
fn earliest(now: Timestamp) -> Day {
    now.day()
}

/// What pickers suggest. Without a script, the first of them are named.
fn suggestions(seen: &Suggestions) -> Markup {
    html! {
        @for (id, ids) in [(SEEN_BUCKETS, &seen.buckets), (SEEN_COMPONENTS, &seen.components)] {
            datalist id=(id) { @for id in ids { option value=(id) {} } }
        }
        datalist #seen-tokens {
            @for (id, description) in &seen.tokens { option value=(id) { (description) } }
        }
        noscript {
            @for (what, ids) in [("Buckets", &seen.buckets), ("Components", &seen.components)] {
                @if !ids.is_empty() {
                    p.hint { (what) " of this project: " (ids.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ")) "." }
                }
            }
        }
    }
}
