//! What the task of a connection is told by others.
//!
//! A task that is awake for a request looks at these as well, so they are bits of one number and one waker, not a future each.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU8, Ordering},
    },
    task::Waker,
};

/// What a connection is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Signal {
    /// Its answer is cut off, because its client reads it too slowly.
    CutOff = 1,
    /// It is closed if it is idle, because others need its place.
    Close = 2,
    /// The server ends: the running request is its last.
    End = 4,
}

/// The signals of a connection.
#[derive(Debug, Default)]
pub struct Signals {
    told: AtomicU8,
    waker: Mutex<Option<Waker>>,
}

impl Signals {
    /// Tells the connection.
    pub fn tell(&self, signal: Signal) {
        self.told.fetch_or(signal as u8, Ordering::AcqRel);
        self.wake();
    }

    /// Wakes the connection.
    pub fn wake(&self) {
        if let Some(waker) = &*self.waker.lock().unwrap_or_else(PoisonError::into_inner) {
            waker.wake_by_ref();
        }
    }

    /// Whether the connection was told this.
    pub fn is_told(&self, signal: Signal) -> bool {
        self.told.load(Ordering::Acquire) & signal as u8 != 0
    }

    /// Whether the connection was told this. Forgets it.
    pub fn take(&self, signal: Signal) -> bool {
        self.is_told(signal) && self.told.fetch_and(!(signal as u8), Ordering::AcqRel) & signal as u8 != 0
    }

    /// Sets the waker that is woken with each signal. To be set before looking at them.
    pub fn wakes(&self, waker: &Waker) {
        *self.waker.lock().unwrap_or_else(PoisonError::into_inner) = Some(waker.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_is_told_until_it_is_taken_and_others_stay() {
        let signals = Signals::default();
        assert!(!signals.take(Signal::Close));
        signals.tell(Signal::Close);
        signals.tell(Signal::End);
        assert!(signals.take(Signal::Close) && !signals.take(Signal::Close));
        assert!(signals.is_told(Signal::End) && !signals.is_told(Signal::CutOff));
    }
}
