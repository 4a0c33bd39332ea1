//! The memory limit of large answers.
//!
//! An answer is held in memory until the client has read it, which can take long. So the total size of large answers is
//! limited: a token may use a quarter and a project half of it. A call with a possibly large answer reserves the
//! maximum size before it reads, and returns what it does not need. Small answers are exempt, so they never wait for
//! large ones.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc, Mutex, Weak,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use jeton_core::{
    Error,
    id::{ManageTokenId, ProjectId, TokenId},
};
use tokio::{
    sync::{AcquireError, OwnedSemaphorePermit, Semaphore},
    time::{Instant, timeout},
};

use super::signals::{Signal, Signals};
use crate::{limits::changes::locked, telemetry::Presented};

/// The total size of large answers, in bytes.
pub const MOST: usize = 128 * 1024 * 1024;

/// The maximum size of an answer, in bytes.
pub const LARGEST: usize = 5_000_000;

/// The maximum size of an answer without a reservation, in bytes. A connection has one answer at a time, so the
/// connection limit bounds these.
pub const SMALL: usize = 64 * 1024;

/// The timeout of a reservation.
pub const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// The most calls that wait for a reservation, half of them for one project and a quarter for one token. Each counts
/// against the concurrency limit, which others need, too.
const MOST_WAITING: usize = 512;

/// How long an answer may take to send while others wait for its memory.
const LONGEST_WAY: Duration = Duration::from_mins(1);

/// The interval at which waiting calls check for such answers.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// The memory limit of large answers.
#[derive(Debug)]
pub struct Answers {
    most: usize,
    all: Arc<Part>,
    /// The shares of tokens and projects, while in use.
    parts: Mutex<HashMap<Whose, Weak<Part>>>,
    under_way: Mutex<UnderWay>,
}

/// The owner of a share of the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Whose {
    All,
    Project(ProjectId),
    Token(ProjectId, TokenId),
    Manage(ManageTokenId),
    /// Callers without a token or a project.
    Anyone,
}

impl Whose {
    /// A limit and its use, in bytes.
    const fn share(self, of: usize) -> usize {
        match self {
            Self::All => of,
            Self::Project(_) => of / 2,
            Self::Token(..) | Self::Manage(_) | Self::Anyone => of / 4,
        }
    }

    const fn most_waiting(self) -> usize {
        self.share(MOST_WAITING)
    }
}

#[derive(Debug)]
struct Part {
    whose: Whose,
    room: Arc<Semaphore>,
    waiting: AtomicUsize,
}

/// The answers that are being sent, oldest first.
#[derive(Debug, Default)]
struct UnderWay {
    next: u64,
    answers: BTreeMap<u64, Leaving>,
}

#[derive(Debug)]
struct Leaving {
    since: Instant,
    of: Vec<Whose>,
    connection: Connection,
}

/// The connection of a request, which is closed to cut off a slow answer.
#[derive(Debug, Clone, Default)]
pub struct Connection(Arc<Signals>);

impl Connection {
    /// What it is told.
    pub fn signals(&self) -> &Arc<Signals> {
        &self.0
    }
}

/// The reservation of an answer, until it is dropped.
#[derive(Debug)]
pub struct AnswerRoom {
    permits: Vec<OwnedSemaphorePermit>,
    of: Vec<Arc<Part>>,
    connection: Option<Connection>,
    answers: Arc<Answers>,
    /// The entry of the answer, once it is being sent.
    leaving: Option<u64>,
}

impl Answers {
    /// A limit of this many bytes, at least of the largest answer.
    pub fn new(most: usize) -> Self {
        let most = most.max(LARGEST);
        let (parts, under_way) = (Mutex::default(), Mutex::default());
        Self { most, all: Part::new(Whose::All, most), parts, under_way }
    }

    /// Reserves memory for an answer to this caller.
    ///
    /// Errors: [`Error::Overloaded`] after the timeout, or if too many calls wait.
    pub async fn room(
        self: &Arc<Self>,
        caller: Option<Presented>,
        connection: Option<Connection>,
        bytes: usize,
    ) -> Result<AnswerRoom, Error> {
        let bytes = u32::try_from(bytes.min(LARGEST)).unwrap_or(u32::MAX);
        let of = self.parts_of(caller);
        // The narrowest limit first, so that a caller at its own limit does not block others.
        let taking = async {
            let mut permits = Vec::with_capacity(of.len());
            for part in &of {
                let free = Arc::clone(&part.room).try_acquire_many_owned(bytes);
                permits.push(if let Ok(permit) = free {
                    permit
                } else {
                    let _waits = Waits::begin(&of)?;
                    self.wait_for(part, bytes).await.map_err(|_| Error::Overloaded)?
                });
            }
            Ok::<_, Error>(permits)
        };
        let permits = timeout(LONGEST_WAIT, taking).await.map_err(|_| Error::Overloaded)??;
        Ok(AnswerRoom { permits, of, connection, answers: Arc::clone(self), leaving: None })
    }

    /// The number of waiting calls.
    pub fn waiting(&self) -> usize {
        self.all.waiting.load(Ordering::Relaxed)
    }

    async fn wait_for(&self, part: &Part, bytes: u32) -> Result<OwnedSemaphorePermit, AcquireError> {
        let mut taking = std::pin::pin!(Arc::clone(&part.room).acquire_many_owned(bytes));
        loop {
            self.cut_off_slow(part.whose);
            tokio::select! {
                taken = &mut taking => return taken,
                () = tokio::time::sleep(LOOK_AGAIN) => {}
            }
        }
    }

    /// Cuts off slow answers that others wait for.
    fn cut_off_slow(&self, whose: Whose) {
        let under_way = locked(&self.under_way);
        let slow = under_way.answers.values().take_while(|leaving| leaving.since.elapsed() >= LONGEST_WAY);
        for leaving in slow.filter(|leaving| leaving.of.contains(&whose)) {
            leaving.connection.0.tell(Signal::CutOff);
        }
    }

    fn parts_of(&self, caller: Option<Presented>) -> Vec<Arc<Part>> {
        let narrow = match caller {
            Some(Presented::Storage(project, token)) => {
                vec![Whose::Token(project, token), Whose::Project(project)]
            }
            Some(Presented::Manage(id)) => vec![Whose::Manage(id)],
            None => vec![Whose::Anyone],
        };
        let mut of: Vec<_> = narrow.into_iter().map(|whose| self.part(whose)).collect();
        of.push(Arc::clone(&self.all));
        of
    }

    fn part(&self, whose: Whose) -> Arc<Part> {
        let mut parts = locked(&self.parts);
        if let Some(part) = parts.get(&whose).and_then(Weak::upgrade) {
            return part;
        }
        // Each entry in use belongs to a call, whose number is limited.
        parts.retain(|_, part| part.strong_count() > 0);
        let part = Part::new(whose, whose.share(self.most).max(LARGEST));
        parts.insert(whose, Arc::downgrade(&part));
        part
    }
}

impl Default for Answers {
    fn default() -> Self {
        Self::new(MOST)
    }
}

impl Part {
    fn new(whose: Whose, bytes: usize) -> Arc<Self> {
        Arc::new(Self { whose, room: Arc::new(Semaphore::new(bytes)), waiting: AtomicUsize::new(0) })
    }
}

/// A waiting call, counted until this is dropped.
struct Waits<'a>(&'a [Arc<Part>]);

impl<'a> Waits<'a> {
    fn begin(of: &'a [Arc<Part>]) -> Result<Self, Error> {
        let count =
            |part: &Arc<Part>| part.waiting.fetch_add(1, Ordering::Relaxed) < part.whose.most_waiting();
        let few = of.iter().filter(|part| count(part)).count() == of.len();
        let waits = Self(of);
        if few { Ok(waits) } else { Err(Error::Overloaded) }
    }
}

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        for part in self.0 {
            part.waiting.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

impl AnswerRoom {
    /// Attaches the reservation to an answer, reduced to its size.
    pub fn hold(mut self, answer: Bytes) -> Bytes {
        for permit in &mut self.permits {
            drop(permit.split(permit.num_permits().saturating_sub(answer.len())));
        }
        if let Some(connection) = self.connection.clone() {
            let (since, of) = (Instant::now(), self.of.iter().map(|part| part.whose).collect());
            let mut under_way = locked(&self.answers.under_way);
            under_way.next += 1;
            let id = under_way.next;
            under_way.answers.insert(id, Leaving { since, of, connection });
            drop(under_way);
            self.leaving = Some(id);
        }
        Bytes::from_owner(Held { answer, _room: self })
    }
}

impl Drop for AnswerRoom {
    fn drop(&mut self) {
        if let Some(id) = self.leaving {
            locked(&self.answers.under_way).answers.remove(&id);
        }
    }
}

/// The body of an answer with its reservation.
struct Held {
    answer: Bytes,
    _room: AnswerRoom,
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.answer
    }
}

#[cfg(test)]
mod tests {
    use std::task::Poll;

    use futures_util::FutureExt as _;

    use super::*;

    fn token(project: u32, token: u64) -> Presented {
        Presented::Storage(ProjectId::new(project).unwrap(), TokenId::new(token).unwrap())
    }

    fn bytes(length: usize) -> Bytes {
        vec![b'x'; length].into()
    }

    /// A reservation of the maximum size, if possible at once.
    fn now(answers: &Arc<Answers>, caller: impl Into<Option<Presented>>) -> Option<AnswerRoom> {
        answers.room(caller.into(), None, LARGEST).now_or_never().map(|room| room.unwrap())
    }

    #[tokio::test]
    async fn one_token_has_a_quarter_of_the_room_and_one_project_a_half() {
        let answers = Arc::new(Answers::new(8 * LARGEST));
        let mut held: Vec<_> = (0..2).map(|_| now(&answers, token(1, 1)).unwrap()).collect();
        assert!(now(&answers, token(1, 1)).is_none());
        held.extend((0..2).map(|_| now(&answers, token(1, 2)).unwrap()));
        assert!(now(&answers, token(1, 3)).is_none());
        held.extend((0..2).map(|_| now(&answers, token(2, 1)).unwrap()));
        held.extend((0..2).map(|_| now(&answers, None).unwrap()));
        assert!(now(&answers, None).is_none());
        assert!(now(&answers, token(3, 1)).is_none(), "there is no more for anybody");
        drop(held);
        now(&answers, token(3, 1)).unwrap();
        assert_eq!((answers.waiting(), answers.all.room.available_permits()), (0, 8 * LARGEST));
    }

    #[tokio::test]
    async fn an_answer_has_as_much_room_as_it_needs_until_the_last_part_of_it_is_gone() {
        let answers = Arc::new(Answers::new(LARGEST));
        let free = || answers.all.room.available_permits();
        let mut answer = now(&answers, None).unwrap().hold(bytes(1000));
        assert_eq!(free(), LARGEST - 1000);
        let rest = answer.split_off(10);
        drop(answer);
        assert_eq!(free(), LARGEST - 1000);
        drop(rest);
        assert_eq!(free(), LARGEST);
    }

    #[tokio::test(start_paused = true)]
    async fn who_finds_no_room_soon_is_told_so_and_who_finds_some_goes_on() {
        let answers = Arc::new(Answers::new(LARGEST));
        let held = now(&answers, None).unwrap();
        let began = Instant::now();
        assert!(matches!(answers.room(None, None, LARGEST).await, Err(Error::Overloaded)));
        assert_eq!(began.elapsed(), LONGEST_WAIT);
        let frees = async {
            tokio::time::sleep(LONGEST_WAIT / 2).await;
            drop(held);
        };
        tokio::join!(answers.room(None, None, LARGEST), frees).0.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn only_so_many_calls_of_one_token_wait_and_others_wait_beside_them() {
        let answers = Arc::new(Answers::new(LARGEST));
        let _held = now(&answers, None).unwrap();
        let mut waiting: Vec<_> =
            (0..MOST_WAITING / 4).map(|_| Box::pin(answers.room(Some(token(1, 1)), None, LARGEST))).collect();
        for call in &mut waiting {
            assert!(call.now_or_never().is_none());
        }
        let one_more = answers.room(Some(token(1, 1)), None, LARGEST).now_or_never();
        assert!(matches!(one_more, Some(Err(Error::Overloaded))));
        assert!(answers.room(Some(token(2, 1)), None, LARGEST).now_or_never().is_none());
        drop(waiting);
        assert_eq!(answers.waiting(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_is_on_its_way_for_long_is_cut_off_once_others_wait_for_its_room() {
        let answers = Arc::new(Answers::new(LARGEST));
        let connection = Connection::default();
        let room = answers.room(None, Some(connection.clone()), LARGEST).await.unwrap();
        let answer = room.hold(bytes(LARGEST));
        tokio::time::sleep(LONGEST_WAY.saturating_sub(LOOK_AGAIN)).await;
        let ends = async {
            std::future::poll_fn(|context| {
                connection.signals().wakes(context.waker());
                if connection.signals().is_told(Signal::CutOff) { Poll::Ready(()) } else { Poll::Pending }
            })
            .await;
            drop(answer);
        };
        let began = Instant::now();
        tokio::join!(answers.room(None, None, LARGEST), ends).0.unwrap();
        assert_eq!(began.elapsed(), LOOK_AGAIN);
    }
}
