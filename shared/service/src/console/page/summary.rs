//! The console page with the summary of a project.

use jeton_core::{
    id::TokenId,
    permission::Usage,
    time::{Day, Timestamp},
};
use maud::{Markup, html};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::{
    Tab,
    chart::{self, Chart},
    covered::{Covered, Number, since, what_counts},
    frame, named,
    table::table,
    token_row::LONGEST_NAME,
};
use crate::{
    console::session::ConsoleMember,
    console::token_list::{CHIPS, Chip, EXPIRING_DAYS, ListQuery, UNUSED_DAYS},
    console::usage_range::{Bar, Range, moment},
    page::{
        shortened::{cut, is_cut},
        time::{ago, days_ago, exact_time, time, utc_day},
        words::{counted, number, questions_and},
    },
};

/// The columns of who was active.
const ACTIVE: [&str; 6] = ["Token", "Allowed", "Denied", "Changes and sign-ins", "Reported", "Last"];

/// The most rows of who was active.
pub const SHOWN: usize = 20;

/// The summary of a project.
pub struct Summary<'a> {
    /// The range.
    pub range: &'static Range,
    /// The tokens.
    pub tokens: Tokens,
    /// The calls over time, oldest first.
    pub bars: &'a [Bar],
    /// All calls of the range.
    pub usage: &'a Usage,
    /// Of how many tokens allowed calls are counted, and how many were used.
    pub read_tokens: usize,
    /// As `read_tokens`.
    pub used_tokens: usize,
    /// Whether the project has more tokens, which were not read.
    pub is_partial: bool,
    /// How many were deleted or expired, and may have been used before.
    pub ended_tokens: usize,
    /// The time since which all is counted, if the range has more.
    pub counted_since: Option<Timestamp>,
    /// The same of what was denied.
    pub denied_since: Option<Timestamp>,
    /// Who was active, the most active first, and how the token ended, if it did.
    pub active: &'a [(TokenId, Active, Option<End>)],
    /// The current time.
    pub now: Timestamp,
}

/// The end of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It was deleted.
    Deleted,
    /// It expired.
    Expired,
}

/// Numbers of tokens.
#[derive(Debug)]
pub struct Tokens {
    /// All of them.
    pub all: u64,
    /// Whether the project has more.
    pub is_partial: bool,
    /// Those that were used in the range.
    pub used: u64,
    /// Those that each filter of the list finds.
    pub by_chip: [(Chip, u64); CHIPS.len()],
}

/// What a token did in the range.
#[derive(Debug, Default)]
pub struct Active {
    /// Whether all of its allowed questions are counted.
    pub is_counted: bool,
    /// Its name in its latest event.
    pub name: String,
    /// Allowed questions.
    pub allowed: u64,
    /// Denied questions and calls.
    pub denied: u64,
    /// Changes and sign-ins.
    pub changes: u64,
    /// Events that it reported.
    pub reported: u64,
    /// The time of its latest event.
    pub last: Option<Timestamp>,
    /// The day of its last use.
    pub used_on: Option<Day>,
}

impl Active {
    /// Takes an event into account.
    pub fn saw(&mut self, name: &str, at: Timestamp) {
        if self.last.is_none_or(|last| last < at) {
            self.last = Some(at);
            name.clone_into(&mut self.name);
        }
    }

    /// All that was counted of it.
    pub const fn total(&self) -> u64 {
        self.allowed.saturating_add(self.denied).saturating_add(self.changes).saturating_add(self.reported)
    }
}

impl Summary<'_> {
    /// What the calls are of.
    fn counted(&self) -> Covered {
        let of_all = !self.is_partial && self.read_tokens == self.used_tokens + self.ended_tokens;
        let counted = Covered::new(self.range, self.counted_since, of_all, self.now);
        counted.with_denied(self.range, self.denied_since, self.now)
    }
}

/// The page.
pub fn summary(viewer: &ConsoleMember, summary: &Summary) -> Markup {
    let at = format!("/console/projects/{}", viewer.project.id);
    let events = format!("{at}/events");
    let denied = "event:(storage.accessDenied OR storage.questionsDenied) OR \"may not\"";
    let denied = utf8_percent_encode(denied, NON_ALPHANUMERIC);
    let content = html! {
        h1 { "Summary" }
        h2 { "Tokens" }
        (tokens(&at, summary))
        h2 { "Questions and denied calls " (summary.counted().since()) }
        (chart::ranges(summary.range, |range| format!("{at}/summary?range={}", range.word)))
        (notes(summary))
        @let counted_events = summary.counted();
        (Chart { range: summary.range, counted: counted_events, bars: summary.bars, events: &events }.shown())
        (what_counts())
        @let from = summary.range.from(summary.now);
        @let search = format!("{events}?type=warn&from={}&q={denied}", moment(from));
        @if summary.usage.calls.denied > 0 {
            p {
                @let denied = summary.usage.calls.denied;
                a href=(search) { (questions_and(denied, "call")) }
                @if denied == 1 { " was" } @else { " were" } " denied " (counted_events.denied_alone().when()) "."
            }
        } @else if summary.denied_since.is_some() {
            p { a href=(search) { "Search for denied questions and calls " (since(from)) } }
        }
        h2 { "Who was active" }
        (active(&at, summary))
    };
    frame(viewer, Tab::Summary, "Summary", &content)
}

/// What the numbers leave out.
fn notes(summary: &Summary) -> Markup {
    html! {
        p.small.soft {
            "Read at " (exact_time(summary.now)) ". Of denied questions and calls that repeat within a minute, the first is counted at once, and "
            "the others once their number is stored, as a rule within two minutes. The page of a token has its denied questions at once, under Usage."
        }
        @if let Some(since) = summary.counted_since {
            p.note { "There are more events than this page reads. It covers those since " (time(since)) "." }
        }
        @if summary.used_tokens + summary.ended_tokens > summary.read_tokens {
            p.note {
                "Allowed questions are counted of " (counted(summary.read_tokens as u64, "token")) " alone, of " (number(summary.used_tokens as u64))
                " that were used" @if summary.ended_tokens > 0 { " and " (number(summary.ended_tokens as u64)) " that were deleted or have expired" }
                ": of those with the latest day of use, and of a day at random. There may be more than these. What was denied is counted of all "
                "tokens. The page of each token has its own questions, under Usage."
            }
        }
    }
}

fn tokens(at: &str, summary: &Summary) -> Markup {
    let tokens = &summary.tokens;
    let all = ListQuery::default().list();
    let expiring = format!("expire within {EXPIRING_DAYS} days, or have expired");
    let unused = format!("not used for {UNUSED_DAYS} days");
    let shown = [
        (Chip::Unused, unused.as_str()),
        (Chip::Expiring, expiring.as_str()),
        (Chip::Never, "never expire"),
        (Chip::Disabled, "disabled"),
        (Chip::Left, "of members who have left"),
    ];
    html! {
        ul.tiles {
            li { a href={ (at) "/tokens" } { strong { (number(tokens.all)) } " " span { @if tokens.is_partial { "counted" } @else { "in all" } } } }
            li { div { strong { (number(tokens.used)) } " " span { "used since " (utc_day(summary.range.from(summary.now).day())) } } }
            @for (chip, label) in shown {
                @let count = tokens.by_chip.iter().find(|(of, _)| *of == chip).map_or(0, |(_, count)| *count);
                li { a href=(all.toggled(chip).href(&format!("{at}/tokens"))) { strong { (number(count)) } " " span { (label) } } }
            }
        }
        @if tokens.is_partial { p.note { "The project has more tokens: these numbers are of the newest." } }
    }
}

fn active(at: &str, summary: &Summary) -> Markup {
    let shown = &summary.active[..summary.active.len().min(SHOWN)];
    let row = |(id, active, end): &(TokenId, Active, Option<End>)| {
        let name = named(&active.name, "(no name)");
        let (short, whole) = (cut(name, LONGEST_NAME), is_cut(name, LONGEST_NAME));
        let token = html! {
            @if let Some(end) = end {
                a href={ (at) "/tokens/" (id) "/events" } title=[whole] { (short) } " "
                span.badge { @match end { End::Deleted => "Deleted", End::Expired => "Expired" } }
            } @else {
                a href={ (at) "/tokens/" (id) "/usage?range=" (summary.range.word) } title=[whole] { (short) }
            }
        };
        let allowed = html! { (Number::new(active.allowed, active.is_counted).text()) };
        let of_project = |of| html! { (Number::new(of, summary.denied_since.is_none()).text()) };
        let [denied, changes, reported] = [active.denied, active.changes, active.reported].map(of_project);
        let day = active.used_on.filter(|day| active.last.is_none_or(|last| last.day() < *day));
        let last = html! {
            @match (day, active.last) {
                (Some(day), _) => (days_ago(day, summary.now)),
                (None, Some(last)) => (ago(last, summary.now)),
                (None, None) => {}
            }
        };
        vec![token, allowed, denied, changes, reported, last]
    };
    html! {
        @if shown.is_empty() {
            @let counted = summary.counted();
            p { @if counted.of_all { "No token left an event " } @else { "No event of a token was counted " } (counted.when()) "." }
        } @else {
            (table("Who was active", &ACTIVE, &shown.iter().map(row).collect::<Vec<_>>()))
            @if summary.active.len() > SHOWN {
                @let unread = summary.active[SHOWN..].iter().filter(|(_, active, _)| !active.is_counted).count();
                p.small.soft {
                    "And " (counted((summary.active.len() - SHOWN) as u64, "other token"))
                    @if unread > 0 { ", of which " (number(unread as u64)) " may have asked more than was counted" } "."
                }
            }
            p.small.soft { "Of a use without an event, such as GET verify, only the day is known." }
        }
    }
}
