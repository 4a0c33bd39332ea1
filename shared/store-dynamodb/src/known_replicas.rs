//! What this process knows of the replicas of verify items, and which of them it reads next.
//!
//! All of it may be outdated: the conditions of the transactions decide, and a replica that is gone or too old is not used.

use std::{
    collections::HashMap,
    hash::{BuildHasher as _, RandomState},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use aws_sdk_dynamodb::Client;
use jeton_core::time::Day;
use tokio::time::Instant;

use super::{
    item::{self, Item, number_of, text_of},
    key::Key,
};

/// So many throttled reads of one token within a second give it replicas. One that shares a busy partition with many others is
/// throttled too, but hardly ever that often in one process.
const HOT: u32 = 3;
const WITHIN: Duration = Duration::from_secs(1);

/// The most tokens that a process remembers. Beyond that it forgets all, and reads their verify items again.
const REMEMBERED: usize = 4096;

/// The tokens that have replicas or were throttled, by the partition key of their verify items.
#[derive(Debug, Default)]
pub(super) struct KnownReplicas {
    tokens: Mutex<HashMap<String, Known>>,
    /// Processes begin with different replicas.
    begins: RandomState,
}

/// Reads of verify items in a process that reads replicas.
#[derive(Debug, Clone)]
pub(super) struct Spread {
    /// How many replicas a token gets.
    pub(super) most: u32,
    /// For first attempts: does not retry, so that it shows that the token is throttled.
    pub(super) first: Client,
}

/// What is known of a token.
#[derive(Debug, Clone, Default)]
struct Known {
    stored: u32,
    /// How many of them repeat the version of the verify item: all, or none after a change by a build that knows of none.
    current: u32,
    version: u64,
    beside: Beside,
    next: u64,
    throttled: Option<(Instant, u32)>,
}

/// The attributes of a verify item that its replicas do not have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Beside {
    /// The number of shards of the token's events.
    pub(super) shards: u32,
    /// The day of last use.
    pub(super) last_used: Option<Day>,
}

/// How many replicas of a token are stored, as its verify item says.
pub(super) fn stored(verify: &Item) -> u32 {
    number_of(verify, "replicas").unwrap_or(0)
}

/// How many of them repeat the version of the verify item.
pub(super) fn current(verify: &Item) -> u32 {
    let version: Option<u64> = number_of(verify, "version");
    if version.is_some() && version == number_of(verify, "replicatedVersion") { stored(verify) } else { 0 }
}

impl KnownReplicas {
    /// Notes what a verify item says that was read.
    pub(super) fn note(&self, verify: &Item) {
        let Some(partition) = text_of(verify, "pk") else { return };
        let mut all = self.all();
        if let Some(known) = all.get_mut(partition) {
            known.note(verify);
        } else if stored(verify) > 0 {
            let mut known = self.unknown(partition);
            known.note(verify);
            remember(&mut all, partition, known);
        }
    }

    /// How many replicas of a token are stored.
    pub(super) fn stored(&self, key: &Key) -> u32 {
        self.all().get(&key.pk).map_or(0, |known| known.stored)
    }

    /// The number of the replica to read next, in turns; `None` for the verify item itself.
    pub(super) fn next(&self, key: &Key) -> Option<u32> {
        let mut all = self.all();
        let known = all.get_mut(&key.pk).filter(|known| known.current > 0)?;
        known.next = known.next.wrapping_add(1);
        let number = u32::try_from(known.next % (u64::from(known.current) + 1)).unwrap_or(0);
        (number > 0).then_some(number)
    }

    /// What to read a replica of this version with; `None` for one that is older than the verify item was.
    pub(super) fn beside(&self, key: &Key, version: u64) -> Option<Beside> {
        let all = self.all();
        all.get(&key.pk).filter(|known| known.version <= version).map(|known| known.beside)
    }

    /// Notes a day of last use, which is stored.
    pub(super) fn note_used(&self, key: &Key, day: Day) {
        if let Some(known) = self.all().get_mut(&key.pk) {
            known.beside.last_used = known.beside.last_used.max(Some(day));
        }
    }

    /// Notes the number of shards, which is stored.
    pub(super) fn note_shards(&self, key: &Key, shards: u32) {
        if let Some(known) = self.all().get_mut(&key.pk) {
            known.beside.shards = known.beside.shards.max(shards);
        }
    }

    /// Notes that a read of the token was throttled.
    pub(super) fn note_throttled(&self, key: &Key) {
        let (now, mut all) = (Instant::now(), self.all());
        if !all.contains_key(&key.pk) {
            let unknown = self.unknown(&key.pk);
            remember(&mut all, &key.pk, unknown);
        }
        let Some(known) = all.get_mut(&key.pk) else { return };
        known.throttled = match known.throttled {
            Some((since, times)) if now.duration_since(since) < WITHIN => Some((since, times + 1)),
            _ => Some((now, 1)),
        };
    }

    /// Whether reads of the token were throttled so often that it needs replicas. Counts from none after that.
    pub(super) fn take_hot(&self, key: &Key) -> bool {
        let mut all = self.all();
        let known = all.get_mut(&key.pk);
        known.is_some_and(|known| known.throttled.take_if(|(_, times)| *times >= HOT).is_some())
    }

    fn unknown(&self, partition: &str) -> Known {
        Known { next: self.begins.hash_one(partition), ..Known::default() }
    }

    fn all(&self) -> MutexGuard<'_, HashMap<String, Known>> {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn note(&mut self, verify: &Item) {
        self.stored = stored(verify);
        self.current = current(verify);
        self.version = number_of(verify, "version").unwrap_or(u64::MAX);
        self.beside = Beside { shards: item::shards(verify), last_used: item::last_used(verify) };
    }
}

fn remember(all: &mut HashMap<String, Known>, partition: &str, known: Known) {
    if all.len() >= REMEMBERED {
        all.clear();
    }
    all.insert(partition.to_owned(), known);
}

#[cfg(test)]
mod tests {
    use jeton_core::id::{ProjectId, TokenId};

    use super::*;
    use crate::item::{key_attributes, number};

    fn key(token: u64) -> Key {
        Key::verify(ProjectId::new(7).unwrap(), TokenId::new(token).unwrap())
    }

    /// The verify item of a token in version 5, with replicas of some version.
    fn verify_item(replicas: u32, replicated: u64) -> Item {
        let mut item = key_attributes(&key(9));
        let numbers = [("version", 5), ("replicas", u64::from(replicas)), ("replicatedVersion", replicated)];
        item.extend(numbers.map(|(name, value)| (name.to_owned(), number(&value))));
        item
    }

    #[test]
    fn the_verify_item_and_its_replicas_are_read_in_turns() {
        let known = KnownReplicas::default();
        known.note(&verify_item(8, 5));
        let mut read = [0; 9];
        for _ in 0..90 {
            read[known.next(&key(9)).unwrap_or(0) as usize] += 1;
        }
        assert_eq!(read, [10; 9]);
    }

    #[test]
    fn replicas_that_a_build_which_knows_of_none_left_behind_are_not_read() {
        let known = KnownReplicas::default();
        known.note(&verify_item(8, 4));
        assert_eq!((known.next(&key(9)), known.stored(&key(9))), (None, 8));
        known.note(&verify_item(8, 5));
        assert_eq!(known.beside(&key(9), 4), None, "older than the verify item");
        assert!(known.beside(&key(9), 6).is_some(), "changed since");
    }

    #[tokio::test(start_paused = true)]
    async fn a_token_is_hot_after_three_throttled_reads_within_a_second() {
        let known = KnownReplicas::default();
        for _ in 0..5 {
            known.note_throttled(&key(9));
            known.note_throttled(&key(9));
            assert!(!known.take_hot(&key(9)));
            tokio::time::advance(WITHIN).await;
        }
        (0..3).for_each(|_| known.note_throttled(&key(9)));
        assert!(!known.take_hot(&key(8)));
        assert!(known.take_hot(&key(9)));
        assert!(!known.take_hot(&key(9)), "it was taken");
    }

    #[test]
    fn no_number_of_tokens_fills_the_memory() {
        let known = KnownReplicas::default();
        (1..=2 * REMEMBERED as u64).for_each(|token| known.note_throttled(&key(token)));
        assert!(known.all().len() <= REMEMBERED);
    }
}
