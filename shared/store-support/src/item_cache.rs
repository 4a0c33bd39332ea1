//! Cache of verify items, with their written answers, up to a size limit: for a process that answers many callers.
//!
//! Whether a cached item is current is for its store to know.

use std::{mem::size_of, sync::Arc};

use jeton_core::{
    id::{ProjectId, TokenId},
    permission::Permissions,
    pool::{Pool, Pooled},
    time::Day,
    token::VerifyItem,
};
use quick_cache::{Weighter, sync::Cache};

use super::item_weight as weight;

/// The size limit of the items, in bytes. Rights that several of them share count once, against a limit of their own.
pub const ROOM: u64 = 16 << 20;

/// The size limit of shared rights, in bytes. Beyond it, each item has its own.
const RIGHTS: usize = 4 << 20;

/// The typical size of an item, in bytes.
const USUAL: usize = 1024;

/// A token: its project and its id.
pub type Key = (ProjectId, TokenId);

/// The cache. Items with the same rights have them once.
#[derive(Debug)]
pub struct ItemCache<B: Beside> {
    items: Cache<Key, CachedItem<B>, ByWeight>,
    rights: Pool<Arc<Permissions>>,
}

/// A cached verify item.
#[derive(Debug, Clone)]
pub struct CachedItem<B> {
    /// The verify item.
    pub item: Arc<VerifyItem>,
    /// What the store keeps beside it.
    pub beside: B,
    /// Its rights, if it shares them.
    rights: Option<Pooled<Arc<Permissions>>>,
}

/// What a store keeps beside a verify item.
pub trait Beside: Clone {
    /// The memory that it takes beside its own size, in bytes.
    fn bytes(&self) -> usize;
}

/// The day of last use.
impl Beside for Option<Day> {
    fn bytes(&self) -> usize {
        0
    }
}

/// The text that the item was parsed from.
impl Beside for Arc<str> {
    fn bytes(&self) -> usize {
        weight::text(self) + 2 * size_of::<usize>()
    }
}

impl<B: Beside> Default for ItemCache<B> {
    fn default() -> Self {
        let usually = usize::try_from(ROOM).unwrap_or(0) / USUAL;
        Self { items: Cache::with_weighter(usually, ROOM, ByWeight), rights: Pool::new(RIGHTS) }
    }
}

impl<B: Beside> ItemCache<B> {
    /// The item of a token.
    pub fn get(&self, key: Key) -> Option<CachedItem<B>> {
        self.items.get(&key)
    }

    /// Makes an entry of an item that was just parsed, so that nobody else holds it: frees its spare room, and gives it the rights of
    /// another one that has the same.
    pub fn entry(&self, mut item: Arc<VerifyItem>, beside: B) -> CachedItem<B> {
        let rights = Arc::get_mut(&mut item).and_then(|item| {
            item.keys.shrink_to_fit();
            item.superseded.shrink_to_fit();
            let own = &mut item.identity.permissions;
            let rights = self.rights.share(Arc::clone(own), weight::rights(own))?;
            *own = Arc::clone(&rights);
            Some(rights)
        });
        CachedItem { item, beside, rights }
    }

    /// Caches an entry, in place of an earlier one of the same token.
    pub fn insert(&self, key: Key, entry: CachedItem<B>) {
        self.items.insert(key, entry);
    }

    /// Removes the item of a token.
    pub fn remove(&self, key: Key) {
        self.items.remove(&key);
    }

    /// Removes everything.
    pub fn clear(&self) {
        self.items.clear();
    }

    /// The bytes of all items, with their rights: an estimate from above.
    pub fn bytes(&self) -> usize {
        usize::try_from(self.items.weight()).unwrap_or(usize::MAX) + self.rights.bytes()
    }
}

#[derive(Debug, Clone)]
struct ByWeight;

impl<B: Beside> Weighter<Key, CachedItem<B>> for ByWeight {
    fn weight(&self, _: &Key, CachedItem { item, beside, rights }: &CachedItem<B>) -> u64 {
        let entry = weight::entry(size_of::<Key>() + size_of::<CachedItem<B>>());
        let rights = if rights.is_some() { 0 } else { weight::rights(&item.identity.permissions) };
        (entry + weight::item(item) + rights + beside.bytes()) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(token: u64) -> Key {
        (ProjectId::new(1).unwrap(), TokenId::new(token).unwrap())
    }

    fn item(rights: &str) -> VerifyItem {
        let text = format!(
            r#"{{"project":1,"id":7,"version":1,"keys":[],"identity":{{"description":"a",
            "kind":"limited","created":0,"refreshed":0,"permissions":{rights},"owner":{{"name":"P","created":0,"organization":1}}}}}}"#
        );
        jeton_core::json::from_str(&text).unwrap()
    }

    fn keep<B: Beside>(cache: &ItemCache<B>, token: u64, rights: &str, beside: B) -> CachedItem<B> {
        let entry = cache.entry(Arc::new(item(rights)), beside);
        cache.insert(key(token), entry.clone());
        entry
    }

    #[test]
    fn the_cache_is_full_but_bounded_with_what_is_kept_beside_its_items() {
        for long in [0, 700, 200_000] {
            let cache = ItemCache::default();
            // Each counts, though all of them are one here.
            let beside: Arc<str> = "x".repeat(long).into();
            let mut of_one = 0;
            for token in 1..40_000 {
                of_one = ByWeight.weight(&key(token), &keep(&cache, token, "{}", Arc::clone(&beside)));
            }
            let (kept, weight) = (cache.items.len(), cache.items.weight());
            assert!(of_one > long as u64 && weight == of_one * kept as u64, "{long}: {weight}");
            assert!((ROOM / 2..=ROOM).contains(&weight), "{long}: {kept} items, {weight} bytes");
        }
    }

    #[test]
    fn tokens_with_the_same_rights_have_them_once() {
        let cache: ItemCache<Option<Day>> = ItemCache::default();
        let of_bucket = |bucket: u64| format!(r#"{{"buckets":{{"in.c-{bucket}":"read"}}}}"#);
        let [first, other, same] = [(1, 1), (2, 2), (3, 1)]
            .map(|(token, bucket)| keep(&cache, token, &of_bucket(bucket), None))
            .map(|entry| Arc::clone(&entry.item.identity.permissions));
        assert!(Arc::ptr_eq(&first, &same) && !Arc::ptr_eq(&first, &other));
        assert_eq!(cache.rights.bytes(), weight::rights(&first) + weight::rights(&other));
        cache.clear();
        assert_eq!(cache.rights.bytes(), 0);
    }
}
