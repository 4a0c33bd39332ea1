//! Batching: requests that are made at the same time are sent together.
//!
//! Up to [`SLOTS`] batches are in flight, and a second one only if it is as large as the first: a few requests beside a large
//! batch are cheaper with those that follow them. With a free slot, the first request yields to the runtime as long as others
//! join it, and is then sent with them. A yield is a system call or two, so a request does not yield if the one before it
//! was alone until it was answered. Without a free slot, requests wait together until there is one, a batch is full, or [`PATIENCE`] is
//! over, so that a slow slot delays nobody for long. A batch starts after each of its requests arrived: a
//! shared read is as fresh for each as its own would be.

use std::{
    future::Future,
    mem,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{runtime::Handle, sync::oneshot, task::yield_now};

/// How many batches are in flight before others wait.
const SLOTS: usize = 2;

/// How long a request waits for a slot.
const PATIENCE: Duration = Duration::from_millis(5);

/// How often the first request yields at most, however many join it meanwhile.
const YIELDS: usize = 8;

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
    /// How many requests the batches under way have, in all.
    loads_under_way: usize,
    waiting: Vec<Waiting<C>>,
    /// Whether the first of those that wait is yielding, and will send them.
    is_gathering: bool,
    /// How often those that waited were sent.
    round: u64,
    /// Whether the last request was alone from its beginning to its outcome, as far as it has come.
    is_lone: bool,
}

type Waiting<C> = (<C as BatchSender>::Load, oneshot::Sender<<C as BatchSender>::Outcome>);

impl<C: BatchSender> State<C> {
    /// Whether there is a slot for those that wait.
    fn has_slot(&self) -> bool {
        self.under_way == 0 || self.under_way < SLOTS && self.waiting.len() >= self.loads_under_way
    }

    /// Occupies a slot.
    fn occupy(&mut self, inner: &Arc<Inner<C>>, loads: usize) -> Slot<C> {
        self.under_way += 1;
        self.loads_under_way += loads;
        Slot { inner: Arc::clone(inner), loads }
    }

    /// Takes those that wait, to send them.
    fn take(&mut self) -> Vec<Waiting<C>> {
        self.is_gathering = false;
        self.round += 1;
        mem::take(&mut self.waiting)
    }
}

impl<C: BatchSender> Gathering<C> {
    /// Starts with all slots free.
    pub(super) fn new(carrier: C) -> Self {
        let state = State {
            under_way: 0,
            loads_under_way: 0,
            waiting: Vec::new(),
            is_gathering: false,
            round: 0,
            is_lone: false,
        };
        Self(Arc::new(Inner { carrier, state: Mutex::new(state) }))
    }

    /// Sends a request, alone or in a batch. `None` if its batch was aborted.
    pub(super) async fn send(&self, load: C::Load) -> Option<C::Outcome> {
        if let Some(slot) = self.lone_slot() {
            let outcome = self.0.carrier.alone(load).await;
            drop(slot);
            return Some(outcome);
        }
        let (first, mut outcome) = self.enter(load);
        if let Some(first) = first {
            first.wait_for_others().await;
            if let Some((slot, load)) = first.depart() {
                let outcome = self.0.carrier.alone(load).await;
                drop(slot);
                return Some(outcome);
            }
        }
        if let Ok(outcome) = tokio::time::timeout(PATIENCE, &mut outcome).await {
            return outcome.ok();
        }
        let waiting = self.0.lock().take();
        self.0.depart(waiting);
        outcome.await.ok()
    }

    /// A slot for a request that need not wait for others, since requests come one after the other.
    fn lone_slot(&self) -> Option<Slot<C>> {
        let mut state = self.0.lock();
        state.is_lone &= state.under_way == 0 && state.waiting.is_empty();
        if !state.is_lone {
            return None;
        }
        Some(state.occupy(&self.0, 1))
    }

    /// Adds a request to those that wait. The first of them, if it finds a free slot, has to send them.
    fn enter(&self, load: C::Load) -> (Option<First<'_, C>>, oneshot::Receiver<C::Outcome>) {
        let (sender, outcome) = oneshot::channel();
        let mut state = self.0.lock();
        state.waiting.push((load, sender));
        let full = if state.waiting.len() >= C::MOST { state.take() } else { Vec::new() };
        let is_first = full.is_empty() && !state.is_gathering && state.has_slot();
        state.is_gathering |= is_first;
        let round = state.round;
        drop(state);
        self.0.depart(full);
        (is_first.then(|| First { inner: &self.0, round }), outcome)
    }
}

/// The first request of a batch, which has to send it. Dropping it sends the batch as it is, also when the caller hangs up.
struct First<'a, C: BatchSender> {
    inner: &'a Arc<Inner<C>>,
    round: u64,
}

impl<C: BatchSender> First<'_, C> {
    /// Yields as long as others join.
    async fn wait_for_others(&self) {
        let mut joined = 1;
        for _ in 0..YIELDS {
            yield_now().await;
            let now = self.inner.lock().waiting.len();
            if now <= joined {
                return;
            }
            joined = now;
        }
    }

    /// Sends the batch, unless it was sent already. A lone request is returned with its slot.
    fn depart(self) -> Option<(Slot<C>, C::Load)> {
        let mut state = self.inner.lock();
        if state.round != self.round || !state.has_slot() || state.waiting.len() != 1 {
            return None;
        }
        state.is_lone = state.under_way == 0;
        let (load, _) = state.take().pop()?;
        Some((state.occupy(self.inner, 1), load))
    }
}

impl<C: BatchSender> Drop for First<'_, C> {
    fn drop(&mut self) {
        let mut state = self.inner.lock();
        if state.round != self.round {
            return;
        }
        // Without a free slot, the next one that is free takes them.
        state.is_gathering = false;
        let batch = if state.has_slot() { state.take() } else { Vec::new() };
        drop(state);
        self.inner.depart(batch);
    }
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
        let slot = self.lock().occupy(self, waiting.len());
        runtime.spawn(async move {
            let (loads, senders): (Vec<_>, Vec<_>) = waiting.into_iter().unzip();
            let outcomes = slot.inner.carrier.together(loads).await;
            // A caller that sends again after the outcome must find the slot free.
            drop(slot);
            for (sender, outcome) in senders.into_iter().zip(outcomes) {
                // The caller may have hung up.
                drop(sender.send(outcome));
            }
        });
    }
}

/// One batch in flight. Dropping it sends those that wait, however it ended.
struct Slot<C: BatchSender> {
    inner: Arc<Inner<C>>,
    loads: usize,
}

impl<C: BatchSender> Drop for Slot<C> {
    fn drop(&mut self) {
        let mut state = self.inner.lock();
        state.under_way -= 1;
        state.loads_under_way -= self.loads;
        // The first request sends those that it gathers.
        let next = if state.has_slot() && !state.is_gathering { state.take() } else { Vec::new() };
        drop(state);
        self.inner.depart(next);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::future::join_all;
    use tokio::task::JoinHandle;

    use super::*;

    /// Takes a while for each request, and answers with the size of its batch.
    #[derive(Clone, Default)]
    struct Slow {
        requests: Arc<AtomicUsize>,
        millis: u64,
    }

    impl Slow {
        async fn take(&self, loads: usize) -> usize {
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
            (load, self.take(1).await)
        }

        async fn together(&self, loads: Vec<usize>) -> Vec<(usize, usize)> {
            let sent_with = self.take(loads.len()).await;
            loads.into_iter().map(|load| (load, sent_with)).collect()
        }
    }

    /// Has a request under way in each slot.
    async fn occupied(
        gathering: &Arc<Gathering<Slow>>,
        requests: &AtomicUsize,
    ) -> Vec<JoinHandle<Option<(usize, usize)>>> {
        let mut senders = Vec::new();
        for load in 0..SLOTS {
            let gathering = Arc::clone(gathering);
            senders.push(tokio::spawn(async move { gathering.send(load).await }));
            while requests.load(Ordering::Relaxed) <= load {
                yield_now().await;
            }
        }
        senders
    }

    fn slow(millis: u64) -> (Gathering<Slow>, Arc<AtomicUsize>) {
        let slow = Slow { millis, ..Slow::default() };
        (Gathering::new(slow.clone()), slow.requests)
    }

    #[tokio::test(start_paused = true)]
    async fn loads_that_come_at_once_are_sent_in_one_batch_and_a_lone_one_alone() {
        let (gathering, requests) = slow(1);
        let outcomes = join_all((0..9).map(|load| gathering.send(load))).await;
        assert_eq!(outcomes, (0..9).map(|load| Some((load, 9))).collect::<Vec<_>>());
        assert_eq!(requests.load(Ordering::Relaxed), 1);
        assert_eq!(gathering.send(9).await, Some((9, 1)));
    }

    #[tokio::test(start_paused = true)]
    async fn requests_one_after_the_other_do_not_yield_and_those_at_once_after_them_join_each_other() {
        let (gathering, requests) = slow(1);
        let is_sent_at_once = async |load: usize| {
            let before = requests.load(Ordering::Relaxed);
            let mut sent = std::pin::pin!(gathering.send(load));
            assert!(futures_util::poll!(&mut sent).is_pending());
            let is_sent = requests.load(Ordering::Relaxed) > before;
            assert_eq!(sent.await, Some((load, 1)));
            is_sent
        };
        assert!(!is_sent_at_once(0).await, "others may come");
        for load in 1..4 {
            assert!(is_sent_at_once(load).await);
        }
        for sent_with in [[1, 8, 8, 8, 8, 8, 8, 8, 8], [9; 9]] {
            let outcomes = join_all((0..9).map(|load| gathering.send(load))).await;
            let expected: Vec<_> = sent_with.into_iter().enumerate().map(Some).collect();
            assert_eq!(outcomes, expected);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn so_many_loads_at_once_are_no_more_requests_than_full_batches() {
        for loads in [1, 2, 9, 10, 11, 25, 64, 100] {
            let (gathering, requests) = slow(1);
            let outcomes = join_all((0..loads).map(|load| gathering.send(load))).await;
            let most = outcomes.iter().flatten().map(|(_, sent_with)| *sent_with).max();
            assert_eq!(most, Some(loads.min(Slow::MOST)));
            assert_eq!(requests.load(Ordering::Relaxed), loads.div_ceil(Slow::MOST), "{loads} at once");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn those_that_come_while_others_gather_join_them() {
        let (gathering, requests) = slow(1);
        // Each comes a turn later than the one before, whose turn begins later.
        let comes = async |load: usize| {
            for _ in 0..load {
                yield_now().await;
            }
            gathering.send(load).await
        };
        let outcomes = join_all((0..4).rev().map(comes)).await;
        assert_eq!(outcomes, (0..4).rev().map(|load| Some((load, 4))).collect::<Vec<_>>());
        assert_eq!(requests.load(Ordering::Relaxed), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn loads_that_find_no_slot_are_sent_in_one_batch_when_one_is_free() {
        let (gathering, requests) = slow(1);
        let gathering = Arc::new(gathering);
        occupied(&gathering, &requests).await;
        let outcomes = join_all((SLOTS..9).map(|load| gathering.send(load))).await;
        assert_eq!(outcomes, (SLOTS..9).map(|load| Some((load, 9 - SLOTS))).collect::<Vec<_>>());
        assert_eq!(requests.load(Ordering::Relaxed), SLOTS + 1);
    }

    #[tokio::test(start_paused = true)]
    async fn few_loads_wait_for_a_larger_batch_and_as_many_do_not() {
        for (loads, requests_before_an_outcome, sent_with) in [(8, 1, 8), (9, 2, 9)] {
            let (gathering, requests) = slow(1);
            let gathering = Arc::new(gathering);
            let large = tokio::spawn({
                let gathering = Arc::clone(&gathering);
                async move { join_all((0..9).map(|load| gathering.send(load))).await }
            });
            while requests.load(Ordering::Relaxed) == 0 {
                yield_now().await;
            }
            let mut more = std::pin::pin!(join_all((0..loads).map(|load| gathering.send(load))));
            for _ in 0..2 * YIELDS {
                assert!(futures_util::poll!(&mut more).is_pending());
                yield_now().await;
            }
            assert_eq!(requests.load(Ordering::Relaxed), requests_before_an_outcome, "{loads}");
            assert!(!large.is_finished());
            assert_eq!(more.await, (0..loads).map(|load| Some((load, sent_with))).collect::<Vec<_>>());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_batch_that_was_answered_keeps_nobody_waiting() {
        let (gathering, requests) = slow(1);
        let gathering = Arc::new(gathering);
        join_all((0..9).map(|load| gathering.send(load))).await;
        for sent in 1..=SLOTS {
            let gathering = Arc::clone(&gathering);
            tokio::spawn(async move { gathering.send(0).await });
            for _ in 0..2 * YIELDS {
                yield_now().await;
            }
            assert_eq!(requests.load(Ordering::Relaxed), 1 + sent);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_request_delays_no_load_for_longer_than_the_limit() {
        let (gathering, requests) = slow(60_000);
        let gathering = Arc::new(gathering);
        occupied(&gathering, &requests).await;
        let waits = gathering.send(7);
        assert!(tokio::time::timeout(PATIENCE * 2, waits).await.is_err(), "it takes as long as the others");
        assert_eq!(requests.load(Ordering::Relaxed), SLOTS + 1, "it is under way");
    }

    #[tokio::test(start_paused = true)]
    async fn a_caller_that_hangs_up_does_not_stop_the_others() {
        let (gathering, requests) = slow(3);
        let gathering = Arc::new(gathering);
        let slots = occupied(&gathering, &requests).await;
        let hangs_up = tokio::time::timeout(Duration::from_millis(1), gathering.send(7));
        let (left, stays) = tokio::join!(hangs_up, gathering.send(8));
        assert!(left.is_err());
        assert_eq!(stays, Some((8, 2)));
        slots.iter().for_each(JoinHandle::abort);
        assert_eq!(gathering.send(9).await, Some((9, 1)), "the slots are free again");
    }

    #[tokio::test(start_paused = true)]
    async fn a_first_caller_that_hangs_up_while_others_join_does_not_stop_them() {
        let (gathering, requests) = slow(3);
        let gathering = Arc::new(gathering);
        let first = tokio::spawn({
            let gathering = Arc::clone(&gathering);
            async move { gathering.send(7).await }
        });
        while gathering.0.lock().waiting.is_empty() {
            yield_now().await;
        }
        first.abort();
        assert_eq!(gathering.send(8).await, Some((8, 2)));
        assert_eq!(requests.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn a_runtime_that_ends_while_some_wait_comes_to_its_end() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let (gathering, requests) = slow(60_000);
        let gathering = Arc::new(gathering);
        runtime.block_on(async {
            occupied(&gathering, &requests).await;
            for load in 0..3 {
                let gathering = Arc::clone(&gathering);
                tokio::spawn(async move { gathering.send(load).await });
            }
            yield_now().await;
        });
        drop(runtime);
        assert_eq!(gathering.0.lock().under_way, 0);
    }
}
