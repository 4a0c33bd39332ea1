//! What this process knows of the guards and reservations of tokens, and which of them its commits check at the moment.
//!
//! All of it may be outdated: the conditions of the transactions decide.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, timeout_at},
};

use super::{
    heeds::{Heeds, LASTS, SKEW},
    item::{Item, number_of, text_of},
    key::Key,
};

/// How many guards a token has. A transaction that changes the token writes all of them, and may have 100 operations.
pub(super) const GUARDS: usize = 16;

/// The version of a token with guards. `None` for a token without guards, and for one that an earlier build, which knows of none,
/// has changed since it got them.
pub(super) fn guarded_version(verify: &Item) -> Option<u64> {
    number_of(verify, "guardsOf").filter(|version| number_of(verify, "version") == Some(*version))
}

/// Two conflicts at a token within this time give it guards.
const CROWDED: Duration = Duration::from_secs(1);

/// How often a process reads a reserved token, for all commits that wait.
pub(super) const LOOK_AGAIN: Duration = Duration::from_millis(25);

/// The most tokens that a process remembers. Beyond that it forgets all, and reads them again.
const REMEMBERED: usize = 4096;

/// The tokens that have guards, were reserved or had conflicts, by the partition key of their verify items.
#[derive(Debug, Default)]
pub(super) struct Guards(Mutex<HashMap<String, Known>>);

/// What is known of a token.
#[derive(Debug, Clone, Default)]
struct Known {
    is_guarded: bool,
    reserved_until: Option<i64>,
    last_conflict: Option<Instant>,
    last_look: Option<Instant>,
    lanes: Arc<Lanes>,
    raising: Arc<tokio::sync::Mutex<()>>,
}

impl Guards {
    /// Notes what an item says that was read.
    pub(super) fn note(&self, item: &Item) {
        let Some(partition) = text_of(item, "pk") else { return };
        let (is_guarded, reserved_until) =
            (guarded_version(item).is_some(), number_of(item, "reservedUntil"));
        let mut all = self.all();
        if let Some(known) = all.get_mut(partition) {
            known.is_guarded = is_guarded;
            known.reserved_until = reserved_until;
        } else if is_guarded || reserved_until.is_some() {
            remember(&mut all, partition, Known { is_guarded, reserved_until, ..Known::default() });
        }
    }

    /// Notes that a token has guards now, or none any more.
    pub(super) fn set(&self, key: &Key, is_guarded: bool) {
        if let Some(known) = self.all().get_mut(&key.pk) {
            known.is_guarded = is_guarded;
        }
    }

    /// Whether a token has guards.
    pub(super) fn is_guarded(&self, key: &Key) -> bool {
        self.all().get(&key.pk).is_some_and(|known| known.is_guarded)
    }

    /// Whether a token is reserved by others than this commit.
    pub(super) fn is_reserved(&self, key: &Key, heeds: &Heeds) -> bool {
        let reserved_until = self.all().get(&key.pk).and_then(|known| known.reserved_until);
        reserved_until.filter(|end| heeds.own(key) != Some(*end)).is_some_and(|end| {
            let now = heeds.now().millis();
            (now..=now + LASTS + SKEW).contains(&end)
        })
    }

    /// Whether to read a token again that is reserved: not if another commit of this process has done so lately.
    pub(super) fn is_due(&self, key: &Key) -> bool {
        let (now, mut all) = (Instant::now(), self.all());
        let Some(known) = all.get_mut(&key.pk) else { return true };
        let is_due = known.last_look.is_none_or(|last| now.duration_since(last) >= LOOK_AGAIN);
        if is_due {
            known.last_look = Some(now);
        }
        is_due
    }

    /// Notes a conflict at the verify item of a token; true if it was not the first one lately.
    pub(super) fn is_crowded(&self, key: &Key) -> bool {
        let (now, mut all) = (Instant::now(), self.all());
        if !all.contains_key(&key.pk) {
            remember(&mut all, &key.pk, Known::default());
        }
        let before = all.get_mut(&key.pk).and_then(|known| known.last_conflict.replace(now));
        before.is_some_and(|before| now.duration_since(before) < CROWDED)
    }

    /// Held while this process gives the token guards. `None` for a token without conflicts.
    pub(super) fn raising(&self, key: &Key) -> Option<Arc<tokio::sync::Mutex<()>>> {
        self.all().get(&key.pk).map(|known| Arc::clone(&known.raising))
    }

    /// A guard to check, from this one on, that no other commit of this process checks; any one if there is none until this time.
    /// `None` for a token without guards.
    pub(super) async fn lane(&self, key: &Key, first: usize, until: Instant) -> Option<Lane> {
        let lanes = {
            let all = self.all();
            all.get(&key.pk).filter(|known| known.is_guarded).map(|known| Arc::clone(&known.lanes))?
        };
        Some(lanes.take(first, until).await)
    }

    fn all(&self) -> MutexGuard<'_, HashMap<String, Known>> {
        locked(&self.0)
    }
}

fn remember(all: &mut HashMap<String, Known>, partition: &str, known: Known) {
    if all.len() >= REMEMBERED {
        all.clear();
    }
    all.insert(partition.to_owned(), known);
}

fn locked<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The guards of a token that commits of this process check.
#[derive(Debug)]
struct Lanes {
    free: Arc<Semaphore>,
    taken: Mutex<[bool; GUARDS]>,
}

impl Default for Lanes {
    fn default() -> Self {
        Self { free: Arc::new(Semaphore::new(GUARDS)), taken: Mutex::default() }
    }
}

impl Lanes {
    async fn take(self: Arc<Self>, first: usize, until: Instant) -> Lane {
        let waiting = timeout_at(until, Arc::clone(&self.free).acquire_owned());
        let Some(permit) = waiting.await.ok().and_then(Result::ok) else {
            return Lane { number: first % GUARDS, taken: None };
        };
        let number = {
            let mut taken = locked(&self.taken);
            let free = (first..first + GUARDS).map(|number| number % GUARDS).find(|number| !taken[*number]);
            let number = free.unwrap_or(first % GUARDS);
            taken[number] = true;
            number
        };
        Lane { number, taken: Some((self, permit)) }
    }
}

/// A guard that a commit checks, until it is dropped.
#[derive(Debug)]
pub(super) struct Lane {
    /// Its number, below [`GUARDS`].
    pub(super) number: usize,
    taken: Option<(Arc<Lanes>, OwnedSemaphorePermit)>,
}

impl Drop for Lane {
    fn drop(&mut self) {
        if let Some((lanes, permit)) = self.taken.take() {
            locked(&lanes.taken)[self.number] = false;
            drop(permit);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn commits_of_one_process_check_different_guards_and_wait_for_one_but_not_for_long() {
        let lanes = Arc::new(Lanes::default());
        let until = Instant::now() + Duration::from_secs(1);
        let mut taken = Vec::new();
        for _ in 0..GUARDS {
            taken.push(Arc::clone(&lanes).take(5, until).await);
        }
        let mut numbers: Vec<usize> = taken.iter().map(|lane| lane.number).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, (0..GUARDS).collect::<Vec<_>>());
        assert_eq!(Arc::clone(&lanes).take(21, until).await.number, 5);
        let freed = taken.swap_remove(3).number;
        assert_eq!(Arc::clone(&lanes).take(5, until).await.number, freed);
    }
}
