//! Faults: which requests fail, how, and how often.

use std::collections::BTreeMap;

use super::seen::Seen;

/// A fault: what fails, for which requests, and how often.
#[derive(Debug, Clone)]
pub struct Fault {
    operation: &'static str,
    pub(super) partition: String,
    pub(super) kind: Kind,
    skip: usize,
    times: usize,
    /// How many requests each partition has passed so far.
    passed: BTreeMap<String, usize>,
}

/// The kind of failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Throttled, as for one key range. Of a batch, the items in that range are left unprocessed, and the
    /// others are not.
    Throttle,
    /// Rejected because another transaction holds an item.
    Conflict,
    /// An internal error, with an unknown outcome.
    InternalError,
    /// The connection closes before the request reaches the table.
    LoseRequest,
    /// The table executes the request, but the connection closes before the answer.
    LoseAnswer,
    /// The request reaches the table only after so many milliseconds.
    Delay(u64),
    /// The table is not asked, and this status and JSON are the answer.
    Answer(u16, &'static str),
}

/// The wildcard for an operation.
const ANY: &str = "*";

impl Fault {
    /// The next request of this operation, such as `TransactWriteItems`, fails.
    pub fn next(operation: &'static str, kind: Kind) -> Self {
        Self { operation, partition: String::new(), kind, skip: 0, times: 1, passed: BTreeMap::new() }
    }

    /// The first request after so many others fails, of any operation.
    pub fn after_requests(others: usize, kind: Kind) -> Self {
        Self { skip: others, ..Self::next(ANY, kind) }
    }

    /// This many fail.
    #[must_use]
    pub fn times(self, times: usize) -> Self {
        Self { times, ..self }
    }

    /// All of them fail.
    #[must_use]
    pub fn always(self) -> Self {
        self.times(usize::MAX)
    }

    /// Only those with a partition key of this prefix.
    #[must_use]
    pub fn partition(self, prefix: impl Into<String>) -> Self {
        Self { partition: prefix.into(), ..self }
    }

    /// Each of the partitions passes so many requests first.
    #[must_use]
    pub fn after(self, passed: usize) -> Self {
        Self { skip: passed, ..self }
    }

    /// Whether it applies to this request. Counts it either way.
    pub(super) fn strikes(&mut self, seen: &Seen) -> bool {
        if self.operation == ANY {
            let struck = self.skip == 0 && self.times > 0;
            self.skip = self.skip.saturating_sub(1);
            self.times = self.times.saturating_sub(usize::from(struck && self.times < usize::MAX));
            return struck;
        }
        let meant: Vec<&String> =
            seen.partitions.iter().filter(|pk| pk.starts_with(&self.partition)).collect();
        // A request about the table as a whole has no key.
        let is_of_table = seen.partitions.is_empty() && self.partition.is_empty();
        if self.times == 0 || seen.operation != self.operation || (meant.is_empty() && !is_of_table) {
            return false;
        }
        if !is_of_table && meant.iter().all(|pk| self.passed.get(*pk).copied().unwrap_or(0) < self.skip) {
            for pk in meant {
                *self.passed.entry(pk.clone()).or_default() += 1;
            }
            return false;
        }
        self.times = if self.times == usize::MAX { usize::MAX } else { self.times - 1 };
        true
    }
}
