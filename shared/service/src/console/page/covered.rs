//! What the numbers of the usage pages cover: since when they count, and what.

use jeton_core::{permission::usage::Calls, time::Timestamp};
use maud::{Markup, html};

use crate::{
    console::usage_range::{Bar, Range},
    page::{
        time::{time, utc_day},
        words::number,
    },
};

/// What the numbers of a page are of. A range begins with a whole hour or day, events are kept for six months, and a page may read
/// fewer than there are. So a page says since when it counts.
#[derive(Debug, Clone, Copy)]
pub struct Covered {
    /// The time since which all is counted.
    pub from: Timestamp,
    /// Whether the range has more events, which were not read.
    pub is_cut: bool,
    /// Whether the questions of all tokens are counted.
    pub of_all: bool,
    /// As `from`, of what was denied.
    denied_from: Timestamp,
    /// As `is_cut`, of what was denied.
    is_denied_cut: bool,
}

impl Covered {
    /// Of the events of a range. `cut` is the time since which they were read, if the range has more.
    pub fn new(range: &Range, cut: Option<Timestamp>, of_all: bool, now: Timestamp) -> Self {
        let from = cut.unwrap_or_else(|| range.from(now));
        Self { from, is_cut: cut.is_some(), of_all, denied_from: from, is_denied_cut: cut.is_some() }
    }

    /// The same, if what was denied is in other events, which were read since then.
    #[must_use]
    pub fn with_denied(self, range: &Range, cut: Option<Timestamp>, now: Timestamp) -> Self {
        let denied_from = cut.unwrap_or_else(|| range.from(now));
        Self { denied_from, is_denied_cut: cut.is_some(), ..self }
    }

    /// What was denied alone, which is counted of all tokens.
    pub const fn denied_alone(self) -> Self {
        Self { from: self.denied_from, is_cut: self.is_denied_cut, of_all: true, ..self }
    }

    /// The time since which it counts, in words.
    pub fn since(self) -> Markup {
        since(self.from)
    }

    /// The same, for what was not found.
    pub fn when(self) -> Markup {
        html! { (self.since()) @if self.is_cut { ", which is as far back as this page reads" } }
    }

    /// The time since which it counts, as text.
    pub(super) fn since_as_text(self) -> String {
        if self.from == self.from.day().start() {
            self.from.day().for_people()
        } else {
            self.from.for_people()
        }
    }

    /// The allowed and denied calls of a bar.
    pub(super) const fn of_bar(self, bar: &Bar) -> Numbers {
        let Calls { allowed, denied } = bar.calls;
        let (from, since, denied_since) = (bar.from.millis(), self.from.millis(), self.denied_from.millis());
        Numbers {
            allowed: Number::new(allowed, self.of_all && from >= since),
            denied: Number::new(denied, from >= denied_since),
        }
    }

    /// Those of all bars.
    pub(super) const fn of_all_bars(self, calls: Calls) -> Numbers {
        Numbers {
            allowed: Number::new(calls.allowed, self.of_all && !self.is_cut),
            denied: Number::new(calls.denied, !self.is_denied_cut),
        }
    }
}

/// `since …`: a day, which is the same in every time zone, or a time.
pub fn since(at: Timestamp) -> Markup {
    html! { "since " @if at == at.day().start() { (utc_day(at.day())) } @else { (time(at)) } }
}

/// What a chart counts, and what leaves no record.
pub fn what_counts() -> Markup {
    html! {
        p.small.soft {
            "Questions are counted (POST verify, or a gateway), and denied calls of Jeton. Allowed calls of Jeton, such as GET verify, lists and "
            "changes, are not: a service that reads the rights by GET verify and decides itself leaves no record."
        }
    }
}

/// A number of calls, and how far it can be relied on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Number {
    /// All were counted.
    All(u64),
    /// There may be more than these.
    AtLeast(u64),
    /// None was counted, and there may be some.
    NotCounted,
}

/// Allowed and denied calls.
#[derive(Debug, Clone, Copy)]
pub(super) struct Numbers {
    pub(super) allowed: Number,
    pub(super) denied: Number,
}

impl Number {
    /// What was counted, of all or of a part.
    pub const fn new(count: u64, is_all: bool) -> Self {
        match count {
            _ if is_all => Self::All(count),
            0 => Self::NotCounted,
            _ => Self::AtLeast(count),
        }
    }

    /// It as text.
    pub(super) fn text(self) -> String {
        match self {
            Self::All(count) => number(count),
            Self::AtLeast(count) => format!("at least {}", number(count)),
            Self::NotCounted => "not counted".to_owned(),
        }
    }

    /// It with a word for the calls.
    fn of(self, word: &str) -> String {
        match self {
            Self::NotCounted => format!("{word} not counted"),
            Self::All(_) | Self::AtLeast(_) => format!("{} {word}", self.text()),
        }
    }
}

impl Numbers {
    /// Both as text.
    pub(super) fn text(self) -> String {
        match (self.allowed, self.denied) {
            (Number::NotCounted, Number::NotCounted) => Number::NotCounted.text(),
            (allowed, denied) => format!("{}, {}", allowed.of("allowed"), denied.of("denied")),
        }
    }
}
