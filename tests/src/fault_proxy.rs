//! A proxy in front of DynamoDB Local that makes it fail like the real one.
//!
//! It reads the operation and the partition keys of each request, loses or rejects those that a [`Fault`]
//! selects, and records all of them.

mod answer;
mod conflicts;
mod fault;
mod gate;
mod limits;
mod rejection;
mod seen;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use answer::{Upstream, answer};
use conflicts::Conflicts;
pub use fault::{Fault, Kind};
use gate::Gate;
pub use gate::Waiting;
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::{
    client::legacy::Client,
    rt::{TokioExecutor, TokioIo},
};
use jeton_store_dynamodb::DynamoDb;
use limits::Limits;
pub use seen::Action;
use seen::Seen;
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

use crate::dynamodb;

#[derive(Debug, Default)]
struct State {
    faults: Vec<Fault>,
    seen: Vec<Seen>,
    /// How many requests were answered.
    answered: usize,
    /// How many connections were opened.
    connections: usize,
    /// How many requests were throttled, in full or in part.
    throttled: usize,
    forgetful: bool,
    /// Consumed capacity units, once they are counted.
    units: Option<f64>,
    limits: Option<Limits>,
    /// How many such reads of each verify item there were.
    first_reads: Option<BTreeMap<String, usize>>,
    conflicts: Option<Conflicts>,
    gates: Vec<Gate>,
}

/// A proxy on its own port, which stops when it is dropped.
pub struct FaultProxy {
    endpoint: String,
    state: Arc<Mutex<State>>,
    task: JoinHandle<()>,
}

impl FaultProxy {
    /// Starts a proxy in front of DynamoDB Local.
    pub async fn start() -> Self {
        Self::in_front_of(dynamodb::endpoint()).await
    }

    /// Starts a proxy in front of any service of AWS, such as SES.
    pub async fn in_front_of(service: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State::default()));
        let task = tokio::spawn(serve(listener, Arc::clone(&state), service));
        Self { endpoint, state, task }
    }

    /// Its address.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// A store in an existing table, through this proxy.
    pub fn store(&self, table: &str) -> DynamoDb {
        dynamodb::table_at(&self.endpoint, table)
    }

    /// Adds a fault.
    pub fn inject(&self, fault: Fault) {
        lock(&self.state).faults.push(fault);
    }

    /// From now on, the table does not recognise retried transactions: the real one forgets them after ten minutes.
    pub fn forget_request_tokens(&self) {
        lock(&self.state).forgetful = true;
    }

    /// From now on, each partition allows so many reads and writes a second, and throttles the rest.
    pub fn limit(&self, reads: usize, writes: usize) {
        lock(&self.state).limits = Some(Limits::new(reads, writes));
    }

    /// The same, with seconds in which `rate` items of partitions with this prefix are written, however long that takes here.
    pub fn limit_at_rate(&self, reads: usize, writes: usize, prefix: &str, rate: usize) {
        lock(&self.state).limits = Some(Limits::new(reads, writes).at_rate(prefix.to_owned(), rate));
    }

    /// From now on, reads of each verify item that are not retried are throttled, until its replicas are written.
    pub fn throttle_until_replicated(&self) {
        lock(&self.state).first_reads = Some(BTreeMap::new());
    }

    /// From now on, a transaction holds its items for so long, and others on one of them conflict with it.
    pub fn conflict(&self, hold: Duration) {
        lock(&self.state).conflicts = Some(Conflicts::new(hold));
    }

    /// The most transactions that were in progress at a time since [`Self::conflict`].
    pub fn most_in_progress(&self) -> usize {
        lock(&self.state).conflicts.as_ref().map_or(0, Conflicts::most)
    }

    /// Holds one request of this operation with a partition key of this prefix, after so many others.
    pub fn hold(&self, operation: &'static str, partition: impl Into<String>, skip: usize) -> Waiting {
        let ((arrived, seen), (open, opened)) = (oneshot::channel(), oneshot::channel());
        let gate = Gate { operation, partition: partition.into(), skip, arrived, opened };
        lock(&self.state).gates.push(gate);
        Waiting { arrived: seen, open }
    }

    /// From now on, counts the consumed capacity units.
    pub fn meter(&self) {
        lock(&self.state).units = Some(0.0);
    }

    /// The units since then, or since the last call.
    pub fn units(&self) -> f64 {
        lock(&self.state).units.replace(0.0).unwrap_or_default()
    }

    /// Removes all faults.
    pub fn heal(&self) {
        lock(&self.state).faults.clear();
    }

    /// How many requests of this operation had this partition key prefix, including failed ones.
    pub fn count(&self, operation: &str, partition: &str) -> usize {
        let fits = |seen: &&Seen| {
            seen.operation == operation && seen.partitions.iter().any(|pk| pk.starts_with(partition))
        };
        lock(&self.state).seen.iter().filter(fits).count()
    }

    /// How many partitions with this prefix there were in requests of this operation, including failed ones.
    pub fn partitions(&self, operation: &str, prefix: &str) -> usize {
        let state = lock(&self.state);
        let of = state.seen.iter().filter(|seen| seen.operation == operation);
        let all: BTreeSet<&String> = of.flat_map(|seen| &seen.partitions).collect();
        all.iter().filter(|pk| pk.starts_with(prefix)).count()
    }

    /// The permissions that the requests so far needed.
    pub fn actions(&self) -> BTreeSet<Action> {
        lock(&self.state).seen.iter().flat_map(|seen| seen.actions.clone()).collect()
    }

    /// How many requests there were, of any operation.
    pub fn total(&self) -> usize {
        lock(&self.state).seen.len()
    }

    /// How many requests were answered since its start.
    pub fn answered(&self) -> usize {
        lock(&self.state).answered
    }

    /// How many connections were opened since its start.
    pub fn connections(&self) -> usize {
        lock(&self.state).connections
    }

    /// How many requests were throttled, in full or in part.
    pub fn throttled(&self) -> usize {
        lock(&self.state).throttled
    }

    /// Forgets the requests so far.
    pub fn forget(&self) {
        let mut state = lock(&self.state);
        state.seen.clear();
        state.throttled = 0;
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn serve(listener: TcpListener, state: Arc<Mutex<State>>, service: String) {
    let upstream: Upstream = Client::builder(TokioExecutor::new()).build_http();
    loop {
        let Ok((stream, _)) = listener.accept().await else { return };
        lock(&state).connections += 1;
        let (state, upstream, to) = (Arc::clone(&state), upstream.clone(), service.clone());
        let service = service_fn(move |request| {
            let (state, upstream, to) = (Arc::clone(&state), upstream.clone(), to.clone());
            async move {
                let answer = answer(request, Arc::clone(&state), upstream, to).await;
                lock(&state).answered += 1;
                answer
            }
        });
        // A service that returns an error makes the connection close without an answer, as intended.
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}
