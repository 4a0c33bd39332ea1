//! The retry policy: whether a call is sent again, and when.

use std::{
    fmt,
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use http::StatusCode;
use jeton_core::idempotency::REPLAY_SECONDS;
use rand::rngs::SysRng;
use rand_core::{Rng as _, UnwrapErr};
use tokio::time::Instant;

use crate::{
    call::{Again, Patience},
    reply::{NoAnswer, Reply, is_of_jeton, is_unavailable, retry_after},
};

/// The default of [`Client::retry_for`](crate::Client::retry_for).
pub const RETRY_FOR: Duration = Duration::from_secs(30);

/// The longest time of [`Client::retry_for`](crate::Client::retry_for). The server answers a repeated idempotency key for ten minutes; the last one of them is for the way
/// of the last attempt.
pub const MOST_RETRY_FOR: Duration = Duration::from_secs(REPLAY_SECONDS - 60);

/// The time for retries of calls that somebody waits for, such as verify.
const BRIEF: Duration = Duration::from_secs(3);

/// The most attempts of these.
const BRIEF_ATTEMPTS: u32 = 3;

/// The most mails of a call that mails.
const MOST_MAILS: u32 = 3;

/// The bound of the first wait. It doubles with each attempt.
const FIRST_WAIT: Duration = Duration::from_millis(200);

/// The bound of all waits, unless `Retry-After` asks for a longer one.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// A call that is sent again after a wait, as [`Client::on_retry`](crate::Client::on_retry) tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retry {
    /// Why: the status of the answer, or the error of the connection.
    pub why: String,
    /// How long ago the call began.
    pub elapsed: Duration,
    /// The wait before the next attempt.
    pub wait: Duration,
    /// How long from now the call is sent again at most.
    pub left: Duration,
}

/// A callback for retries.
type OnRetry = dyn Fn(&Retry) + Send + Sync;

/// The retry policy of a client.
#[derive(Clone)]
pub struct RetryPolicy {
    time: Duration,
    /// Whether the time was chosen. Then a connection that is refused is waited for, too.
    is_chosen: bool,
    hook: Option<Arc<OnRetry>>,
}

/// What the policy needs to know of a call.
pub struct Repeatable<'a> {
    /// When it may be sent again.
    pub again: Again,
    /// For how long.
    pub patience: Patience,
    /// Whether it mails.
    pub mails: bool,
    /// The timeout of the whole call. No wait leads beyond it.
    pub timeout: Duration,
    /// Whether the server was reached once, by any call.
    pub reached: &'a AtomicBool,
}

/// The last answer of a call.
pub struct Repeated {
    /// The answer.
    pub answer: Result<Reply, NoAnswer>,
    /// Whether an attempt may have been carried out without an answer of the server.
    pub may_be_done: bool,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self { time: RETRY_FOR, is_chosen: false, hook: None }
    }
}

impl RetryPolicy {
    /// The policy with this time for retries.
    pub fn lasting(self, time: Duration) -> Self {
        Self { time: time.min(MOST_RETRY_FOR), is_chosen: true, ..self }
    }

    /// The policy with this callback.
    pub fn telling(self, hook: impl Fn(&Retry) + Send + Sync + 'static) -> Self {
        Self { hook: Some(Arc::new(hook)), ..self }
    }

    /// Sends a call until it has an answer that a retry does not mend, or until its time is over.
    pub async fn repeat<F>(&self, call: &Repeatable<'_>, mut send: impl FnMut() -> F) -> Repeated
    where
        F: Future<Output = Result<Reply, NoAnswer>>,
    {
        let began = Instant::now();
        let (mut attempts, mut lost) = (0, 0);
        loop {
            let answer = send().await;
            attempts += 1;
            lost += u32::from(match &answer {
                // Something in between does not say whether it has passed the call on.
                Ok((status, _, body)) => status.is_server_error() && !is_of_jeton(*status, body),
                Err(NoAnswer::Lost(_)) => true,
                Err(NoAnswer::NotConnected { .. }) => false,
            });
            let may_be_done = lost > 0;
            let elapsed = began.elapsed();
            let (time, most) = self.limits(call, &answer);
            let wait = wait(attempts, &answer, UnwrapErr(SysRng).next_u32());
            if !may_repeat(call.again, &answer, may_be_done)
                || attempts >= most
                || call.mails && lost >= MOST_MAILS
                || elapsed.saturating_add(wait) >= time
            {
                return Repeated { answer, may_be_done };
            }
            if let Some(hook) = &self.hook {
                hook(&Retry { why: why(&answer), elapsed, wait, left: time.saturating_sub(elapsed) });
            }
            tokio::time::sleep(wait).await;
        }
    }

    /// The time and the attempts of a call after this answer.
    ///
    /// An address that was never reached, a name that nobody knows and an invalid certificate are mistakes, most likely, and told soon. Who has
    /// chosen a time waits for the address.
    fn limits(&self, call: &Repeatable<'_>, answer: &Result<Reply, NoAnswer>) -> (Duration, u32) {
        let mistaken = match answer {
            Err(NoAnswer::NotConnected { passing, .. }) => {
                !passing || !(self.is_chosen || call.reached.load(Relaxed))
            }
            _ => false,
        };
        let time = self.time.min(call.timeout);
        if mistaken || call.patience == Patience::Brief {
            (time.min(BRIEF), BRIEF_ATTEMPTS)
        } else {
            (time, u32::MAX)
        }
    }
}

/// Whether a call may be sent again after this answer. A rate limit is waited for where an attempt before may have been carried out.
fn may_repeat(again: Again, answer: &Result<Reply, NoAnswer>, may_be_done: bool) -> bool {
    match answer {
        Ok((status, ..)) => {
            let is_limited = *status == StatusCode::TOO_MANY_REQUESTS && may_be_done;
            again == Again::Lost && (is_unavailable(*status) || is_limited)
        }
        Err(NoAnswer::Lost(_)) => again == Again::Lost,
        Err(NoAnswer::NotConnected { .. }) => true,
    }
}

/// The wait after so many attempts: exponential backoff with full jitter, so that callers who failed together do not come back
/// together. At least as long as `Retry-After` says.
fn wait(attempts: u32, answer: &Result<Reply, NoAnswer>, random: u32) -> Duration {
    let bound = FIRST_WAIT.saturating_mul(1 << attempts.saturating_sub(1).min(16)).min(LONGEST_WAIT);
    let jittered = bound.mul_f64(f64::from(random) / f64::from(u32::MAX));
    answer
        .as_ref()
        .ok()
        .and_then(|(_, headers, _)| retry_after(headers))
        .map_or(jittered, |least| jittered.max(least))
}

fn why(answer: &Result<Reply, NoAnswer>) -> String {
    match answer {
        Ok((status, ..)) => format!("status {status}"),
        Err(NoAnswer::Lost(why) | NoAnswer::NotConnected { why, .. }) => why.clone(),
    }
}

impl fmt::Debug for RetryPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RetryPolicy").field("time", &self.time).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
