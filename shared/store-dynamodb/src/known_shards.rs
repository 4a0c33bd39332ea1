//! The shards of objects, as far as this process knows them.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use jeton_core::event::Feed;

/// The shards of the feeds that many tokens write to.
pub(super) const OF_MANY: u32 = 8;

/// The most objects whose shards a process remembers. Beyond that it forgets all, and learns them again when a
/// shard is throttled.
const OBJECTS: usize = 10_000;

/// The shards of objects, as far as this process knows them.
#[derive(Debug, Default)]
pub(super) struct KnownShards(Mutex<HashMap<Feed, u32>>);

impl KnownShards {
    /// The shards of an object.
    pub(super) fn of(&self, feed: &Feed) -> u32 {
        self.known().get(feed).copied().unwrap_or(OF_MANY)
    }

    /// Notes how many shards an object has.
    pub(super) fn note(&self, feed: &Feed, shards: u32) {
        let mut known = self.known();
        if known.len() >= OBJECTS {
            known.clear();
        }
        known.insert(feed.clone(), shards);
    }

    fn known(&self) -> MutexGuard<'_, HashMap<Feed, u32>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use jeton_core::id::ProjectId;

    use super::*;

    fn bucket(number: usize) -> Feed {
        Feed::Object(ProjectId::new(7).unwrap(), "bucket".to_owned(), format!("in.c-{number}"))
    }

    #[test]
    fn no_number_of_objects_fills_the_memory() {
        let known = KnownShards::default();
        for number in 0..2 * OBJECTS {
            known.note(&bucket(number), 16);
        }
        assert!(known.known().len() <= OBJECTS);
        assert_eq!(known.of(&bucket(2 * OBJECTS - 1)), 16);
        assert_eq!(known.of(&bucket(0)), OF_MANY);
    }
}
