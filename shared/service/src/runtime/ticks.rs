//! The timer of connections: ticks of a second.
//!
//! Each request starts the timeout of the next one, and hardly any of them ends. A timer of the runtime is a registration
//! for each, so instead the deadline is noted on the connection, and each tick looks for those that have passed.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
    time::{Duration, Instant},
};

use hyper::rt::{Sleep, Timer};

/// The length of a tick.
pub(super) const TICK: Duration = Duration::from_secs(1);

/// A clock that stands still between two ticks.
#[derive(Debug)]
pub(super) struct Ticks {
    began: Instant,
    /// The milliseconds since then, at the last tick.
    now: AtomicU64,
}

/// The deadline of a connection, if it has one: in milliseconds of the clock, and 0 for none.
#[derive(Debug, Default)]
pub(super) struct Deadline(AtomicU64);

/// The timer of one connection, which has one deadline at a time.
#[derive(Debug, Clone)]
pub(super) struct HeadTimer {
    pub(super) ticks: Arc<Ticks>,
    pub(super) deadline: Arc<Deadline>,
}

struct Waiting {
    at: u64,
    timer: HeadTimer,
}

impl Ticks {
    pub(super) fn start() -> Arc<Self> {
        Arc::new(Self { began: Instant::now(), now: AtomicU64::new(0) })
    }

    /// Moves the clock on. Returns its time.
    pub(super) fn tick(&self) -> u64 {
        let now = millis(self.began.elapsed());
        self.now.store(now, Ordering::Relaxed);
        now
    }
}

impl Deadline {
    /// Whether it has passed. The connection is to be woken then.
    pub(super) fn has_passed(&self, now: u64) -> bool {
        (1..=now).contains(&self.0.load(Ordering::Acquire))
    }
}

impl Timer for HeadTimer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        self.sleep_until(self.now() + duration)
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn Sleep>> {
        // The clock is up to a tick behind, and nobody is cut off too early.
        let at = millis(deadline.saturating_duration_since(self.ticks.began) + TICK);
        Box::pin(Waiting { at, timer: self.clone() })
    }

    fn now(&self) -> Instant {
        self.ticks.began + Duration::from_millis(self.ticks.now.load(Ordering::Relaxed))
    }
}

impl Sleep for Waiting {}

impl Future for Waiting {
    type Output = ();

    /// Whoever moves the clock on wakes the task of the connection, which polls this.
    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        self.timer.deadline.0.store(self.at, Ordering::Release);
        if self.timer.ticks.now.load(Ordering::Relaxed) < self.at {
            return Poll::Pending;
        }
        Poll::Ready(())
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.timer.deadline.0.store(0, Ordering::Release);
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    fn timer(now: u64) -> HeadTimer {
        let ticks = Arc::new(Ticks { began: Instant::now(), now: AtomicU64::new(now) });
        HeadTimer { ticks, deadline: Arc::default() }
    }

    #[test]
    fn a_deadline_passes_a_tick_late_at_most_and_never_early() {
        let timer = timer(5_000);
        let mut sleep = timer.sleep(Duration::from_secs(2));
        for early in [5_000, 7_000, 7_999] {
            timer.ticks.now.store(early, Ordering::Relaxed);
            assert!(sleep.as_mut().now_or_never().is_none(), "{early}");
        }
        timer.ticks.now.store(8_000, Ordering::Relaxed);
        assert!(sleep.as_mut().now_or_never().is_some());
    }

    #[test]
    fn a_connection_has_a_deadline_while_it_waits() {
        let timer = timer(1);
        let mut sleep = timer.sleep(Duration::from_secs(1));
        assert!(!timer.deadline.has_passed(u64::MAX));
        assert!(sleep.as_mut().now_or_never().is_none());
        assert!(!timer.deadline.has_passed(2_000) && timer.deadline.has_passed(2_001));
        drop(sleep);
        assert!(!timer.deadline.has_passed(u64::MAX));
    }
}
