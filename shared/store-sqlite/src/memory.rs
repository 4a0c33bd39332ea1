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
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use jeton_core::{
    id::{ProjectId, TokenId},
    permission::Permissions,
    pool::{Pool, Pooled},
    token::{StoredVerifyItem, VerifyItem},
};
use quick_cache::{Weighter, sync::Cache};

use super::weight;

/// The size limit of the items, in bytes. Rights that several of them share count once, against [`RIGHTS`].
const ROOM: u64 = 16 << 20;

/// The size limit of shared rights, in bytes. Beyond it, each item has its own.
const RIGHTS: usize = 4 << 20;

/// The typical size of an item, in bytes.
const USUAL: usize = 1024;

/// The number of change counters. Tokens that share one hinder each other only while one is changed.
const COUNTERS: usize = 256;

/// A token: its project and its id.
pub(super) type Key = (ProjectId, TokenId);

/// The verify items in memory.
#[derive(Debug)]
pub(super) struct Memory {
    items: Cache<Key, Kept, ByWeight>,
    /// The rights that items share.
    rights: Pool<Arc<Permissions>>,
    /// How many changes of this counter's tokens began or ended. Odd during a change.
    changes: [Mutex<u64>; COUNTERS],
    is_on: AtomicBool,
}

#[derive(Debug, Clone)]
struct Kept {
    item: StoredVerifyItem,
    /// Its rights, if it shares them.
    rights: Option<Pooled<Arc<Permissions>>>,
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
            items: Cache::with_weighter(usize::try_from(ROOM).unwrap_or(0) / USUAL, ROOM, ByWeight),
            rights: Pool::new(RIGHTS),
            changes: [const { Mutex::new(0) }; COUNTERS],
            is_on: AtomicBool::new(false),
        }
    }

    /// The verify item of a token, if it is cached.
    pub(super) fn item(&self, key: Key) -> Option<StoredVerifyItem> {
        if !self.is_on.load(Ordering::SeqCst) {
            return None;
        }
        self.items.get(&key).map(|kept| kept.item)
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

    /// Caches the result of a read, unless the token has changed since the ticket was issued. The item gets the rights of
    /// another one that has the same.
    pub(super) fn keep(&self, ticket: Ticket, item: &mut StoredVerifyItem) {
        let rights = self.share_rights(&mut item.item);
        let changes = self.counter(ticket.key);
        if *changes == ticket.changes {
            self.items.insert(ticket.key, Kept { item: item.clone(), rights });
        }
    }

    fn share_rights(&self, item: &mut Arc<VerifyItem>) -> Option<Pooled<Arc<Permissions>>> {
        let own = &item.identity.permissions;
        let rights = self.rights.share(Arc::clone(own), weight::rights(own))?;
        // It was read just now, so nobody else holds it.
        Arc::get_mut(item)?.identity.permissions = Arc::clone(&rights);
        Some(rights)
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
            self.items.remove(key);
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
        usize::try_from(self.items.weight()).unwrap_or(usize::MAX) + self.rights.bytes()
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

fn counter_of((_, token): Key) -> usize {
    // The lower bits of an id are random.
    usize::try_from(token.number() % COUNTERS as u64).unwrap_or_default()
}

fn locked(counter: &Mutex<u64>) -> MutexGuard<'_, u64> {
    counter.lock().unwrap_or_else(PoisonError::into_inner)
}

#[derive(Debug, Clone)]
struct ByWeight;

impl Weighter<Key, Kept> for ByWeight {
    fn weight(&self, _: &Key, kept: &Kept) -> u64 {
        let item = &kept.item.item;
        let rights = if kept.rights.is_some() { 0 } else { weight::rights(&item.identity.permissions) };
        (weight::item(item) + rights) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(token: u64) -> Key {
        (ProjectId::new(1).unwrap(), TokenId::new(token).unwrap())
    }

    fn item(version: u64) -> StoredVerifyItem {
        item_with(version, "{}")
    }

    fn item_with(version: u64, rights: &str) -> StoredVerifyItem {
        let json = format!(
            r#"{{"project":1,"id":7,"version":{version},"keys":[],"identity":{{"description":"a",
            "kind":"limited","created":0,"refreshed":0,"permissions":{rights},"owner":{{"name":"P","created":0,"organization":1}}}}}}"#
        );
        let item = Arc::new(jeton_core::json::from_str(&json).unwrap());
        StoredVerifyItem { item, shards: 1, last_used: None }
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
        memory.keep(ticket(&memory, key(7)).unwrap(), &mut item(1));
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
        memory.keep(before, &mut item(1));
        assert!(ticket(&memory, key(7)).is_none(), "it is being changed");
        assert!(ticket(&memory, key(9)).is_some(), "others are not");
        drop(change);
        memory.keep(before, &mut item(1));
        assert_eq!(version(&memory, key(7)), None);
        memory.keep(ticket(&memory, key(7)).unwrap(), &mut item(2));
        assert_eq!(version(&memory, key(7)), Some(2));
    }

    #[test]
    fn nothing_is_found_or_kept_while_memory_is_off_nor_anything_of_before_when_it_is_on_again() {
        let memory = on();
        let (before, other) = (ticket(&memory, key(7)).unwrap(), ticket(&memory, key(8)).unwrap());
        memory.keep(before, &mut item(1));
        memory.switch_off();
        assert!(ticket(&memory, key(7)).is_none());
        memory.switch_on();
        assert_eq!(version(&memory, key(7)), None);
        memory.keep(other, &mut item(1));
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

    #[test]
    fn memory_is_bounded() {
        let memory = on();
        for token in 1..40_000 {
            memory.keep(ticket(&memory, key(token)).unwrap(), &mut item(1));
        }
        assert!(memory.items.weight() <= ROOM, "{}", memory.items.weight());
        assert!(memory.items.len() > 10_000, "{}", memory.items.len());
    }

    #[test]
    fn tokens_with_the_same_rights_have_them_once() {
        let memory = on();
        let mut items =
            [1, 2, 1].map(|bucket| item_with(1, &format!(r#"{{"buckets":{{"in.c-{bucket}":"read"}}}}"#)));
        for (token, item) in (1..).zip(&mut items) {
            memory.keep(ticket(&memory, key(token)).unwrap(), item);
        }
        let [first, other, same] = items.map(|item| Arc::clone(&item.identity.permissions));
        assert!(Arc::ptr_eq(&first, &same) && !Arc::ptr_eq(&first, &other));
        assert_eq!(memory.rights.bytes(), weight::rights(&first) + weight::rights(&other));
        memory.forget();
        assert_eq!(memory.rights.bytes(), 0);
    }
}
