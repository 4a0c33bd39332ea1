//! Transactions: retries with the same bytes until the outcome is known.

use std::time::Duration;

use jeton_store_support::span;
use tokio::time::Instant;
use tracing::Instrument as _;

use super::{
    DynamoDb,
    failure::Failure,
    op::{Op, request_token},
};

/// The limit of operations in a transaction.
const MAX_OPERATIONS: usize = 100;

/// How often to try a request that cannot be sent.
const MAX_UNSENT: u32 = 3;

/// The waits between retries, in milliseconds: about ten seconds in all, because a contended item stays busy
/// for as long as others keep winning it.
const WAITS: [u64; 15] = [10, 20, 40, 80, 160, 320, 640, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000];

/// How long a request is retried. An event must be stored within a minute of the time in its uuid, since
/// followers of a feed look a minute back: a commit is sent three times at most, each of which ends within
/// this, the longest wait, the longest attempt, and the half second for which an attempt may wait for guards.
const LONGEST: Duration = Duration::from_secs(15);

/// Backoff: waits longer each time, between half and the whole of [`WAITS`].
///
/// The exact wait depends on the request: this spreads rivals without randomness.
pub(super) struct Backoff {
    began: Instant,
    spread: u64,
    waits: std::slice::Iter<'static, u64>,
}

impl Backoff {
    /// The waits of the request that has this text or id.
    pub(super) fn of(request: impl AsRef<[u8]>) -> Self {
        let mix = |spread: u64, byte: &u8| (spread ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3);
        let spread = request.as_ref().iter().fold(0xCBF2_9CE4_8422_2325, mix);
        Self { began: Instant::now(), spread, waits: WAITS.iter() }
    }

    /// Waits; false when it is time to give up.
    pub(super) async fn wait(&mut self) -> bool {
        let Some(wait) = self.waits.next().filter(|_| self.began.elapsed() < LONGEST) else { return false };
        self.spread = self.spread.wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29);
        let millis = wait / 2 + self.spread % (wait / 2 + 1);
        tokio::time::sleep(Duration::from_millis(millis)).await;
        true
    }
}

impl DynamoDb {
    /// Stores a transaction.
    ///
    /// Retries after contention and throttling, and once after a lost answer, with the same bytes. After
    /// that, the outcome stays [`Failure::Lost`] unless the table reports more: a later failure says nothing
    /// about the earlier request.
    /// Contention at operations of which `retries` says no is reported at once, unless an answer was lost: then the caller may send
    /// other bytes.
    pub(super) async fn transact(
        &self,
        ops: &[Op],
        backoff: &mut Backoff,
        retries: impl Fn(&[usize]) -> bool,
    ) -> Result<(), Failure> {
        let token = request_token(&self.table, ops);
        let mut lost: Option<String> = None;
        let mut unsent = 0;
        loop {
            let Err(failure) = self.send(ops, &token).await else { return Ok(()) };
            let again = match &failure {
                Failure::Condition(_) => return Err(failure),
                Failure::Rejected(_) => false,
                Failure::Lost(_) => lost.is_none(),
                Failure::NotSent(_) => {
                    unsent += 1;
                    unsent < MAX_UNSENT
                }
                Failure::Contended { at, .. } => lost.is_some() || retries(at),
                Failure::Throttled { .. } => true,
            };
            if let Failure::Lost(why) = &failure {
                lost.get_or_insert_with(|| why.clone());
            }
            if !again || !backoff.wait().await {
                return Err(lost.map_or(failure, Failure::Lost));
            }
        }
    }

    /// Sends a transaction once.
    pub(super) async fn send(&self, ops: &[Op], token: &str) -> Result<(), Failure> {
        self.send_as(ops, Some(token)).await
    }

    /// The same without a token of its own. Of two requests with one token, DynamoDB carries out one.
    pub(super) async fn send_as(&self, ops: &[Op], token: Option<&str>) -> Result<(), Failure> {
        if ops.len() > MAX_OPERATIONS {
            let count = ops.len();
            return Err(Failure::NotSent(format!("{count} operations are more than a transaction may have")));
        }
        let items: Result<Vec<_>, _> = ops.iter().map(|op| op.request(&self.table)).collect();
        let items = items.map_err(|error| Failure::NotSent(error.to_string()))?;
        let request = self.single.transact_write_items().set_transact_items(Some(items));
        let answer = request
            .set_client_request_token(token.map(str::to_owned))
            .send()
            .instrument(span::store("dynamodb", "TransactWriteItems"))
            .await;
        answer.map(|_| ()).map_err(|error| Failure::of_transaction(&error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The limit for a request without an answer, and the longest wait for guards before it.
    const ATTEMPT: Duration = Duration::from_millis(3_500);

    #[tokio::test(start_paused = true)]
    async fn however_slow_each_attempt_is_three_rounds_of_them_end_within_a_minute() {
        let began = Instant::now();
        for round in 0..3 {
            let mut backoff = Backoff::of(round.to_string());
            loop {
                tokio::time::sleep(ATTEMPT).await;
                if !backoff.wait().await {
                    break;
                }
            }
        }
        assert!(began.elapsed() < Duration::from_mins(1), "{:?}", began.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_that_is_rejected_at_once_is_sent_again_for_some_seconds() {
        let (began, mut backoff) = (Instant::now(), Backoff::of("request"));
        while backoff.wait().await {}
        assert!(began.elapsed() > Duration::from_secs(5), "{:?}", began.elapsed());
    }
}
