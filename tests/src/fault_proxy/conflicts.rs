//! Transaction conflicts like those of the real table: a transaction in progress holds its items, and other
//! writes to one of them are rejected. DynamoDB Local runs one after the other instead.

use std::{
    collections::{BTreeSet, HashMap},
    time::{Duration, Instant},
};

use serde_json::Value;

/// An item, by its keys.
pub(super) type ItemKey = (String, String);

/// The held items, and until when.
#[derive(Debug)]
pub(super) struct Conflicts {
    hold: Duration,
    held: HashMap<ItemKey, Instant>,
    /// When the transactions in progress end.
    in_progress: Vec<Instant>,
    most: usize,
}

/// The result of a write.
pub(super) enum Turn {
    /// It holds its items until this time, and is answered then.
    Until(Instant),
    /// Others hold these.
    Held(BTreeSet<ItemKey>),
}

impl Conflicts {
    pub(super) fn new(hold: Duration) -> Self {
        Self { hold, held: HashMap::new(), in_progress: Vec::new(), most: 0 }
    }

    /// The most transactions that were in progress at a time.
    pub(super) fn most(&self) -> usize {
        self.most
    }

    /// Lets a write hold its items, unless another one does; `None` if it is not a write of single items.
    pub(super) fn turn(&mut self, operation: &str, request: &Value) -> Option<Turn> {
        let keys: BTreeSet<ItemKey> = match operation {
            "TransactWriteItems" => {
                request["TransactItems"].as_array().into_iter().flatten().filter_map(key_of).collect()
            }
            "PutItem" | "UpdateItem" | "DeleteItem" => key(request).into_iter().collect(),
            _ => return None,
        };
        let now = Instant::now();
        self.held.retain(|_, until| *until > now);
        let held: BTreeSet<ItemKey> =
            keys.iter().filter(|key| self.held.contains_key(*key)).cloned().collect();
        if !held.is_empty() {
            return Some(Turn::Held(held));
        }
        if operation != "TransactWriteItems" {
            return None;
        }
        let until = now + self.hold;
        self.held.extend(keys.into_iter().map(|key| (key, until)));
        self.in_progress.retain(|until| *until > now);
        self.in_progress.push(until);
        self.most = self.most.max(self.in_progress.len());
        Some(Turn::Until(until))
    }
}

/// The item of a part of a transaction.
pub(super) fn key_of(part: &Value) -> Option<ItemKey> {
    part.as_object()?.values().find_map(key)
}

fn key(part: &Value) -> Option<ItemKey> {
    let of = part.get("Key").or_else(|| part.get("Item"))?;
    Some((of["pk"]["S"].as_str()?.to_owned(), of["sk"]["S"].as_str()?.to_owned()))
}
