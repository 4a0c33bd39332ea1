//! What the numbers of the usage pages cover: since when they count, and what.

use jeton_core::time::Timestamp;
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
}

impl Covered {
    /// Of the events of a range. `cut` is the time since which they were read, if the range has more.
    pub fn new(range: &Range, cut: Option<Timestamp>, of_all: bool, now: Timestamp) -> Self {
        Self { from: cut.unwrap_or_else(|| range.from(now)), is_cut: cut.is_some(), of_all }
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

    /// What the numbers of a bar are worth.
    pub(super) fn worth(self, bar: &Bar) -> Worth {
        match bar.height() {
            _ if bar.from >= self.from => Worth::All,
            0 => Worth::NotCounted,
            _ => Worth::AtLeast,
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

/// How far the numbers of a bar can be relied on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Worth {
    /// All calls of its time were counted.
    All,
    /// There may be more calls than these.
    AtLeast,
    /// None was counted, and there may be some.
    NotCounted,
}

impl Worth {
    /// A number of it, as text.
    pub(super) fn number(self, count: u64) -> String {
        match self {
            Self::All => number(count),
            Self::AtLeast if count > 0 => format!("at least {}", number(count)),
            Self::AtLeast | Self::NotCounted => "not counted".to_owned(),
        }
    }

    /// Both numbers of it, as text.
    pub(super) fn numbers(self, allowed: u64, denied: u64) -> String {
        match self {
            Self::NotCounted => "not counted".to_owned(),
            Self::AtLeast => format!("at least {} allowed and {} denied", number(allowed), number(denied)),
            Self::All => format!("{} allowed, {} denied", number(allowed), number(denied)),
        }
    }
}
