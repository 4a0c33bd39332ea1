//! Verify item cache, in the process that serves the database.
//!
//! A cached verify item equals the one in the database, because every change of a token is of one of two kinds:
//!
//! - The server's own writer removes the items of the tokens that a transaction changes before its COMMIT,
//!   and allows them again after it ([`Memory::change`]). In between they are read from the database.
//! - A command that writes beside the server switches the cache off for as long as it runs (`memory_lock`).
//!
//! A read that began before a change never caches its result after it: each read has a [`Ticket`], which a
//! change invalidates.

use std::sync::{
    Mutex, MutexGuard, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use jeton_core::{time::Day, token::StoredVerifyItem};
use jeton_store_support::item_cache::{CachedItem, ItemCache, Key};

use super::reads::SHARDS;

/// The number of change counters. Tokens that share one hinder each other only while one is changed.
const COUNTERS: usize = 256;

/// The verify items in memory.
#[derive(Debug)]
pub(super) struct Memory {
    /// With their days of last use.
    items: ItemCache<Option<Day>>,
    /// How many changes of this counter's tokens began or ended. Odd during a change.
    changes: [Mutex<u64>; COUNTERS],
    is_on: AtomicBool,
}

/// The permission to cache the result of a read, unless the token changes meanwhile.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ticket {
    key: Key,
    changes: u64,
}

/// The result of a lookup in memory.
#[derive(Debug)]
pub(super) enum Found {
    /// Its verify item.
    Item(StoredVerifyItem),
    /// Not cached. The item of the database may be kept with the ticket, if there is one.
    Nothing(Option<Ticket>),
}

impl Memory {
    /// An empty memory that is switched off.
    pub(super) fn new() -> Self {
        Self {
            items: ItemCache::default(),
            changes: [const { Mutex::new(0) }; COUNTERS],
            is_on: AtomicBool::new(false),
        }
    }

    /// The verify item of a token, if it is cached.
    pub(super) fn item(&self, key: Key) -> Option<StoredVerifyItem> {
        if !self.is_on.load(Ordering::SeqCst) {
            return None;
        }
        self.items.get(key).map(stored)
    }

    /// Looks a token up.
    pub(super) fn find(&self, key: Key) -> Found {
        if let Some(item) = self.item(key) {
            return Found::Item(item);
        }
        if !self.is_on.load(Ordering::SeqCst) {
            return Found::Nothing(None);
        }
        let changes = *self.counter(key);
        Found::Nothing(changes.is_multiple_of(2).then_some(Ticket { key, changes }))
    }

    /// Caches the result of a read, unless the token has changed since the ticket was issued. Returns it, sharing what it has in common
    /// with others.
    pub(super) fn keep(&self, ticket: Ticket, read: StoredVerifyItem) -> StoredVerifyItem {
        let entry = self.items.entry(read.item, read.last_used);
        let changes = self.counter(ticket.key);
        if *changes == ticket.changes {
            self.items.insert(ticket.key, entry.clone());
        }
        stored(entry)
    }

    /// Removes tokens that are about to change, and caches none of them until the returned guard is dropped.
    pub(super) fn change(&self, keys: &[Key]) -> Change<'_> {
        let mut counters: Vec<usize> = keys.iter().map(|key| counter_of(*key)).collect();
        counters.sort_unstable();
        counters.dedup();
        for counter in &counters {
            *locked(&self.changes[*counter]) += 1;
        }
        for key in keys {
            self.items.remove(*key);
        }
        Change { memory: self, counters }
    }

    /// Switches memory off: from now on every read uses the database.
    pub(super) fn switch_off(&self) {
        self.is_on.store(false, Ordering::SeqCst);
    }

    /// Switches memory on, empty: other processes may have written in the meantime.
    pub(super) fn switch_on(&self) {
        self.forget();
        self.is_on.store(true, Ordering::SeqCst);
    }

    /// Removes everything, and invalidates all tickets.
    pub(super) fn forget(&self) {
        // By two, so that odd numbers stay odd: the writer may be in a change.
        for counter in &self.changes {
            *locked(counter) += 2;
        }
        self.items.clear();
    }

    /// The bytes of all items, with their rights.
    pub(super) fn bytes(&self) -> usize {
        self.items.bytes()
    }

    /// Whether it is on.
    #[cfg(test)]
    pub(super) fn is_on(&self) -> bool {
        self.is_on.load(Ordering::SeqCst)
    }

    fn counter(&self, key: Key) -> MutexGuard<'_, u64> {
        locked(&self.changes[counter_of(key)])
    }
}

/// Tokens that are being changed, until this is dropped.
#[derive(Debug)]
#[must_use = "a change ends when this is dropped"]
pub(super) struct Change<'a> {
    memory: &'a Memory,
    counters: Vec<usize>,
}

impl Drop for Change<'_> {
    fn drop(&mut self) {
        for counter in &self.counters {
            *locked(&self.memory.changes[*counter]) += 1;
        }
    }
}

fn stored(CachedItem { item, beside: last_used, .. }: CachedItem<Option<Day>>) -> StoredVerifyItem {
    StoredVerifyItem { item, shards: SHARDS, last_used }
}

fn counter_of((_, token): Key) -> usize {
    // The lower bits of an id are random.
    usize::try_from(token.number() % COUNTERS as u64).unwrap_or_default()
}

fn locked(counter: &Mutex<u64>) -> MutexGuard<'_, u64> {
    counter.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use jeton_core::id::{ProjectId, TokenId};

    use super::*;

    fn key(token: u64) -> Key {
        (ProjectId::new(1).unwrap(), TokenId::new(token).unwrap())
    }

    fn item(version: u64) -> StoredVerifyItem {
        let json = format!(
            r#"{{"project":1,"id":7,"version":{version},"keys":[],"identity":{{"description":"a",
            "kind":"limited","created":0,"refreshed":0,"permissions":{{}},"owner":{{"name":"P","created":0,"organization":1}}}}}}"#
        );
        let item = Arc::new(jeton_core::json::from_str(&json).unwrap());
        StoredVerifyItem { item, shards: SHARDS, last_used: None }
    }

    fn on() -> Memory {
        let memory = Memory::new();
        memory.switch_on();
        memory
    }

    fn ticket(memory: &Memory, key: Key) -> Option<Ticket> {
        match memory.find(key) {
            Found::Nothing(ticket) => ticket,
            Found::Item(item) => panic!("{item:?} is in memory"),
        }
    }

    fn version(memory: &Memory, key: Key) -> Option<u64> {
        match memory.find(key) {
            Found::Item(item) => Some(item.item.version),
            Found::Nothing(_) => None,
        }
    }

    #[test]
    fn what_was_read_is_found_until_it_changes() {
        let memory = on();
        memory.keep(ticket(&memory, key(7)).unwrap(), item(1));
        assert_eq!(version(&memory, key(7)), Some(1));
        assert_eq!(version(&memory, key(8)), None);
        drop(memory.change(&[key(7)]));
        assert_eq!(version(&memory, key(7)), None);
    }

    #[test]
    fn what_was_read_before_a_change_is_not_kept_after_it() {
        let memory = on();
        let before = ticket(&memory, key(7)).unwrap();
        let change = memory.change(&[key(7), key(7), key(8)]);
        memory.keep(before, item(1));
        assert!(ticket(&memory, key(7)).is_none(), "it is being changed");
        assert!(ticket(&memory, key(9)).is_some(), "others are not");
        drop(change);
        memory.keep(before, item(1));
        assert_eq!(version(&memory, key(7)), None);
        memory.keep(ticket(&memory, key(7)).unwrap(), item(2));
        assert_eq!(version(&memory, key(7)), Some(2));
    }

    #[test]
    fn nothing_is_found_or_kept_while_memory_is_off_nor_anything_of_before_when_it_is_on_again() {
        let memory = on();
        let (before, other) = (ticket(&memory, key(7)).unwrap(), ticket(&memory, key(8)).unwrap());
        memory.keep(before, item(1));
        memory.switch_off();
        assert!(ticket(&memory, key(7)).is_none());
        memory.switch_on();
        assert_eq!(version(&memory, key(7)), None);
        memory.keep(other, item(1));
        assert_eq!(version(&memory, key(8)), None);
    }

    #[test]
    fn a_change_goes_on_over_a_switch() {
        let memory = on();
        let change = memory.change(&[key(7)]);
        memory.switch_off();
        memory.switch_on();
        assert!(ticket(&memory, key(7)).is_none());
        drop(change);
        assert!(ticket(&memory, key(7)).is_some());
    }
}
