//! A table of DynamoDB in simulated time: what is stored is in a file of SQLite, and each call takes as long as it would there.

use std::{
    collections::BTreeSet,
    future::Future,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use jeton_core::{
    event::{Event, EventPage, EventRange, Feed, Order, WrittenEvent},
    id::{ProjectId, TokenId},
    seal::{Delivered, Digest, Seal, SignedHead, SignedProgress, Unreadable},
    store::{HistoryStore, Maintenance, Store, TokenPage, Unavailable},
    time::{Day, Timestamp},
};
use tokio::{runtime::Handle, sync::Mutex as Turn, task, time::sleep};
use uuid::Uuid;

/// What a call costs, as arguments of the simulation.
#[derive(Debug, Clone, Copy)]
pub struct Costs {
    /// The way to the table and back.
    pub read: Duration,
    /// The same of a write, which is stored at three places first.
    pub write: Duration,
    /// How many units of 4 KB a partition lets a caller read in a second.
    pub units: u32,
    /// How many seals are written in the time of a write.
    pub writes_at_once: u32,
    /// How long a function takes to parse and digest an event. It has one processor.
    pub event: Duration,
}

/// The limits of DynamoDB, and its usual latencies within a region.
pub const COSTS: Costs = Costs {
    read: Duration::from_millis(5),
    write: Duration::from_millis(10),
    units: 3000,
    writes_at_once: 16,
    event: Duration::from_micros(50),
};

/// The calls so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Calls {
    /// Pages of feeds.
    pub pages: usize,
    /// The events in them.
    pub events: usize,
    /// Pages of tokens.
    pub lists: usize,
    /// Single items, and lists of seals.
    pub others: usize,
    /// Seals that were written.
    pub seals: usize,
    /// How often the progress was written.
    pub notes: usize,
}

pub struct Table {
    pub(super) inner: Arc<dyn Store>,
    calls: Mutex<Calls>,
    /// The one processor of the function.
    processor: Turn<()>,
}

impl Table {
    pub fn on(inner: Arc<dyn Store>) -> Self {
        Self { inner, calls: Mutex::default(), processor: Turn::default() }
    }

    pub fn calls(&self) -> Calls {
        *self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count(&self, count: impl FnOnce(&mut Calls)) {
        count(&mut self.calls.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// A read of so many bytes, all of one partition.
    async fn took(&self, bytes: usize) {
        let units = u32::try_from(bytes.div_ceil(4096)).unwrap();
        sleep(COSTS.read + Duration::from_secs(1) * units / COSTS.units).await;
    }

    pub(super) async fn one<T>(&self, read: impl Future<Output = T>) -> T {
        let read = read.await;
        self.count(|calls| calls.others += 1);
        sleep(COSTS.read).await;
        read
    }

    /// A write, on a thread for blocking: simulated time stands still until it ends.
    async fn write<T: Send + 'static>(
        &self,
        times: u32,
        write: impl FnOnce(Arc<dyn Store>) -> std::pin::Pin<Box<dyn Future<Output = T> + Send>> + Send + 'static,
    ) -> T {
        let inner = Arc::clone(&self.inner);
        let written = task::spawn_blocking(move || Handle::current().block_on(write(inner))).await.unwrap();
        sleep(COSTS.write * times).await;
        written
    }

    pub(super) async fn tokens_of(
        &self,
        project: ProjectId,
        after: Option<TokenId>,
        order: Order,
        (limit, bytes): (usize, usize),
    ) -> Result<TokenPage, Unavailable> {
        let page = self.inner.tokens(project, after, order, limit, bytes).await?;
        self.count(|calls| calls.lists += 1);
        self.took(page.bytes).await;
        Ok(page)
    }
}

#[async_trait]
impl HistoryStore for Table {
    async fn append_written(&self, _: WrittenEvent, _: u32) -> Result<(), Unavailable> {
        unreachable!("sealing adds no event")
    }

    async fn event(&self, _: &Feed, _: Uuid) -> Result<Option<Event>, Unavailable> {
        unreachable!("sealing reads pages")
    }

    async fn events(&self, feed: &Feed, range: EventRange) -> Result<EventPage, Unavailable> {
        let page = self.inner.events(feed, range).await?;
        let events = page.events.len();
        self.count(|calls| (calls.pages, calls.events) = (calls.pages + 1, calls.events + events));
        self.took(page.bytes).await;
        let _turn = self.processor.lock().await;
        sleep(COSTS.event * u32::try_from(events).unwrap()).await;
        Ok(page)
    }

    async fn put_seals(&self, seals: &[Seal]) -> Result<bool, Unavailable> {
        if seals.is_empty() {
            return Ok(true);
        }
        self.count(|calls| calls.seals += seals.len());
        let (times, seals) = (u32::try_from(seals.len()).unwrap(), seals.to_vec());
        let times = times.div_ceil(COSTS.writes_at_once);
        self.write(times, |inner| Box::pin(async move { inner.put_seals(&seals).await })).await
    }

    async fn found_seals(
        &self,
        project: ProjectId,
        day: Day,
    ) -> Result<Vec<Result<Seal, Unreadable>>, Unavailable> {
        let found = self.one(self.inner.found_seals(project, day)).await?;
        // A seal has less than 200 bytes.
        self.took(found.len() * 200).await;
        Ok(found)
    }

    async fn insert_head(&self, head: &SignedHead) -> Result<bool, Unavailable> {
        let head = head.clone();
        self.write(1, |inner| Box::pin(async move { inner.insert_head(&head).await })).await
    }

    async fn found_heads(
        &self,
        project: ProjectId,
        from: Day,
        limit: usize,
    ) -> Result<Vec<Result<SignedHead, Unreadable>>, Unavailable> {
        self.one(self.inner.found_heads(project, from, limit)).await
    }

    async fn last_head(&self, project: ProjectId) -> Result<Option<SignedHead>, Unavailable> {
        self.one(self.inner.last_head(project)).await
    }

    async fn delivered(&self, _: ProjectId, _: Digest) -> Result<Option<Delivered>, Unavailable> {
        unreachable!("there is no place for anchors")
    }

    async fn put_delivered(&self, _: ProjectId, _: Digest, _: &Delivered) -> Result<(), Unavailable> {
        unreachable!("there is no place for anchors")
    }

    async fn seal_progress(&self, project: ProjectId) -> Result<Option<SignedProgress>, Unavailable> {
        self.one(self.inner.seal_progress(project)).await
    }

    async fn put_seal_progress(&self, progress: &SignedProgress) -> Result<(), Unavailable> {
        self.count(|calls| calls.notes += 1);
        let progress = progress.clone();
        self.write(1, |inner| Box::pin(async move { inner.put_seal_progress(&progress).await })).await
    }

    async fn known_projects(&self) -> Result<BTreeSet<ProjectId>, Unavailable> {
        unreachable!("that is for verifying")
    }
}

#[async_trait]
impl Maintenance for Table {
    async fn clean(&self, _: Timestamp) -> Result<u64, Unavailable> {
        unreachable!("that is for the sweep")
    }

    async fn list_earlier_manage_tokens(&self) -> Result<u64, Unavailable> {
        unreachable!("that is for setting up")
    }

    async fn ready(&self) -> Result<(), Unavailable> {
        unreachable!("that is for starting")
    }

    async fn set_up(&self) -> Result<(), Unavailable> {
        unreachable!("that is for setting up")
    }
}
