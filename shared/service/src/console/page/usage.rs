//! The console page of a token's usage.

use jeton_core::{
    permission::{
        Advice, Ask, Capabilities, Capability, Permissions, Usage,
        advice::{Seen, Tally},
        capability::GrantedBy,
    },
    time::Timestamp,
    token::{Editable, Token},
};
use maud::{Markup, html};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::{
    Tab, back_field,
    chart::{self, Chart},
    covered::{Covered, what_counts},
    csrf_field, frame,
    table::table,
    token::{self, Part},
    token_form::{self, Fields},
};
use crate::{
    console::problems::Problems,
    console::session::ConsoleMember,
    console::token_form::TokenForm,
    console::tried_rights::{self, ANOTHER_RANGE, CREATE, SAVE},
    console::usage_range::{Bar, Range, moment},
    page::{
        time::{ago, time},
        words::{self, number, questions_and},
    },
};

/// The most rows of what was denied.
const SHOWN: usize = 50;

/// The id of the form of the rights that are tried.
const TRIED_FORM: &str = "tried-rights";

/// The usage of a token.
pub struct Shown<'a> {
    /// The range.
    pub range: &'static Range,
    /// The calls over time, oldest first.
    pub bars: &'a [Bar],
    /// The usage by right.
    pub advice: &'a Advice,
    /// The calls, as they were answered.
    pub usage: &'a Usage,
    /// The time since which calls were counted, if the range has more.
    pub counted_since: Option<Timestamp>,
    /// The rights that are tried.
    pub tried: Option<&'a TokenForm>,
    /// The error in these rights.
    pub problem: Option<String>,
    /// The current time.
    pub now: Timestamp,
}

impl Shown<'_> {
    fn counted(&self) -> Covered {
        Covered::new(self.range, self.counted_since, true, self.now)
    }
}

/// The page.
pub fn usage(viewer: &ConsoleMember, of: &Token, shown: &Shown) -> Markup {
    let at = token::path(viewer, of);
    let content = html! {
        (token::head(viewer, of, Part::Usage, shown.now))
        (ranges(viewer, &at, shown))
        @if let Some(since) = shown.counted_since {
            p.note {
                "There are more events than this page reads. It covers those since " (time(since)) ". "
                code { "jeton advise " (of.id) } " covers all six months."
            }
        }
        h2 { "Questions and denied calls " (shown.counted().since()) }
        (Chart { range: shown.range, counted: shown.counted(), bars: shown.bars, events: &viewer.carried(&format!("{at}/events")) }.shown())
        (what_counts())
        h2 { "Denied" }
        (denied(viewer, of, shown))
        h2 { "Least privilege" }
        (least_privilege(viewer, of, shown))
        @if !of.identity.is_own_of_member() { (what_if(viewer, of, shown)) }
    };
    frame(viewer, Tab::Tokens, &token::titled(&of.identity.description, "Usage"), &content)
}

/// The ranges. The rights that are tried stay: in the address, or in their form if they are too long for it.
fn ranges(viewer: &ConsoleMember, at: &str, shown: &Shown) -> Markup {
    let tried = shown.tried.map(tried_rights::query);
    if tried == Some(None) {
        return chart::range_buttons(shown.range, TRIED_FORM, ANOTHER_RANGE);
    }
    let kept = tried.flatten().map(|query| format!("&{query}")).unwrap_or_default();
    chart::ranges(shown.range, |range| viewer.carried(&format!("{at}/usage?range={}{kept}", range.word)))
}

/// What was denied, the most frequent first, with links to the events.
fn denied(viewer: &ConsoleMember, of: &Token, shown: &Shown) -> Markup {
    let (at, from) = (token::path(viewer, of), moment(shown.range.from(shown.now)));
    let events = |query: &str| viewer.carried(&format!("{at}/events?from={from}&{query}"));
    let search = |query: &str| utf8_percent_encode(query, NON_ALPHANUMERIC).to_string();
    let right = |(ask, seen): (&Ask, &Seen)| {
        // Without the events that count further ones.
        let query = search(&format!("\"may not {ask}\" NOT event:storage.questionsDenied"));
        let is_allowed_now = ask.allowed(&of.identity.permissions);
        (ask.to_string(), *seen, events(&format!("type=warn&q={query}")), is_allowed_now)
    };
    let function = |(function, seen): (&String, &Seen)| {
        let query = search(&format!("\"Denied {function}\" OR \"Refused {function}\""));
        // Events of earlier versions say “Refused”.
        let link = events(&format!("event=storage.accessDenied&q={query}"));
        (format!("call “{function}” of Jeton"), *seen, link, false)
    };
    let denials = &shown.usage.denials;
    let mut rows: Vec<_> =
        denials.rights.iter().map(right).chain(denials.functions.iter().map(function)).collect();
    rows.sort_by_key(|(_, seen, ..)| std::cmp::Reverse(seen.count));
    rows.truncate(SHOWN);
    let listed = rows.iter().fold(0_u64, |sum, (_, seen, ..)| sum.saturating_add(seen.count));
    let others = shown.usage.calls.denied.saturating_sub(listed);
    let row = |(what, seen, link, is_allowed_now): &(String, Seen, String, bool)| {
        let what = html! {
            a href=(link) { (what) }
            @if *is_allowed_now { " " span.badge.good { "Allowed now" } }
        };
        counted_row(what, *seen, shown.now)
    };
    html! {
        @if rows.is_empty() {
            p { "Nothing was denied " (shown.counted().when()) "." }
        } @else {
            (table("Denied", &["What", "Times", "Last"], &rows.iter().map(row).collect::<Vec<_>>()))
            @if others > 0 {
                p.small.soft {
                    "And " (questions_and(others, "call")) " more: "
                    a href=(events("type=warn")) { "all warnings" } "."
                }
            }
            @if !denials.functions.is_empty() {
                p.small.soft {
                    "Of denied calls of Jeton that repeat within a minute, the first is counted at once, and the others once their number is "
                    "stored, as a rule within two minutes."
                }
            }
        }
    }
}

fn least_privilege(viewer: &ConsoleMember, of: &Token, shown: &Shown) -> Markup {
    let advice = shown.advice;
    html! {
        @match advice.questions.last {
            None => p {
                "It asked no question and changed no other token " (shown.counted().when()) ". So there is no advice about its rights."
            },
            Some(last) => {
                p {
                    (questions_and(advice.questions.count, "change")) ", the latest of them " (ago(last, shown.now)) ". Its rights deny "
                    (number(advice.denied.count)) " of them."
                }
                @if advice.used.iter().next().is_some() { (tally("Used", &advice.used, shown.now)) }
                (never_used(viewer, of, shown))
            }
        }
    }
}

fn never_used(viewer: &ConsoleMember, of: &Token, shown: &Shown) -> Markup {
    let unused = shown.advice.unused();
    let narrowest = shown.advice.narrowest();
    html! {
        @if unused.is_empty() && shown.advice.used.iter().next().is_none() {
            p { "It has no rights." }
        } @else if unused.is_empty() {
            p { "All of its rights were used." }
        } @else {
            h3 { "Not used" }
            (words::list(&unused.iter().map(ToString::to_string).collect::<Vec<_>>()))
            h3 { "This would have been enough" }
            (words::list(&words::may_with(&narrowest)))
            @if viewer.may_change() && !of.identity.is_own_of_member() { (use_narrowest(viewer, of, &narrowest)) }
            p.small.soft {
                "That is what it used " (shown.counted().when()) ". A right that is needed less often is not part of it, nor is one that "
                "was used without a question or a change of another token."
            }
        }
    }
}

/// Buttons that fill a form with the narrowest rights. An edit cannot take away all buckets and components, or the right to
/// manage tokens; a new token can be without.
fn use_narrowest(viewer: &ConsoleMember, of: &Token, narrowest: &Permissions) -> Markup {
    let present = &of.identity.permissions;
    let editable = Permissions {
        capabilities: narrowest.capabilities.union(present.capabilities.difference(Capabilities::EDITABLE)),
        ..narrowest.clone()
    };
    let is_left_by_edit = editable.capabilities == narrowest.capabilities;
    // The console grants no rights that only a manage token grants.
    let granted = narrowest.capabilities.rows().filter(|row| row.granted_by == GrantedBy::Holder);
    let grantable: Capabilities = granted.map(|row| row.capability).collect();
    let beyond_console = grantable != narrowest.capabilities;
    let leaves_some = !beyond_console
        || Permissions { capabilities: grantable, ..narrowest.clone() } != Permissions::default();
    let form = TokenForm::of(&Editable { permissions: narrowest.clone(), description: String::new() });
    html! {
        form.actions method="post" action={ (token::path(viewer, of)) "/usage" } {
            (csrf_field(&viewer.signed_in))
            (back_field(viewer.back.clone()))
            @for (name, value) in tried_rights::fields(&form) { input type="hidden" name=(name) value=(value); }
            @if is_left_by_edit {
                button type="submit" name="then" value=(SAVE) { "Use the narrowest" }
            } @else {
                @if leaves_some {
                    button type="submit" name="then" value=(CREATE) {
                        @if beyond_console { "New token without managing tokens" } @else { "New token with these rights" }
                    }
                }
                span.soft {
                    "An edit cannot take away all unused rights."
                    @if beyond_console { " A token that is created here may not manage tokens." }
                }
            }
        }
    }
}

fn what_if(viewer: &ConsoleMember, of: &Token, shown: &Shown) -> Markup {
    let present = TokenForm::of(&Editable::from(&of.identity));
    let full = of.identity.permissions.has(Capability::ManageBuckets);
    let form = shown.tried.unwrap_or(&present);
    html! {
        h2 #try { "What would an edit deny?" }
        (token_form::problem_note(shown.problem.as_deref()))
        @if shown.tried.is_some() && shown.problem.is_none() { (outcome(shown)) }
        form.stacked id=(TRIED_FORM) method="post" action={ (token::path(viewer, of)) "/usage" } {
            (csrf_field(&viewer.signed_in))
            (back_field(viewer.back.clone()))
            input type="hidden" name="range" value=(shown.range.word);
            (Fields::new(form, &Problems::default(), &[]).rights(full))
            div.actions {
                button type="submit" { "Test against history" }
                @if viewer.may_change() && shown.tried.is_some() { button type="submit" name="then" value=(SAVE) { "Save these rights…" } }
            }
        }
    }
}

fn outcome(shown: &Shown) -> Markup {
    let advice = shown.advice;
    html! {
        div.note.good[advice.would_deny.count == 0].warn[advice.would_deny.count > 0] role="status" {
            @match advice.would_deny {
                Seen { last: Some(last), count } => p {
                    "These rights would have denied " strong { (questions_and(count, "change")) } " "
                    (shown.counted().when()) ", the latest of them " (ago(last, shown.now)) "."
                },
                _ => p { "These rights would have denied no question and no change " (shown.counted().when()) "." },
            }
            @if advice.would_allow.count > 0 {
                p { "They would also have allowed " (questions_and(advice.would_allow.count, "change")) " that are denied now." }
            }
        }
        @if advice.would_deny.count > 0 { (tally("Missing", &advice.missing, shown.now)) }
    }
}

fn tally(title: &str, tally: &Tally, now: Timestamp) -> Markup {
    let rows: Vec<_> = tally.iter().map(|(ask, seen)| counted_row(html! { (ask) }, seen, now)).collect();
    html! {
        h3 { (title) }
        (table(title, &["Right", "Times", "Last"], &rows))
    }
}

/// The row of what was seen so often, and when for the last time.
fn counted_row(what: Markup, seen: Seen, now: Timestamp) -> Vec<Markup> {
    let last = html! { @if let Some(last) = seen.last { (ago(last, now)) } };
    vec![what, html! { (number(seen.count)) }, last]
}
