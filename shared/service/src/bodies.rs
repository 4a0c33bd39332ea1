//! How many bytes of bodies there are at once.
//!
//! A body is held from its first byte until its request is answered. Many that come slowly would fill the memory long before
//! any of them is worked on; so there is room for so many bytes, and the body that has been coming longest makes room.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jeton_core::Error;
use tokio::sync::Notify;

/// The most bytes of bodies at once.
const MOST: usize = 64 * 1024 * 1024;

/// Room for bodies.
#[derive(Debug)]
pub struct Bodies {
    most: usize,
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    next: u64,
    bytes: usize,
    /// In the order in which they began.
    bodies: BTreeMap<u64, Holding>,
}

#[derive(Debug)]
struct Holding {
    bytes: usize,
    comes: bool,
    cut_off: Arc<Notify>,
}

/// The room of one body, until it is dropped.
#[derive(Debug)]
pub struct BodyRoom<'a> {
    id: u64,
    bodies: &'a Bodies,
    cut_off: Arc<Notify>,
}

impl Bodies {
    /// Room for so many bytes.
    pub fn new(most: usize) -> Self {
        Self { most, held: Mutex::default() }
    }

    /// Room for a body that begins to come.
    pub fn begin(&self) -> BodyRoom<'_> {
        let cut_off = Arc::new(Notify::new());
        let mut held = self.held();
        held.next += 1;
        let id = held.next;
        held.bodies.insert(id, Holding { bytes: 0, comes: true, cut_off: Arc::clone(&cut_off) });
        BodyRoom { id, bodies: self, cut_off }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Bodies {
    fn default() -> Self {
        Self::new(MOST)
    }
}

impl BodyRoom<'_> {
    /// Takes room for more bytes of this body. Where there is none, bodies are cut off that have been coming for longer.
    ///
    /// Errors: [`Error::Overloaded`] when it was cut off itself, or when no other has been coming for longer.
    pub fn take(&self, bytes: usize) -> Result<(), Error> {
        let mut held = self.bodies.held();
        while held.bytes + bytes > self.bodies.most {
            let oldest = held.bodies.iter().find(|(_, body)| body.comes && body.bytes > 0).map(|(id, _)| *id);
            let oldest = oldest.filter(|id| *id < self.id).ok_or(Error::Overloaded)?;
            if let Some(body) = held.bodies.remove(&oldest) {
                held.bytes -= body.bytes;
                body.cut_off.notify_one();
            }
        }
        held.bodies.get_mut(&self.id).ok_or(Error::Overloaded)?.bytes += bytes;
        held.bytes += bytes;
        Ok(())
    }

    /// Waits until it is cut off.
    pub async fn cut_off(&self) {
        self.cut_off.notified().await;
    }

    /// Says that all of it is there: from now on it is worked on, and not cut off.
    ///
    /// Errors: [`Error::Overloaded`] when it was cut off before.
    pub fn came(&self) -> Result<(), Error> {
        self.bodies.held().bodies.get_mut(&self.id).ok_or(Error::Overloaded)?.comes = false;
        Ok(())
    }
}

impl Drop for BodyRoom<'_> {
    fn drop(&mut self) {
        let mut held = self.bodies.held();
        if let Some(body) = held.bodies.remove(&self.id) {
            held.bytes -= body.bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[test]
    fn the_body_that_has_been_coming_longest_makes_room() {
        let bodies = Bodies::new(100);
        let (first, second) = (bodies.begin(), bodies.begin());
        first.take(60).unwrap();
        second.take(40).unwrap();
        let third = bodies.begin();
        third.take(50).unwrap();
        assert!(first.cut_off().now_or_never().is_some() && second.cut_off().now_or_never().is_none());
        assert!(matches!(first.take(1), Err(Error::Overloaded)) && first.came().is_err());
        assert!(matches!(second.take(20), Err(Error::Overloaded)), "no other has been coming for longer");
        drop(second);
        third.take(50).unwrap();
    }

    #[test]
    fn what_is_there_is_worked_on_and_its_bytes_are_free_afterwards() {
        let bodies = Bodies::new(100);
        let whole = bodies.begin();
        whole.take(100).unwrap();
        whole.came().unwrap();
        let next = bodies.begin();
        assert!(matches!(next.take(1), Err(Error::Overloaded)));
        assert!(whole.cut_off().now_or_never().is_none());
        drop(whole);
        next.take(100).unwrap();
        drop(next);
        let held = bodies.held();
        assert_eq!((held.bytes, held.bodies.len()), (0, 0));
    }
}
