//! The memory limit of request bodies.
//!
//! A body is held from its first byte until the request is answered. Many slow ones would fill the memory, so their
//! total size is limited. At the limit, the body that has been arriving for longest is cut off.

use std::{
    collections::BTreeMap,
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jeton_core::Error;
use tokio::sync::Notify;

/// The total size of bodies, in bytes.
const MOST: usize = 64 * 1024 * 1024;

/// The memory limit of bodies.
#[derive(Debug)]
pub struct Bodies {
    most: usize,
    held: Mutex<Held>,
    gone: Notify,
}

#[derive(Debug, Default)]
struct Held {
    next: u64,
    /// The memory of all bodies, complete ones too; and the part of it that cut-off bodies still use.
    bytes: usize,
    leaving: usize,
    /// The arriving bodies, oldest first.
    bodies: BTreeMap<u64, Holding>,
}

#[derive(Debug)]
struct Holding {
    bytes: usize,
    state: State,
    cut_off: Arc<Notify>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// It is arriving.
    Comes,
    /// It is being cut off.
    Leaves,
}

/// The reservation of a complete body, until it is dropped. It is not cut off.
#[derive(Debug)]
pub struct WholeBody<'a> {
    bytes: usize,
    bodies: &'a Bodies,
}

/// The reservation of an arriving body, until it is dropped.
#[derive(Debug)]
pub struct BodyRoom<'a> {
    id: u64,
    bodies: &'a Bodies,
    cut_off: Arc<Notify>,
}

impl Bodies {
    /// A limit of this many bytes.
    pub fn new(most: usize) -> Self {
        Self { most, held: Mutex::default(), gone: Notify::new() }
    }

    /// Registers a new body.
    pub fn begin(&self) -> BodyRoom<'_> {
        let cut_off = Arc::new(Notify::new());
        let mut held = self.held();
        held.next += 1;
        let id = held.next;
        held.bodies.insert(id, Holding { bytes: 0, state: State::Comes, cut_off: Arc::clone(&cut_off) });
        BodyRoom { id, bodies: self, cut_off }
    }

    /// Reserves memory for a complete body; none if others would have to be cut off for it.
    pub fn whole(&self, bytes: usize) -> Option<WholeBody<'_>> {
        let mut held = self.held();
        if held.bytes + bytes > self.most {
            return None;
        }
        held.bytes += bytes;
        Some(WholeBody { bytes, bodies: self })
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

impl Held {
    /// Sets the size of a body; false while cut-off bodies still use the memory.
    fn takes(&mut self, id: u64, bytes: usize, most: usize) -> Result<bool, Error> {
        let body =
            self.bodies.get(&id).filter(|body| body.state != State::Leaves).ok_or(Error::Overloaded)?;
        let more = bytes.saturating_sub(body.bytes);
        while self.bytes - self.leaving + more > most {
            let comes = |body: &Holding| body.state == State::Comes && body.bytes > 0;
            let oldest = self.bodies.range_mut(..id).find(|(_, body)| comes(body));
            let (_, oldest) = oldest.ok_or(Error::Overloaded)?;
            oldest.state = State::Leaves;
            oldest.cut_off.notify_one();
            self.leaving += oldest.bytes;
        }
        if self.bytes + more > most {
            return Ok(false);
        }
        self.bytes += more;
        if let Some(body) = self.bodies.get_mut(&id) {
            body.bytes += more;
        }
        Ok(true)
    }
}

impl<'a> BodyRoom<'a> {
    /// Grows this body to a size. At the limit, cuts off older bodies and waits for their memory.
    ///
    /// Errors: [`Error::Overloaded`] if it was cut off itself, or is the oldest one.
    pub async fn hold(&self, bytes: usize) -> Result<(), Error> {
        let mut cut_off = pin!(self.cut_off());
        loop {
            // Registered before the check, so that no change is missed.
            let mut gone = pin!(self.bodies.gone.notified());
            gone.as_mut().enable();
            if self.bodies.held().takes(self.id, bytes, self.bodies.most)? {
                return Ok(());
            }
            tokio::select! {
                () = gone => {}
                () = &mut cut_off => return Err(Error::Overloaded),
            }
        }
    }

    /// Waits until it is cut off.
    pub async fn cut_off(&self) {
        self.cut_off.notified().await;
    }

    /// Marks it as complete. It is not cut off any more.
    ///
    /// Errors: [`Error::Overloaded`] if it was cut off before.
    pub fn came(self) -> Result<WholeBody<'a>, Error> {
        let mut held = self.bodies.held();
        let comes = |body: &Holding| body.state == State::Comes;
        if !held.bodies.get(&self.id).is_some_and(comes) {
            return Err(Error::Overloaded);
        }
        let bytes = held.bodies.remove(&self.id).map_or(0, |body| body.bytes);
        Ok(WholeBody { bytes, bodies: self.bodies })
    }
}

impl Drop for WholeBody<'_> {
    fn drop(&mut self) {
        self.bodies.held().bytes -= self.bytes;
        self.bodies.gone.notify_waiters();
    }
}

impl Drop for BodyRoom<'_> {
    fn drop(&mut self) {
        let mut held = self.bodies.held();
        if let Some(body) = held.bodies.remove(&self.id) {
            held.bytes -= body.bytes;
            if body.state == State::Leaves {
                held.leaving -= body.bytes;
            }
        }
        drop(held);
        self.bodies.gone.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    fn hold(room: &BodyRoom<'_>, bytes: usize) -> Option<Result<(), Error>> {
        room.hold(bytes).now_or_never()
    }

    #[test]
    fn the_body_that_has_been_coming_longest_makes_room_once_it_is_gone() {
        let bodies = Bodies::new(100);
        let (first, second) = (bodies.begin(), bodies.begin());
        assert!(matches!((hold(&first, 60), hold(&second, 40)), (Some(Ok(())), Some(Ok(())))));
        let third = bodies.begin();
        assert!(hold(&third, 50).is_none(), "the first is cut off, and still there");
        assert!(matches!(hold(&first, 61), Some(Err(Error::Overloaded))));
        assert!(first.cut_off().now_or_never().is_some() && second.cut_off().now_or_never().is_none());
        assert!(first.came().is_err(), "what was cut off is not worked on");
        assert!(matches!(hold(&third, 50), Some(Ok(()))));
        assert!(
            matches!(hold(&second, 60), Some(Err(Error::Overloaded))),
            "no other has been coming for longer"
        );
        drop(second);
        assert!(matches!(hold(&third, 100), Some(Ok(()))));
    }

    #[test]
    fn what_is_there_is_worked_on_and_its_bytes_are_free_afterwards() {
        let bodies = Bodies::new(100);
        let whole = bodies.begin();
        assert!(matches!(hold(&whole, 100), Some(Ok(()))));
        let whole = whole.came().unwrap();
        let next = bodies.begin();
        assert!(matches!(hold(&next, 1), Some(Err(Error::Overloaded))));
        drop(whole);
        assert!(matches!(hold(&next, 100), Some(Ok(()))));
        assert!(bodies.whole(1).is_none(), "it makes nobody leave");
        drop(next);
        let whole = bodies.whole(100).unwrap();
        assert!(matches!(hold(&bodies.begin(), 1), Some(Err(Error::Overloaded))));
        drop(whole);
        let held = bodies.held();
        assert_eq!((held.bytes, held.leaving, held.bodies.len()), (0, 0, 0));
    }
}
