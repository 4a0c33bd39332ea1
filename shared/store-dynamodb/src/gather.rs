//! Batching: requests that wait at the same time are sent together.
//!
//! Up to [`SLOTS`] requests are in flight, and a request with a free slot is sent at once and alone: a lone
//! request is never delayed. Others wait together until a slot is free, a batch is full, or [`PATIENCE`] is
//! over, so that a slow slot delays nobody for long. A batch starts after each of its requests arrived: a
//! shared read is as fresh for each as its own would be.

use std::{
    future::Future,
    mem,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{runtime::Handle, sync::oneshot};

/// How many requests are in flight before others are batched.
const SLOTS: usize = 2;

/// How long a request waits for a slot.
const PATIENCE: Duration = Duration::from_millis(5);

/// Sends requests of one kind.
pub(super) trait BatchSender: Send + Sync + 'static {
    /// The request.
    type Load: Send + 'static;
    /// Its outcome.
    type Outcome: Send + 'static;
    /// The maximum size of a batch.
    const MOST: usize;

    /// Sends one request.
    fn alone(&self, load: Self::Load) -> impl Future<Output = Self::Outcome> + Send;

    /// Sends several; the outcomes are in the order of the requests.
    fn together(&self, loads: Vec<Self::Load>) -> impl Future<Output = Vec<Self::Outcome>> + Send;
}

/// The batches of requests of one kind.
pub(super) struct Gathering<C: BatchSender>(Arc<Inner<C>>);

struct Inner<C: BatchSender> {
    carrier: C,
    state: Mutex<State<C>>,
}

struct State<C: BatchSender> {
    under_way: usize,
    waiting: Vec<Waiting<C>>,
}

type Waiting<C> = (<C as BatchSender>::Load, oneshot::Sender<<C as BatchSender>::Outcome>);

impl<C: BatchSender> Gathering<C> {
    /// Starts with all slots free.
    pub(super) fn new(carrier: C) -> Self {
        let state = Mutex::new(State { under_way: 0, waiting: Vec::new() });
        Self(Arc::new(Inner { carrier, state }))
    }

    /// Sends a request, alone or in a batch. `None` if its batch was aborted.
    pub(super) async fn send(&self, load: C::Load) -> Option<C::Outcome> {
        let mut outcome = match self.enter(load) {
            Entered::Free(slot, load) => {
                let outcome = self.0.carrier.alone(load).await;
                drop(slot);
                return Some(outcome);
            }
            Entered::Waits(outcome) => outcome,
        };
        if let Ok(outcome) = tokio::time::timeout(PATIENCE, &mut outcome).await {
            return outcome.ok();
        }
        let waiting = mem::take(&mut self.0.lock().waiting);
        self.0.depart(waiting);
        outcome.await.ok()
    }

    fn enter(&self, load: C::Load) -> Entered<C> {
        let mut state = self.0.lock();
        if state.under_way < SLOTS {
            state.under_way += 1;
            return Entered::Free(Slot(Arc::clone(&self.0)), load);
        }
        let (sender, outcome) = oneshot::channel();
        state.waiting.push((load, sender));
        let full = if state.waiting.len() >= C::MOST { mem::take(&mut state.waiting) } else { Vec::new() };
        drop(state);
        self.0.depart(full);
        Entered::Waits(outcome)
    }
}

enum Entered<C: BatchSender> {
    Free(Slot<C>, C::Load),
    Waits(oneshot::Receiver<C::Outcome>),
}

impl<C: BatchSender> Inner<C> {
    fn lock(&self) -> std::sync::MutexGuard<'_, State<C>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends a batch, in its own task: a caller that hangs up must not stop the others.
    ///
    /// Called without the lock: a runtime that is shutting down drops the task at once, and with it the slot.
    /// Without a runtime, nobody waits for an outcome.
    fn depart(self: &Arc<Self>, waiting: Vec<Waiting<C>>) {
        let Some(runtime) = Handle::try_current().ok().filter(|_| !waiting.is_empty()) else { return };
        self.lock().under_way += 1;
        let slot = Slot(Arc::clone(self));
        runtime.spawn(async move {
            let (loads, senders): (Vec<_>, Vec<_>) = waiting.into_iter().unzip();
            let outcomes = slot.0.carrier.together(loads).await;
            // A caller that sends again after the outcome must find the slot free.
            drop(slot);
            for (sender, outcome) in senders.into_iter().zip(outcomes) {
                // The caller may have hung up.
                drop(sender.send(outcome));
            }
        });
    }
}

/// One request in flight. Dropping it sends those that wait, however it ended.
struct Slot<C: BatchSender>(Arc<Inner<C>>);

impl<C: BatchSender> Drop for Slot<C> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.under_way -= 1;
        let next = if state.under_way < SLOTS { mem::take(&mut state.waiting) } else { Vec::new() };
        drop(state);
        self.0.depart(next);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::future::join_all;

    use super::*;

    /// Takes a while for each request, and answers with the size of its batch.
    #[derive(Clone, Default)]
    struct Slow {
        requests: Arc<AtomicUsize>,
        millis: u64,
    }

    impl Slow {
        async fn travel(&self, loads: usize) -> usize {
            self.requests.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(Duration::from_millis(self.millis)).await;
            loads
        }
    }

    impl BatchSender for Slow {
        type Load = usize;
        type Outcome = (usize, usize);
        const MOST: usize = 10;

        async fn alone(&self, load: usize) -> (usize, usize) {
            (load, self.travel(1).await)
        }

        async fn together(&self, loads: Vec<usize>) -> Vec<(usize, usize)> {
            let travelled = self.travel(loads.len()).await;
            loads.into_iter().map(|load| (load, travelled)).collect()
        }
    }

    fn slow(millis: u64) -> (Gathering<Slow>, Arc<AtomicUsize>) {
        let slow = Slow { millis, ..Slow::default() };
        (Gathering::new(slow.clone()), slow.requests)
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_finds_a_free_lane_travels_alone_and_the_others_together() {
        let (gathering, requests) = slow(1);
        let outcomes = join_all((0..9).map(|load| gathering.send(load))).await;
        let expected = (0..9).map(|load| Some((load, if load < SLOTS { 1 } else { 9 - SLOTS })));
        assert_eq!(outcomes, expected.collect::<Vec<_>>());
        assert_eq!(requests.load(Ordering::Relaxed), SLOTS + 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_request_does_not_wait_and_carries_no_more_than_it_can() {
        let (gathering, requests) = slow(1);
        let outcomes = join_all((0..SLOTS + 25).map(|load| gathering.send(load))).await;
        let most = outcomes.iter().flatten().map(|(_, travelled)| *travelled).max();
        assert_eq!(most, Some(Slow::MOST));
        assert_eq!(requests.load(Ordering::Relaxed), SLOTS + 3);
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_lane_holds_up_nobody_for_longer_than_patience() {
        let (gathering, requests) = slow(60_000);
        let gathering = Arc::new(gathering);
        for load in 0..SLOTS {
            let stuck = Arc::clone(&gathering);
            tokio::spawn(async move { stuck.send(load).await });
        }
        tokio::task::yield_now().await;
        let waits = gathering.send(7);
        assert!(tokio::time::timeout(PATIENCE * 2, waits).await.is_err(), "it takes as long as the others");
        assert_eq!(requests.load(Ordering::Relaxed), SLOTS + 1, "it is under way");
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_hangs_up_does_not_stop_the_others() {
        let (gathering, _) = slow(3);
        let gathering = Arc::new(gathering);
        let slots: Vec<_> = (0..SLOTS)
            .map(|load| {
                let gathering = Arc::clone(&gathering);
                tokio::spawn(async move { gathering.send(load).await })
            })
            .collect();
        tokio::task::yield_now().await;
        let hangs_up = tokio::time::timeout(Duration::from_millis(1), gathering.send(7));
        let (left, stays) = tokio::join!(hangs_up, gathering.send(8));
        assert!(left.is_err());
        assert_eq!(stays, Some((8, 2)));
        slots.iter().for_each(tokio::task::JoinHandle::abort);
        assert_eq!(gathering.send(9).await, Some((9, 1)), "the slots are free again");
    }

    #[test]
    fn a_runtime_that_ends_while_some_wait_comes_to_its_end() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let gathering = Arc::new(slow(60_000).0);
        runtime.block_on(async {
            for load in 0..SLOTS + 3 {
                let gathering = Arc::clone(&gathering);
                tokio::spawn(async move { gathering.send(load).await });
            }
            tokio::task::yield_now().await;
        });
        drop(runtime);
        assert_eq!(gathering.0.lock().under_way, 0);
    }
}
