//! Who presents wrong tokens too often, and how many requests are worked on at once.
//!
//! Wrong tokens are counted by where they come from and never by the token they name: that would lock its holder out. And only
//! wrong ones are refused: behind one address there may be a whole platform, whose right tokens have to go on.
//! Each process counts for itself, which is enough to slow down who tries and to show them in the log.

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

use crate::{limits::answers::Answers, limits::bodies::Bodies, limits::changes::Changes};

/// How many wrong tokens one source may present within a minute.
pub const WRONG_TOKENS: u32 = 300;

/// How many sources are remembered. Beyond that all are forgotten, so that nobody fills the memory.
const SOURCES: usize = 10_000;

const MINUTE: i64 = 60_000;

/// What is counted of callers.
#[derive(Debug, Default)]
pub struct Throttle {
    /// The wrong tokens of this minute, by source.
    wrong: Mutex<Counted>,
    /// What changes tokens make.
    pub changes: Arc<Changes>,
}

#[derive(Debug, Default)]
struct Counted {
    minute: i64,
    sources: HashMap<IpAddr, u32>,
}

impl Throttle {
    /// Counts a wrong token from an address; tells for how many seconds the source is too much, if it is.
    ///
    /// What comes from this machine comes from a proxy, whose clients are known once it is one of
    /// `JETON_TRUSTED_PROXIES`; it is not counted.
    pub fn wrong_token(&self, remote_addr: Option<&str>, now: Timestamp) -> Option<u64> {
        let source = source(remote_addr?)?;
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

/// How many requests are worked on at once. Each waits for those before it, so with many more all would wait longer
/// than their callers do.
const AT_ONCE: usize = 1024;

/// How long a request waits for a place. To wait costs next to nothing, and an answer that there is none half as much
/// as a verify: callers who get it at once and come again at once would leave no time for anything else.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// Places for requests, and room for their bodies and answers. Who finds none soon is told so, and may come again.
#[derive(Debug)]
pub struct ConcurrencyLimit {
    requests: Semaphore,
    waiting: AtomicUsize,
    /// Room for the bodies of requests that have none yet, too.
    pub bodies: Bodies,
    /// Room for large answers, those that are on their way to their clients, too.
    pub answers: Arc<Answers>,
}

impl ConcurrencyLimit {
    /// So many places.
    pub fn new(places: usize) -> Self {
        Self {
            requests: Semaphore::new(places),
            waiting: AtomicUsize::new(0),
            bodies: Bodies::default(),
            answers: Arc::default(),
        }
    }

    /// The same with room for so many bytes of bodies.
    #[must_use]
    pub fn with_room_for(self, bytes: usize) -> Self {
        Self { bodies: Bodies::new(bytes), ..self }
    }

    /// The same with room for so many bytes of large answers.
    #[must_use]
    pub fn with_room_for_answers(self, bytes: usize) -> Self {
        Self { answers: Arc::new(Answers::new(bytes)), ..self }
    }

    /// A place, until it is dropped; none when so many came before that there is none soon.
    pub async fn acquire(&self) -> Option<SemaphorePermit<'_>> {
        if let Ok(place) = self.requests.try_acquire() {
            return Some(place);
        }
        // In a box, since nearly nobody waits.
        Box::pin(self.wait()).await
    }

    async fn wait(&self) -> Option<SemaphorePermit<'_>> {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let _waits = Waits(&self.waiting);
        timeout(LONGEST_WAIT, self.requests.acquire()).await.ok()?.ok()
    }

    /// How many requests wait for a place.
    pub fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }
}

/// Counts as one that waits, until it is dropped: a caller may hang up meanwhile.
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

/// What stands for every source that a proxy wrote in words that nobody can read: no caller has this address.
const UNREADABLE: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

/// The source of an address: itself, or of IPv6 the network that one customer has. None of this machine.
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
            assert_eq!(throttle.wrong_token(Some("192.0.2.1"), at(15_000)), None);
        }
        assert_eq!(throttle.wrong_token(Some("192.0.2.1"), at(15_000)), Some(45));
        assert_eq!(throttle.wrong_token(Some("192.0.2.2"), at(15_000)), None);
        assert_eq!(throttle.wrong_token(Some("192.0.2.1"), at(60_000)), None, "another minute");
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
            throttle.wrong_token(Some(&std::net::Ipv4Addr::from(n | 0x0a00_0000).to_string()), at(0));
        }
        assert!(throttle.wrong.lock().unwrap().sources.len() <= SOURCES);
    }
}
