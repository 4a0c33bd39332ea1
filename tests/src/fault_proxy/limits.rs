//! Throughput limits of a partition, as in the real table.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    time::{Duration, Instant},
};

use serde_json::Value;

use super::seen::partitions;

const SECOND: Duration = Duration::from_secs(1);

/// The limits of items read and written in each partition in a second, and the numbers in this one.
#[derive(Debug)]
pub(super) struct Limits {
    reads: usize,
    writes: usize,
    second: Second,
    seen: HashMap<(String, bool), (Instant, usize)>,
}

/// When a second is over.
#[derive(Debug)]
enum Second {
    OfTheClock,
    /// After so many items, throttled ones included, of partitions with this prefix; `seen` of them were in this one.
    /// For a partition that takes no more it is over after a second of the clock at the latest, as retries have an end.
    OfItems {
        prefix: String,
        most: usize,
        seen: usize,
    },
}

impl Limits {
    pub(super) fn new(reads: usize, writes: usize) -> Self {
        Self { reads, writes, second: Second::OfTheClock, seen: HashMap::new() }
    }

    /// With seconds in which so many items of partitions with this prefix are written, however long that takes.
    pub(super) fn at_rate(self, prefix: String, most: usize) -> Self {
        Self { second: Second::OfItems { prefix, most, seen: 0 }, ..self }
    }

    /// The throttled partitions of a request. Counts the items of the others.
    pub(super) fn over(&mut self, operation: &str, request: &Value) -> BTreeSet<String> {
        let is_write = !matches!(operation, "GetItem" | "BatchGetItem" | "Query");
        let most = if is_write { self.writes } else { self.reads };
        let now = Instant::now();
        let mut over = BTreeSet::new();
        for (partition, items) in items(request) {
            let is_new = match &mut self.second {
                Second::OfTheClock => false,
                Second::OfItems { prefix, most, seen } => {
                    *seen += if is_write && partition.starts_with(prefix.as_str()) { items } else { 0 };
                    let is_over = *seen > *most;
                    *seen = if is_over { items } else { *seen };
                    is_over
                }
            };
            if is_new {
                self.seen.clear();
            }
            let (since, count) = self.seen.entry((partition.clone(), is_write)).or_insert((now, 0));
            if now.duration_since(*since) >= SECOND {
                (*since, *count) = (now, 0);
            }
            if *count + items > most {
                over.insert(partition);
                continue;
            }
            *count += items;
            if matches!(self.second, Second::OfItems { .. }) {
                *since = now;
            }
        }
        over
    }
}

/// How many items of each partition a request has.
fn items(request: &Value) -> BTreeMap<String, usize> {
    let batch = request["RequestItems"].as_object().and_then(|tables| tables.values().next());
    let several = batch.map(|of| of.get("Keys").unwrap_or(of)).or_else(|| request.get("TransactItems"));
    let each = several.and_then(Value::as_array).map_or(std::slice::from_ref(request), Vec::as_slice);
    let mut items = BTreeMap::new();
    for partition in each.iter().flat_map(|item| match item.get("pk") {
        // A key of a batch is not nested.
        Some(pk) => pk["S"].as_str().map(str::to_owned).into_iter().collect(),
        None => partitions(item),
    }) {
        *items.entry(partition).or_default() += 1;
    }
    items
}
