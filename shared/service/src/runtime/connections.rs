//! Connection limits: closes idle connections when few are left.
//!
//! Each connection takes a file descriptor. To keep a source from blocking others with idle connections, idle ones are closed
//! when few descriptors are left, first those of the source with most.

use std::{
    cmp::Reverse,
    collections::HashMap,
    net::IpAddr,
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    task::{Context, Poll, Waker},
};

use axum::body::HttpBody;
use bytes::Bytes;
use hyper::body::{Frame, SizeHint};
use ipnet::IpNet;
use tokio::sync::Notify;

use super::ticks::{Deadline, HeadTimer, Ticks};
use crate::{
    http::Content,
    limits::{
        answers::{self, SMALL},
        signals::{Signal, Signals},
    },
};

/// The maximum number of connections, whatever the number of descriptors, because each takes memory.
const MOST: u64 = 32_768;

/// The descriptors reserved for files and store connections, at most.
const OTHERS: u64 = 128;

/// The connections of a server.
#[derive(Debug)]
pub(super) struct Connections {
    most: usize,
    most_of_one: usize,
    proxies: Vec<IpNet>,
    open: Mutex<Open>,
    ended: Notify,
    ticks: Arc<Ticks>,
}

#[derive(Debug, Default)]
struct Open {
    next: u64,
    connections: HashMap<u64, Arc<Connection>>,
    of: HashMap<IpAddr, usize>,
    /// A counter that orders connections by when they became idle.
    moments: Arc<AtomicU64>,
}

/// A connection. It is closed when the last reference is dropped.
#[derive(Debug)]
pub(super) struct Connection {
    source: IpAddr,
    /// The counter value when it became idle; 0 while a request runs.
    idle: AtomicU64,
    moments: Arc<AtomicU64>,
    /// The running requests, and the parts of answers that are not sent yet.
    asked: AtomicUsize,
    told: answers::Connection,
    deadline: Arc<Deadline>,
}

/// An open connection, counted until it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    id: u64,
    connection: Arc<Connection>,
    connections: Arc<Connections>,
}

/// A running request of a connection, until it is dropped.
#[derive(Debug)]
pub(super) struct Asked(Arc<Connection>);

impl Connections {
    /// Limits from the descriptors of this process: one source has a quarter. Trusted proxies and this machine have no limit of
    /// their own, because they have many clients.
    pub(super) fn new(proxies: Vec<IpNet>) -> Arc<Self> {
        let descriptors = descriptors();
        let most = descriptors.saturating_sub((descriptors / 3).min(OTHERS)).clamp(1, MOST);
        Self::of(usize::try_from(most).unwrap_or(usize::MAX), proxies)
    }

    fn of(most: usize, proxies: Vec<IpNet>) -> Arc<Self> {
        let (open, ended) = (Mutex::default(), Notify::new());
        Arc::new(Self { most, most_of_one: most.div_ceil(4), proxies, open, ended, ticks: Ticks::start() })
    }

    /// Waits until another connection is allowed. Closes idle ones if few are left.
    pub(super) async fn room(&self) {
        loop {
            // Registered before the check, so that no closed connection is missed.
            let ended = self.ended.notified();
            {
                let open = self.open();
                let few = self.most / 16;
                if open.connections.len() + few >= self.most {
                    open.close_idle(few + 1, |_| true);
                }
                if open.connections.len() < self.most {
                    return;
                }
            }
            ended.await;
        }
    }

    /// Counts a connection from this address; `None` if its source has too many and none is idle.
    pub(super) fn take(self: &Arc<Self>, address: IpAddr) -> Option<Place> {
        let source = source(address);
        let mut open = self.open();
        let of_source = open.of.get(&source).copied().unwrap_or_default();
        let of_many = source.is_loopback() || self.proxies.iter().any(|network| network.contains(&source));
        if of_source >= self.most_of_one && !of_many {
            let closed =
                open.close_idle(of_source - self.most_of_one + 1, |connection| connection.source == source);
            if closed == 0 {
                return None;
            }
        }
        *open.of.entry(source).or_default() += 1;
        open.next += 1;
        let id = open.next;
        let connection = Arc::new(Connection {
            source,
            idle: AtomicU64::new(open.moment()),
            moments: Arc::clone(&open.moments),
            asked: AtomicUsize::new(0),
            told: answers::Connection::default(),
            deadline: Arc::default(),
        });
        open.connections.insert(id, Arc::clone(&connection));
        Some(Place { id, connection, connections: Arc::clone(self) })
    }

    /// Moves the clock of all connections on, and wakes those whose deadline has passed.
    pub(super) fn tick(&self) {
        let now = self.ticks.tick();
        for connection in self.open().connections.values() {
            if connection.deadline.has_passed(now) {
                connection.signals().wake();
            }
        }
    }

    /// Ends all connections once their running requests are answered.
    pub(super) async fn end(&self) {
        for connection in self.open().connections.values() {
            connection.signals().tell(Signal::End);
        }
        loop {
            // Registered before the check, so that no closed connection is missed.
            let ended = self.ended.notified();
            if self.open().connections.is_empty() {
                return;
            }
            ended.await;
        }
    }

    fn open(&self) -> std::sync::MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    fn moment(&self) -> u64 {
        self.moments.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Closes a number of idle connections: first those of the source with most, the longest idle ones first. Returns how many
    /// were closed.
    fn close_idle(&self, most: usize, which: impl Fn(&Connection) -> bool) -> usize {
        let idle = |connection: &Connection| {
            Some(connection.idle.load(Ordering::Relaxed)).filter(|since| *since > 0)
        };
        let mut found: Vec<_> = self
            .connections
            .values()
            .filter(|connection| which(connection))
            .filter_map(|connection| {
                let of_source = self.of.get(&connection.source).copied().unwrap_or_default();
                Some((Reverse(of_source), idle(connection)?, connection))
            })
            .collect();
        found.sort_unstable_by_key(|(of_source, since, _)| (*of_source, *since));
        found.iter().take(most).map(|(_, _, connection)| connection.signals().tell(Signal::Close)).count()
    }
}

impl Place {
    /// The handle that marks requests of this connection.
    pub(super) fn asking(&self) -> Arc<Connection> {
        Arc::clone(&self.connection)
    }

    /// The timer of this connection.
    pub(super) fn timer(&self) -> HeadTimer {
        let (ticks, deadline) = (&self.connections.ticks, &self.connection.deadline);
        HeadTimer { ticks: Arc::clone(ticks), deadline: Arc::clone(deadline) }
    }

    /// Its connection, as those know it that may cut off its answer.
    pub(super) fn told(&self) -> answers::Connection {
        self.connection.told.clone()
    }

    /// The waker of the task of this connection. To be set before looking at what it is told.
    pub(super) fn wakes(&self, waker: &Waker) {
        self.connection.signals().wakes(waker);
    }

    /// Whether it must end at once: its answer is cut off, or it is idle and others need its place.
    pub(super) fn is_closed(&self) -> bool {
        let signals = self.connection.signals();
        // A request may have started just now.
        signals.is_told(Signal::CutOff)
            || (signals.take(Signal::Close) && self.connection.idle.load(Ordering::Relaxed) > 0)
    }

    /// Whether the running request is its last.
    pub(super) fn ends(&self) -> bool {
        self.connection.signals().is_told(Signal::End)
    }
}

impl Connection {
    fn signals(&self) -> &Signals {
        self.told.signals()
    }

    /// Marks a running request until the returned guard is dropped.
    pub(super) fn ask(self: &Arc<Self>) -> Asked {
        self.idle.store(0, Ordering::Relaxed);
        self.asked.fetch_add(1, Ordering::Relaxed);
        Asked(Arc::clone(self))
    }
}

/// The body of an answer. Its request counts as running until the last part is sent, because a large answer is held in memory
/// while a slow client reads it.
#[derive(Debug)]
pub(super) struct Answering {
    content: Content,
    asked: Asked,
}

/// A chunk of a large answer.
struct Part {
    bytes: Bytes,
    _asked: Asked,
}

impl AsRef<[u8]> for Part {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Asked {
    /// Held as long as the answer.
    pub(super) fn answered(self, answer: http::Response<Content>) -> http::Response<Answering> {
        answer.map(|content| Answering { content, asked: self })
    }
}

impl HttpBody for Answering {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = std::task::ready!(Pin::new(&mut self.content).poll_frame(context));
        let held = |bytes: Bytes| match bytes.len() {
            ..=SMALL => bytes,
            _ => Bytes::from_owner(Part { bytes, _asked: self.asked.clone() }),
        };
        Poll::Ready(frame.map(|frame| frame.map(|frame| frame.map_data(held))))
    }

    fn is_end_stream(&self) -> bool {
        self.content.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.content.size_hint()
    }
}

impl Clone for Asked {
    fn clone(&self) -> Self {
        self.0.asked.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(&self.0))
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        // A connection is the work of one task, so none begins meanwhile.
        if self.0.asked.fetch_sub(1, Ordering::Relaxed) == 1 {
            let moment = self.0.moments.fetch_add(1, Ordering::Relaxed) + 1;
            self.0.idle.store(moment, Ordering::Relaxed);
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.connections.open();
        open.connections.remove(&self.id);
        if let Some(of_source) = open.of.get_mut(&self.connection.source) {
            *of_source -= 1;
            if *of_source == 0 {
                open.of.remove(&self.connection.source);
            }
        }
        drop(open);
        self.connections.ended.notify_waiters();
    }
}

/// The source of an address: itself, or the customer network of an IPv6 address.
fn source(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) if !address.is_loopback() => IpAddr::V6((u128::from(address) >> 64 << 64).into()),
        address => address,
    }
}

/// Raises the soft limit of file descriptors to the hard limit, and returns it. The soft limit exists only for old programs.
#[cfg(unix)]
fn descriptors() -> u64 {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let found = getrlimit(Resource::Nofile);
    let wanted = Rlimit { current: found.maximum, maximum: found.maximum };
    match setrlimit(Resource::Nofile, wanted) {
        Ok(()) => found.maximum.unwrap_or(u64::MAX),
        Err(error) => {
            tracing::warn!(%error, "failed to raise the limit of open files");
            found.current.unwrap_or(u64::MAX)
        }
    }
}

#[cfg(not(unix))]
fn descriptors() -> u64 {
    MOST
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use http_body_util::BodyExt as _;

    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[tokio::test]
    async fn where_few_are_left_those_that_ask_nothing_are_closed_the_longest_first() {
        let connections = Connections::of(4, Vec::new());
        let places: Vec<_> = (0..4).map(|n| connections.take(ip(&format!("192.0.2.{n}"))).unwrap()).collect();
        let asked = places[0].asking().ask();
        assert!(connections.room().now_or_never().is_none(), "until one has ended");
        assert_eq!(places.iter().map(Place::is_closed).collect::<Vec<_>>(), [false, true, false, false]);
        drop(asked);
        drop(places);
        connections.room().await;
    }

    #[tokio::test]
    async fn who_has_most_makes_room_first() {
        let connections = Connections::of(8, vec!["10.0.0.0/8".parse().unwrap()]);
        let other = connections.take(ip("192.0.2.1")).unwrap();
        let many: Vec<_> = (0..7).map(|_| connections.take(ip("10.0.0.1")).unwrap()).collect();
        assert!(connections.room().now_or_never().is_none());
        assert!(!other.is_closed() && many[0].is_closed() && !many[1].is_closed());
    }

    #[tokio::test]
    async fn one_source_has_a_quarter_and_proxies_and_this_machine_have_all() {
        let connections = Connections::of(8, vec!["10.0.0.0/8".parse().unwrap()]);
        let source = ["2001:db8::1", "2001:db8::2"].map(|address| connections.take(ip(address)).unwrap());
        let asked = source.iter().map(|place| place.asking().ask()).collect::<Vec<_>>();
        assert!(
            connections.take(ip("2001:db8::3")).is_none(),
            "a third from the same network, and none is idle"
        );
        drop(asked);
        let third = connections.take(ip("2001:db8::3"));
        assert!(third.is_some() && source[0].is_closed() && !source[1].is_closed());
        for of_many in ["10.0.0.1", "::ffff:10.0.0.2", "127.0.0.1", "::1"] {
            let places: Vec<_> = (0..4).map(|_| connections.take(ip(of_many))).collect();
            assert!(places.iter().all(Option::is_some), "{of_many}");
        }
    }

    #[tokio::test]
    async fn what_was_asked_just_now_is_answered() {
        let connections = Connections::of(1, Vec::new());
        let place = connections.take(ip("192.0.2.1")).unwrap();
        assert!(connections.room().now_or_never().is_none());
        let asked = place.asking().ask();
        assert!(!place.is_closed());
        drop(asked);
        assert!(!place.is_closed(), "it was told once");
        assert!(connections.room().now_or_never().is_none());
        assert!(place.is_closed(), "and is told again");
    }

    #[tokio::test]
    async fn a_large_answer_is_under_way_until_the_last_of_it_is_written() {
        let connections = Connections::of(1, Vec::new());
        let place = connections.take(ip("192.0.2.1")).unwrap();
        let answer = http::Response::new(Content::Whole(vec![b'x'; 2 * SMALL].into()));
        let mut body = place.asking().ask().answered(answer).into_body();
        let mut written = body.frame().await.unwrap().unwrap().into_data().unwrap();
        drop(body);
        drop(written.split_to(SMALL));
        assert!(connections.room().now_or_never().is_none());
        assert!(!place.is_closed(), "its client takes the rest");
        drop(written);
        assert!(connections.room().now_or_never().is_none());
        assert!(place.is_closed());
    }
}
