//! A pool of values that many tokens have in common: equal ones are kept once.

use std::{
    collections::HashMap,
    fmt,
    hash::{BuildHasher as _, Hash, RandomState},
    ops::Deref,
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicUsize, Ordering},
    },
};

/// The least number of values after which those that nobody holds any more are looked for.
const LEAST_PURGED: usize = 1024;

/// A pool of values, up to a number of bytes. It holds none of them itself.
pub struct Pool<T> {
    most: usize,
    bytes: Arc<AtomicUsize>,
    hasher: RandomState,
    known: Mutex<Known<T>>,
}

struct Known<T> {
    values: HashMap<u64, Weak<Counted<T>>>,
    /// The number of values at which the dead ones are looked for.
    purge_at: usize,
}

/// A value of a pool, which counts against its bytes as long as anybody holds it.
pub struct Pooled<T>(Arc<Counted<T>>);

struct Counted<T> {
    value: T,
    bytes: usize,
    all: Arc<AtomicUsize>,
}

impl<T: Hash + Eq> Pool<T> {
    /// An empty pool for this many bytes.
    pub fn new(most: usize) -> Self {
        let known = Mutex::new(Known { values: HashMap::new(), purge_at: LEAST_PURGED });
        Self { most, bytes: Arc::default(), hasher: RandomState::new(), known }
    }

    /// The value of the pool that equals this one, which takes `bytes` of memory. `None` if it would be a new one, and the
    /// pool is full.
    pub fn share(&self, value: T, bytes: usize) -> Option<Pooled<T>> {
        let hash = self.hasher.hash_one(&value);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let equal = known.values.get(&hash).and_then(Weak::upgrade).filter(|found| found.value == value);
        if let Some(found) = equal {
            return Some(Pooled(found));
        }
        // Each insertion holds the lock, so that no two of them exceed the limit together.
        if self.bytes.load(Ordering::Relaxed) + bytes > self.most {
            return None;
        }
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        let counted = Arc::new(Counted { value, bytes, all: Arc::clone(&self.bytes) });
        if known.values.len() >= known.purge_at {
            known.values.retain(|_, value| value.strong_count() > 0);
            known.purge_at = LEAST_PURGED.max(2 * known.values.len());
        }
        known.values.insert(hash, Arc::downgrade(&counted));
        Some(Pooled(counted))
    }

    /// The bytes of all values that somebody holds.
    pub fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }
}

impl<T> Deref for Pooled<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0.value
    }
}

impl<T> Clone for Pooled<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Drop for Counted<T> {
    fn drop(&mut self) {
        self.all.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

impl<T: fmt::Debug> fmt::Debug for Pooled<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.value.fmt(f)
    }
}

impl<T> fmt::Debug for Pool<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("bytes", &self.bytes).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_are_kept_once_as_long_as_anybody_holds_them() {
        let pool = Pool::new(10);
        let (one, same) = (pool.share("a", 6).unwrap(), pool.share("a", 6).unwrap());
        assert!(Arc::ptr_eq(&one.0, &same.0));
        assert_eq!(pool.bytes(), 6);
        drop(one);
        assert_eq!(pool.bytes(), 6);
        drop(same);
        assert_eq!(pool.bytes(), 0);
    }

    #[test]
    fn a_full_pool_takes_no_new_value_until_others_are_gone() {
        let pool = Pool::new(10);
        let first = pool.share("a", 6).unwrap();
        assert!(pool.share("b", 6).is_none());
        assert!(pool.share("a", 6).is_some(), "it has that one already");
        drop(first);
        assert!(pool.share("b", 6).is_some());
    }

    #[test]
    fn what_is_known_of_values_that_are_gone_is_bounded() {
        let pool = Pool::new(10);
        for number in 0..10 * LEAST_PURGED {
            pool.share(number, 1).unwrap();
        }
        assert!(pool.known.lock().unwrap().values.len() <= LEAST_PURGED);
    }
}
