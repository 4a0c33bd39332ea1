//! The ranges of the usage pages, and their steps.

use std::collections::BTreeMap;

use jeton_core::{
    event::{Order, first_uuid_at, last_uuid_before},
    permission::usage::{Calls, Resolution},
    time::Timestamp,
};

use crate::operation::event_scan::{EventScan, kept_after};

const HOUR: u64 = 3600;
const DAY: u64 = 86_400;

/// A range that ends with the current hour or day, in UTC.
#[derive(Debug)]
pub struct Range {
    /// Its name in addresses.
    pub word: &'static str,
    /// Its label.
    pub label: &'static str,
    /// The steps of its series.
    pub resolution: Resolution,
    /// The seconds of a bar.
    step: u64,
    /// How many bars it has.
    steps: u64,
    /// Every how many bars the axis names one, and the first one that it names.
    pub named: (usize, usize),
}

/// The ranges. The last one has more than the six months that events are kept.
pub static RANGES: [Range; 4] = [
    Range {
        word: "24h",
        label: "24 hours",
        resolution: Resolution::Hour,
        step: HOUR,
        steps: 24,
        named: (4, 2),
    },
    Range { word: "7d", label: "7 days", resolution: Resolution::Day, step: DAY, steps: 7, named: (1, 0) },
    Range { word: "30d", label: "30 days", resolution: Resolution::Day, step: DAY, steps: 30, named: (5, 2) },
    Range {
        word: "6m",
        label: "6 months",
        resolution: Resolution::Day,
        step: 7 * DAY,
        steps: 27,
        named: (4, 1),
    },
];

/// A bar of a chart: the calls of some time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bar {
    /// Its start.
    pub from: Timestamp,
    /// Its end, exclusive.
    pub to: Timestamp,
    /// The calls.
    pub calls: Calls,
}

impl Range {
    /// The range of this name; 30 days for any other.
    pub fn of(word: Option<&str>) -> &'static Self {
        RANGES.iter().find(|range| Some(range.word) == word).unwrap_or(&RANGES[2])
    }

    /// The time since which it counts: the start of its first bar, or the time since which events are kept.
    pub fn from(&self, now: Timestamp) -> Timestamp {
        self.start(now).max(now.retention_start())
    }

    /// The start of its first bar.
    fn start(&self, now: Timestamp) -> Timestamp {
        self.end(now).minus_seconds(self.step * self.steps)
    }

    /// Its end, exclusive.
    pub fn end(&self, now: Timestamp) -> Timestamp {
        match self.resolution {
            Resolution::Hour => self.resolution.start(now).plus_seconds(HOUR),
            Resolution::Day => now.day().next().start(),
        }
    }

    /// The scan of its events. One of a clock that is ahead is not among them.
    pub fn scan(&self, now: Timestamp) -> EventScan {
        let from = last_uuid_before(self.start(now)).max(kept_after(now));
        EventScan::new(Some(from), Some(first_uuid_at(self.end(now))), Order::Descending)
    }

    /// Its bars, oldest first, with the calls of a series.
    pub fn bars(&self, now: Timestamp, series: &BTreeMap<Timestamp, Calls>) -> Vec<Bar> {
        let start = self.start(now);
        let bar = |place: u64| {
            let from = start.plus_seconds(place * self.step);
            let to = from.plus_seconds(self.step);
            let mut calls = Calls::default();
            for counted in series.range(from..to).map(|(_, counted)| counted) {
                calls.allowed = calls.allowed.saturating_add(counted.allowed);
                calls.denied = calls.denied.saturating_add(counted.denied);
            }
            Bar { from, to, calls }
        };
        (0..self.steps).map(bar).collect()
    }
}

impl Bar {
    /// All of its calls.
    pub fn height(&self) -> u128 {
        u128::from(self.calls.allowed) + u128::from(self.calls.denied)
    }

    /// Its time, in words.
    pub fn label(&self) -> String {
        let (first, last) = (self.from.day(), self.to.minus_seconds(1).day());
        if self.to.millis() - self.from.millis() < 86_400_000 {
            let (from, to) = (self.from.time_of_day(), self.to.time_of_day());
            return format!("{}, {from} to {to} UTC", first.for_people());
        }
        if first == last {
            first.for_people()
        } else {
            format!("{} to {}", first.for_people(), last.for_people())
        }
    }

    /// Its time on an axis.
    pub fn short_label(&self) -> String {
        if self.to.millis() - self.from.millis() < 86_400_000 {
            self.from.time_of_day()
        } else {
            self.from.day().in_short()
        }
    }

    /// Its range in the query of events.
    pub fn query(&self) -> String {
        format!("from={}&to={}", moment(self.from), moment(self.to))
    }
}

/// A time in the query of events: a day, which a field of a day can show, or a time.
pub fn moment(at: Timestamp) -> String {
    if at == at.day().start() { at.day().to_string() } else { at.to_string().replace("+0000", "Z") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-01-15T12:34:56+0000".parse().unwrap()
    }

    #[test]
    fn a_range_ends_with_the_current_hour_or_day_and_its_bars_lie_side_by_side() {
        let ends = RANGES.iter().map(|range| {
            let bars = range.bars(now(), &BTreeMap::new());
            assert!(bars.windows(2).all(|two| two[0].to == two[1].from), "{}", range.word);
            assert_eq!(bars[0].from, range.start(now()));
            (bars.len(), moment(bars[0].from), moment(bars[bars.len() - 1].to))
        });
        let end = |bars, from: &str, to: &str| (bars, from.to_owned(), to.to_owned());
        let expected = [
            end(24, "2026-01-14T13:00:00Z", "2026-01-15T13:00:00Z"),
            end(7, "2026-01-09", "2026-01-16"),
            end(30, "2025-12-17", "2026-01-16"),
            end(27, "2025-07-11", "2026-01-16"),
        ];
        assert_eq!(ends.collect::<Vec<_>>(), expected);
        let from = |word| Range::of(Some(word)).from(now()).to_string();
        assert_eq!(from("24h"), "2026-01-14T13:00:00+0000");
        // Events are kept for six months.
        assert!(Range::of(Some("6m")).start(now()) < now().retention_start());
        assert_eq!(from("6m"), now().retention_start().to_string());
        assert_eq!((Range::of(None).word, Range::of(Some("1y")).word), ("30d", "30d"));
    }

    #[test]
    fn calls_are_in_the_bar_of_their_time() {
        let calls = |allowed, denied| Calls { allowed, denied };
        let day = |text: &str| text.parse::<jeton_core::time::Day>().unwrap().start();
        let series = [
            (day("2026-01-08"), calls(1, 0)),
            (day("2026-01-09"), calls(2, 1)),
            (day("2026-01-14"), calls(u64::MAX, 0)),
            (day("2026-01-15"), calls(4, 2)),
        ];
        let counted = |word| -> Vec<_> {
            let bars = Range::of(Some(word)).bars(now(), &series.into());
            bars.iter()
                .filter(|bar| bar.calls != Calls::default())
                .map(|bar| (bar.label(), bar.calls))
                .collect()
        };
        let week = [
            ("9 January 2026".to_owned(), calls(2, 1)),
            ("14 January 2026".to_owned(), calls(u64::MAX, 0)),
            ("15 January 2026".to_owned(), calls(4, 2)),
        ];
        assert_eq!(counted("7d"), week);
        let weeks = [
            ("2 January 2026 to 8 January 2026".to_owned(), calls(1, 0)),
            ("9 January 2026 to 15 January 2026".to_owned(), calls(u64::MAX, 3)),
        ];
        assert_eq!(counted("6m"), weeks);
    }

    #[test]
    fn a_bar_of_an_hour_names_its_time_and_the_range_of_its_events() {
        let hour = "2026-01-15T12:00:00+0000".parse().unwrap();
        let series = [(hour, Calls { allowed: 1, denied: 0 })].into();
        let bars = Range::of(Some("24h")).bars(now(), &series);
        let bar = bars[bars.len() - 1];
        assert_eq!(
            (bar.label(), bar.short_label()),
            ("15 January 2026, 12:00 to 13:00 UTC".into(), "12:00".into())
        );
        assert_eq!(bar.query(), "from=2026-01-15T12:00:00Z&to=2026-01-15T13:00:00Z");
    }
}
