//! The rate limit of wrong tokens, and the concurrency limit of requests.
//!
//! Wrong tokens are counted by source, never by the token in them, which would lock out its holder. Only wrong tokens
//! are rejected, because a whole platform may share one address. Each process counts for itself, which is enough to
//! slow down guessing and to show it in the log.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv4Addr},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use jeton_core::time::Timestamp;
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::timeout,
};

use crate::limits::{answers::Answers, bodies::Bodies, changes::Changes, exports::Exports};

/// The wrong tokens per source and minute.
pub const WRONG_TOKENS: u32 = 300;

/// The most sources that are counted. Beyond that, all counts are reset, to bound the memory.
const SOURCES: usize = 10_000;

const MINUTE: i64 = 60_000;

/// The rate limits of callers.
#[derive(Debug, Default)]
pub struct Throttle {
    /// The wrong tokens of this minute, by source.
    wrong: Mutex<Counted>,
    /// The rate limit of changes.
    pub changes: Arc<Changes>,
}

#[derive(Debug, Default)]
struct Counted {
    minute: i64,
    sources: HashMap<IpAddr, u32>,
}

impl Throttle {
    /// Counts a wrong token from a source. Returns the seconds to wait if its source is over the limit.
    ///
    /// Requests from this machine are not counted: they come from a proxy, whose clients are known if it is in
    /// `JETON_TRUSTED_PROXIES`.
    pub fn wrong_token(&self, source: Option<IpAddr>, now: Timestamp) -> Option<u64> {
        let source = source?;
        let mut counted = self.wrong.lock().unwrap_or_else(PoisonError::into_inner);
        let minute = now.millis().div_euclid(MINUTE);
        if counted.minute != minute || counted.sources.len() >= SOURCES {
            *counted = Counted { minute, sources: HashMap::new() };
        }
        let count = counted.sources.entry(source).or_default();
        *count = count.saturating_add(1);
        let left = (minute + 1) * MINUTE - now.millis();
        (*count > WRONG_TOKENS).then(|| u64::try_from(left).unwrap_or_default().div_ceil(1000))
    }
}

/// The most requests at once. With many more, all would take longer than their callers wait.
pub const AT_ONCE: usize = 1024;

/// How long a request waits for the concurrency limit. Waiting is cheap; an immediate 503 costs half as much as a
/// verify, and clients would retry at once.
pub const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// The concurrency limit of requests, with the memory limits of their bodies and answers.
#[derive(Debug)]
pub struct ConcurrencyLimit {
    requests: Semaphore,
    waiting: AtomicUsize,
    /// The memory limit of bodies, also of waiting requests.
    pub bodies: Bodies,
    /// The memory limit of large answers, also of those being sent.
    pub answers: Arc<Answers>,
    /// The limit of streamed exports.
    pub exports: Arc<Exports>,
}

impl ConcurrencyLimit {
    /// A limit of this many requests.
    pub fn new(places: usize) -> Self {
        Self {
            requests: Semaphore::new(places),
            waiting: AtomicUsize::new(0),
            bodies: Bodies::default(),
            answers: Arc::default(),
            exports: Arc::default(),
        }
    }

    /// Sets the memory limit of bodies.
    #[must_use]
    pub fn with_room_for(self, bytes: usize) -> Self {
        Self { bodies: Bodies::new(bytes), ..self }
    }

    /// Sets the memory limit of large answers.
    #[must_use]
    pub fn with_room_for_answers(self, bytes: usize) -> Self {
        Self { answers: Arc::new(Answers::new(bytes)), ..self }
    }

    /// Acquires a permit, held until it is dropped; `None` after the wait.
    pub async fn acquire(&self) -> Option<SemaphorePermit<'_>> {
        if let Ok(place) = self.requests.try_acquire() {
            return Some(place);
        }
        // Boxed, since waiting is rare.
        Box::pin(self.wait()).await
    }

    async fn wait(&self) -> Option<SemaphorePermit<'_>> {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let _waits = Waits(&self.waiting);
        timeout(LONGEST_WAIT, self.requests.acquire()).await.ok()?.ok()
    }

    /// The number of waiting requests.
    pub fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }
}

/// A waiting request, counted until this is dropped.
struct Waits<'a>(&'a AtomicUsize);

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Default for ConcurrencyLimit {
    fn default() -> Self {
        Self::new(AT_ONCE)
    }
}

/// The source of all unparsable addresses from a proxy. No caller has this address.
const UNREADABLE: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

/// The source of an address: itself, or the customer network of an IPv6 address; `None` for this machine.
pub fn source(address: &str) -> Option<IpAddr> {
    match address.parse().unwrap_or(UNREADABLE) {
        IpAddr::V6(address) if address.to_ipv4_mapped().is_none() && !address.is_loopback() => {
            let network = u128::from(address) >> 64 << 64;
            Some(IpAddr::V6(network.into()))
        }
        address => Some(address.to_canonical()).filter(|address| !address.is_loopback()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    #[test]
    fn a_source_is_too_much_after_so_many_wrong_tokens_within_a_minute_and_another_is_not() {
        let throttle = Throttle::default();
        for _ in 0..WRONG_TOKENS {
            assert_eq!(throttle.wrong_token(source("192.0.2.1"), at(15_000)), None);
        }
        assert_eq!(throttle.wrong_token(source("192.0.2.1"), at(15_000)), Some(45));
        assert_eq!(throttle.wrong_token(source("192.0.2.2"), at(15_000)), None);
        assert_eq!(throttle.wrong_token(source("192.0.2.1"), at(60_000)), None, "another minute");
    }

    #[test]
    fn one_customer_has_many_addresses_of_ipv6_and_a_proxy_on_this_machine_has_many_customers() {
        assert_eq!(source("2001:db8::1"), source("2001:db8::ffff:2"));
        assert_ne!(source("2001:db8::1"), source("2001:db8:0:1::1"));
        assert_eq!(source("::ffff:192.0.2.1"), source("192.0.2.1"));
        for nobody in ["127.0.0.1", "::1", "::ffff:127.0.0.1"] {
            assert_eq!(source(nobody), None, "{nobody}");
        }
        assert_eq!(source("unknown"), source("nonsense"));
        assert!(source("unknown").is_some(), "what nobody can read is counted");
    }

    #[test]
    fn no_number_of_sources_fills_the_memory() {
        let throttle = Throttle::default();
        for n in 0..u32::try_from(SOURCES).unwrap() * 2 {
            throttle.wrong_token(Some(Ipv4Addr::from(n | 0x0a00_0000).into()), at(0));
        }
        assert!(throttle.wrong.lock().unwrap().sources.len() <= SOURCES);
    }
}
