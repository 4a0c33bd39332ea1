//! Usage: the calls of a token over time, and what was denied, as they were answered.

use std::collections::BTreeMap;

use super::{Ask, advice::Seen, rights::MAX_BYTES};
use crate::time::Timestamp;

/// The calls of a token that left an event. Unlike [`Advice`](super::Advice), it takes the answers of then, not those of the current rights.
#[derive(Debug, Clone, Default)]
pub struct Usage {
    resolution: Option<Resolution>,
    from: Option<Timestamp>,
    /// All calls.
    pub calls: Calls,
    /// The calls by the start of their hour or day; empty without a resolution.
    pub series: BTreeMap<Timestamp, Calls>,
    /// What was denied.
    pub denials: Denials,
}

/// The length of a step of a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolution {
    /// An hour.
    Hour,
    /// A UTC day.
    Day,
}

/// Numbers of calls.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Calls {
    /// Allowed ones.
    pub allowed: u64,
    /// Denied ones.
    pub denied: u64,
}

/// Denied calls, by what they lacked. Their names are bounded: further ones are only in the number of calls.
#[derive(Debug, Clone, Default)]
pub struct Denials {
    /// Denied questions, by the right that their answer named.
    pub rights: BTreeMap<Ask, Seen>,
    /// Denied calls of Jeton itself, by function.
    pub functions: BTreeMap<String, Seen>,
    bytes: usize,
}

/// What a denied call lacked.
#[derive(Debug, Clone, Copy)]
pub enum Lacked<'a> {
    /// A right that was asked for.
    Right(&'a Ask),
    /// The right to call this function of Jeton.
    Function(&'a str),
}

impl Usage {
    /// Nothing yet.
    pub fn new(resolution: Option<Resolution>) -> Self {
        Self { resolution, ..Self::default() }
    }

    /// The same without denied calls before this time, whose number may be stored later.
    #[must_use]
    pub fn from(self, from: Timestamp) -> Self {
        Self { from: Some(from), ..self }
    }

    /// Whether calls are counted by hour or day.
    pub const fn has_series(&self) -> bool {
        self.resolution.is_some()
    }

    /// Counts an allowed call. Calls may come in any order of time.
    pub fn allowed(&mut self, at: Timestamp) {
        self.count(at, |calls| calls.allowed = calls.allowed.saturating_add(1));
    }

    /// Counts denied calls, of which the last was at this time.
    pub fn denied(&mut self, times: u64, lacked: Option<Lacked>, at: Timestamp) {
        if self.from.is_some_and(|from| at < from) {
            return;
        }
        self.count(at, |calls| calls.denied = calls.denied.saturating_add(times));
        if let Some(lacked) = lacked {
            self.denials.see(times, lacked, at);
        }
    }

    fn count(&mut self, at: Timestamp, add: impl Fn(&mut Calls)) {
        add(&mut self.calls);
        if let Some(resolution) = self.resolution {
            add(self.series.entry(resolution.start(at)).or_default());
        }
    }
}

impl Resolution {
    /// The start of the hour or day of a time.
    pub fn start(self, at: Timestamp) -> Timestamp {
        match self {
            Self::Hour => Timestamp::from_millis(at.millis() - at.millis() % 3_600_000),
            Self::Day => at.day().start(),
        }
    }

    /// Reads the word on the wire.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "hour" => Some(Self::Hour),
            "day" => Some(Self::Day),
            _ => None,
        }
    }
}

impl Denials {
    /// A token may ask for any number of buckets and components, so names beyond what a token could be granted are left out.
    fn see(&mut self, times: u64, lacked: Lacked, at: Timestamp) {
        let known = match lacked {
            Lacked::Right(ask) => self.rights.get_mut(ask),
            Lacked::Function(name) => self.functions.get_mut(name),
        };
        let first = Seen { count: times, last: Some(at) };
        match (known, lacked) {
            (Some(seen), _) => {
                seen.count = seen.count.saturating_add(times);
                seen.last = seen.last.max(Some(at));
            }
            _ if self.bytes > MAX_BYTES => {}
            (None, Lacked::Right(ask)) => {
                self.bytes += ask.bytes();
                self.rights.insert(ask.clone(), first);
            }
            (None, Lacked::Function(name)) => {
                self.bytes += name.len();
                self.functions.insert(name.to_owned(), first);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{BucketId, question::BucketAsk},
        *,
    };

    fn read(bucket: &str) -> Ask {
        Ask::Bucket(BucketId::parse(bucket).unwrap(), BucketAsk::Read)
    }

    fn at(second: i64) -> Timestamp {
        // 2026-01-15T12:00:00
        Timestamp::from_millis(1_768_478_400_000 + second * 1000)
    }

    #[test]
    fn calls_are_counted_by_hour_or_day_in_any_order_of_time() {
        let (mut by_hour, mut by_day) =
            (Usage::new(Some(Resolution::Hour)), Usage::new(Some(Resolution::Day)));
        let mut whole = Usage::new(None);
        for usage in [&mut by_hour, &mut by_day, &mut whole] {
            usage.denied(3, Some(Lacked::Function("create")), at(3600));
            usage.allowed(at(3599));
            usage.allowed(at(0));
            usage.allowed(at(-1));
        }
        let rows = |usage: &Usage| -> Vec<_> {
            usage
                .series
                .iter()
                .map(|(start, calls)| (start.to_string(), calls.allowed, calls.denied))
                .collect()
        };
        let row = |start: &str, allowed, denied| (format!("2026-01-15T{start}:00:00+0000"), allowed, denied);
        assert_eq!(rows(&by_hour), [row("11", 1, 0), row("12", 2, 0), row("13", 0, 3)]);
        assert_eq!(rows(&by_day), [row("00", 3, 3)]);
        assert_eq!((rows(&whole), whole.calls), (vec![], Calls { allowed: 3, denied: 3 }));
    }

    #[test]
    fn denied_calls_before_the_time_from_which_they_are_counted_are_left_out() {
        let mut usage = Usage::new(Some(Resolution::Hour)).from(at(0));
        usage.denied(5, Some(Lacked::Function("create")), at(-1));
        usage.denied(2, Some(Lacked::Function("create")), at(0));
        assert_eq!((usage.calls.denied, usage.denials.functions["create"].count), (2, 2));
        assert_eq!(usage.series.len(), 1);
    }

    #[test]
    fn what_was_lacked_is_counted_with_its_last_time() {
        let mut usage = Usage::new(None);
        usage.denied(1, Some(Lacked::Right(&read("in.a"))), at(5));
        usage.denied(1, Some(Lacked::Right(&read("in.a"))), at(3));
        usage.denied(7, Some(Lacked::Function("create")), at(1));
        usage.denied(1, None, at(9));
        let seen = |count, second| Seen { count, last: Some(at(second)) };
        assert_eq!(usage.denials.rights, [(read("in.a"), seen(2, 5))].into());
        assert_eq!(usage.denials.functions, [("create".to_owned(), seen(7, 1))].into());
        assert_eq!(usage.calls.denied, 10);
    }

    #[test]
    fn names_beyond_the_rights_of_a_token_are_counted_without_their_names() {
        let mut usage = Usage::new(None);
        for n in 0..5000 {
            usage.denied(1, Some(Lacked::Right(&read(&format!("in.c-{n}")))), at(n));
        }
        usage.denied(1, Some(Lacked::Right(&read("in.c-0"))), at(0));
        let names: usize = usage.denials.rights.keys().map(Ask::bytes).sum();
        assert!((MAX_BYTES..MAX_BYTES + 20).contains(&names), "{names}");
        assert_eq!((usage.calls.denied, usage.denials.rights[&read("in.c-0")].count), (5001, 2));
    }

    #[test]
    fn absurd_numbers_stay_within_range() {
        let mut usage = Usage::new(Some(Resolution::Day));
        for _ in 0..2 {
            usage.denied(u64::MAX, Some(Lacked::Function("create")), at(0));
        }
        assert_eq!((usage.calls.denied, usage.denials.functions["create"].count), (u64::MAX, u64::MAX));
    }
}
