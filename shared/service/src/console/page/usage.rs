//! The console page of a token's usage.

use jeton_core::{
    permission::{
        Advice, Capability,
        advice::{Seen, Tally},
    },
    time::{Day, Timestamp},
    token::{Editable, Token},
};
use maud::{Markup, html};

use super::{
    Tab, csrf_field, frame,
    token::{self, Part},
    token_form::{self, Fields},
};
use crate::{
    console::problems::Problems,
    console::session::ConsoleMember,
    console::token_form::TokenForm,
    page::{time::ago, words},
};

/// The height of the tallest bar.
const HEIGHT: u64 = 100;

/// The calls of a day.
#[derive(Debug, Clone, Copy)]
pub struct OnDay {
    /// The day.
    pub day: Day,
    /// Allowed questions.
    pub allowed: u64,
    /// Denied questions and calls.
    pub denied: u64,
}

/// The usage of a token.
pub struct Usage<'a> {
    /// The usage by right.
    pub advice: &'a Advice,
    /// The usage by day, oldest first.
    pub days: &'a [OnDay],
    /// Whether there is more history than was read.
    pub more: bool,
    /// Whether this is a dry run of other rights.
    pub dry_run: bool,
    /// The error in these rights.
    pub problem: Option<String>,
    /// The current time.
    pub now: Timestamp,
}

/// The page.
pub fn usage(viewer: &ConsoleMember, of: &Token, usage: &Usage) -> Markup {
    let advice = usage.advice;
    let form = TokenForm::of(&Editable::from(&of.identity));
    let full = of.identity.permissions.has(Capability::ManageBuckets);
    let content = html! {
        (token::head(viewer, of, Part::Usage, usage.now))
        @if usage.more {
            p.note {
                "This page covers the newest 100,000 events. " code { "jeton advise " (of.id) } " covers all six months."
            }
        }
        h2 { "Calls of the last 30 days" }
        (chart(usage.days))
        h2 { "Least privilege" }
        @match advice.questions.last {
            None => p { "It asked no question in the last six months, so there is no advice about its rights." },
            Some(last) => {
                p {
                    (counted(advice.questions.count, "question")) ", the last " (ago(last, usage.now)) "; "
                    (advice.denied.count) " denied."
                }
                (tally("Used", &advice.used, usage.now))
                (never_used(advice))
            }
        }
        @if !of.identity.is_master() {
            h2 { "What would an edit deny?" }
            (token_form::problem_note(usage.problem.as_deref()))
            @if usage.dry_run && usage.problem.is_none() { (outcome(advice, usage.now)) }
            form.stacked method="post" action={ (token::path(viewer, of)) "/usage" } {
                (csrf_field(&viewer.signed_in))
                (Fields::new(&form, &Problems::default(), &[]).rights(full))
                div.actions { button type="submit" { "Test against history" } }
            }
        }
    };
    frame(viewer, Tab::Tokens, "Usage", &content)
}

fn never_used(advice: &Advice) -> Markup {
    let unused = advice.unused();
    html! {
        @if unused.is_empty() {
            p { "All of its rights were used." }
        } @else {
            h3 { "Never used" }
            ul { @for right in &unused { li { (right) } } }
            h3 { "This would have been enough" }
            ul { @for sentence in words::may(&advice.narrowest()) { li { (sentence) } } }
            p.small.soft {
                "Only questions count. A service that reads the rights by GET verify and decides itself leaves no record."
            }
        }
    }
}

fn outcome(advice: &Advice, now: Timestamp) -> Markup {
    html! {
        div.note.good[advice.would_deny.count == 0].warn[advice.would_deny.count > 0] role="status" {
            @match advice.would_deny {
                Seen { last: Some(last), count } => p {
                    "These rights would have denied " strong { (counted(count, "call")) } ", last " (ago(last, now)) "."
                },
                _ => p { "These rights would have denied no calls." },
            }
            @if advice.would_allow.count > 0 {
                p { "They would also have allowed " (counted(advice.would_allow.count, "call")) " that are denied now." }
            }
        }
        @if advice.would_deny.count > 0 { (tally("Missing", &advice.missing, now)) }
    }
}

fn tally(title: &str, tally: &Tally, now: Timestamp) -> Markup {
    html! {
        h3 { (title) }
        div.scroll tabindex="0" role="region" aria-label=(title) {
            table {
                thead { tr { th { "Right" } th { "Times" } th { "Last" } } }
                tbody {
                    @for (ask, seen) in tally.iter() {
                        tr {
                            td { (ask) }
                            td { (seen.count) }
                            td { @if let Some(last) = seen.last { (ago(last, now)) } }
                        }
                    }
                }
            }
        }
    }
}

/// A stacked bar for each day: allowed and denied calls.
fn chart(days: &[OnDay]) -> Markup {
    let most = days.iter().map(|day| day.allowed + day.denied).max().unwrap_or(0).max(1);
    let (allowed, denied) =
        days.iter().fold((0, 0), |(allowed, denied), day| (allowed + day.allowed, denied + day.denied));
    let scaled = |count: u64| (count * HEIGHT).div_ceil(most);
    let bars = days.iter().enumerate().map(|(number, day)| {
        let (allowed, denied) = (scaled(day.allowed), scaled(day.denied));
        let (allowed, denied) = (allowed.min(HEIGHT - denied.min(HEIGHT)), denied.min(HEIGHT));
        (number * 10, day, allowed, denied)
    });
    let label = format!(
        "{} allowed and {} denied in {} days; at most {} on one",
        counted(allowed, "call"),
        denied,
        days.len(),
        most
    );
    if allowed + denied == 0 {
        return html! { p.soft { "None." } };
    }
    html! {
        figure.chart {
            svg viewBox={ "0 0 " (days.len() * 10) " " (HEIGHT) } preserveAspectRatio="none" role="img" aria-label=(label) {
                @for (x, day, allowed, denied) in bars {
                    g {
                        title { (day.day) ": " (day.allowed) " allowed, " (day.denied) " denied" }
                        rect.allowed x=(x + 1) width="8" y=(HEIGHT - allowed) height=(allowed) {}
                        rect.refused x=(x + 1) width="8" y=(HEIGHT - allowed - denied) height=(denied) {}
                    }
                }
            }
            figcaption.small.soft {
                span.key.allowed {} " " (counted(allowed, "call")) " allowed "
                span.key.refused {} " " (denied) " denied"
                @if let (Some(first), Some(last)) = (days.first(), days.last()) { ", " (first.day) " to " (last.day) " (UTC)" }
            }
        }
    }
}

fn counted(number: u64, one: &str) -> String {
    format!("{number} {one}{}", if number == 1 { "" } else { "s" })
}
