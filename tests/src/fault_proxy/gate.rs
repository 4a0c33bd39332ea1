//! A gate: holds a request at the proxy until the test has done something else.

use tokio::{sync::oneshot, time::timeout};

use super::seen::Seen;
use crate::waiting::PATIENCE;

/// The proxy's side of a gate, for one request.
#[derive(Debug)]
pub(super) struct Gate {
    pub(super) operation: &'static str,
    pub(super) partition: String,
    pub(super) skip: usize,
    pub(super) arrived: oneshot::Sender<()>,
    pub(super) opened: oneshot::Receiver<()>,
}

/// The test's side of a gate.
#[derive(Debug)]
pub struct Waiting {
    pub(super) arrived: oneshot::Receiver<()>,
    pub(super) open: oneshot::Sender<()>,
}

impl Gate {
    /// Whether it holds this request. Counts it either way.
    pub(super) fn stops(&mut self, seen: &Seen) -> bool {
        let meant = seen.operation == self.operation
            && seen.partitions.iter().any(|pk| pk.starts_with(&self.partition));
        if meant && self.skip > 0 {
            self.skip -= 1;
            return false;
        }
        meant
    }
}

impl Waiting {
    /// Waits until the request is held, does the other thing, and then releases the request.
    pub async fn meanwhile<T>(self, other: impl Future<Output = T>) -> T {
        // A call that was rejected sends none.
        let arrived = timeout(PATIENCE, self.arrived).await.expect("such a request");
        arrived.expect("the request came to the gate");
        let outcome = other.await;
        self.open.send(()).unwrap_or_default();
        outcome
    }
}
