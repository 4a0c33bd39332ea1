//! The one writer: a thread that stores whatever is waiting as one group, so that many requests
//! share the time the disk takes, and a lone one waits for nobody.

use std::{
    fmt, io,
    sync::{
        Mutex, PoisonError,
        mpsc::{self, Receiver, RecvTimeoutError, Sender},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use jeton_core::store::{CommitError, Unavailable};
use rusqlite::{Connection, ErrorCode};
use tokio::{sync::oneshot, task};
use tracing::Instrument as _;

use super::token_feed::{QUIET, TokenFeed};
use crate::telemetry::span;

/// From this many on nobody else joins a group, which bounds how long its first member waits.
const GROUP: usize = 512;

/// Why a write was not made, or may not have been.
#[derive(Debug, Clone)]
pub(super) enum Failure {
    /// The condition at this index does not hold.
    Conflict(usize),
    /// Nothing was stored.
    Unavailable(String),
    /// The disk failed while committing.
    Unknown(String),
}

/// The way to the writer thread.
pub(super) struct Writer {
    /// Those who wait for the first of them to set off.
    waiting: Mutex<Party>,
    queue: Option<Sender<Party>>,
    thread: Option<JoinHandle<()>>,
}

/// Requests that came while the runtime went once around.
type Party = Vec<Box<dyn Queued>>;

/// A write that waits for its group.
trait Queued: Send {
    /// Whether it is one statement, which is undone by itself when it fails.
    fn is_one_statement(&self) -> bool;

    /// Makes the changes, within the group's transaction.
    fn run(&mut self, connection: &Connection) -> Result<(), Failure>;

    /// Answers once it is known what became of the group.
    fn answer(self: Box<Self>, group: Result<(), Failure>);
}

struct Request<Work, T> {
    work: Option<Work>,
    one_statement: bool,
    result: Option<Result<T, Failure>>,
    reply: oneshot::Sender<Result<T, Failure>>,
}

impl Writer {
    /// Starts the thread, which has the connection for itself.
    pub(super) fn start(connection: Connection, feed: TokenFeed) -> io::Result<Self> {
        let (queue, requests) = mpsc::channel();
        let thread = thread::Builder::new()
            .name("jeton-sqlite-writer".to_owned())
            .spawn(move || write_groups(&connection, feed, &requests))?;
        Ok(Self { waiting: Mutex::default(), queue: Some(queue), thread: Some(thread) })
    }

    /// Has `work` done in the next group, and answers when that is safely stored.
    ///
    /// When the caller stops waiting, the work is done all the same.
    pub(super) async fn write<T, Work>(&self, work: Work) -> Result<T, Failure>
    where
        T: Send + 'static,
        Work: FnOnce(&Connection) -> Result<T, Failure> + Send + 'static,
    {
        self.queue(work, false).await
    }

    /// The same for work that is one statement, which takes less.
    pub(super) async fn write_one<T, Work>(&self, work: Work) -> Result<T, Failure>
    where
        T: Send + 'static,
        Work: FnOnce(&Connection) -> Result<T, Failure> + Send + 'static,
    {
        self.queue(work, true).await
    }

    async fn queue<T, Work>(&self, work: Work, one_statement: bool) -> Result<T, Failure>
    where
        T: Send + 'static,
        Work: FnOnce(&Connection) -> Result<T, Failure> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let request = Box::new(Request { work: Some(work), one_statement, result: None, reply });
        let place = {
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            waiting.push(request);
            waiting.len()
        };
        if place == 1 {
            // Whoever else is about to ask comes along: where the disk is fast, the writer would be woken for
            // each alone, and a group of one takes as long as a group of many.
            let guide = Guide(self);
            task::yield_now().await;
            drop(guide);
        } else if place >= GROUP {
            self.set_off();
        }
        let answer = answer.instrument(span::store("sqlite", "write")).await;
        answer.unwrap_or_else(|_| Err(Failure::Unknown("the writer ended meanwhile".to_owned())))
    }

    /// Sends to the writer whoever waits.
    fn set_off(&self) {
        let party = std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        if let Some(queue) = &self.queue
            && !party.is_empty()
            && let Err(mpsc::SendError(party)) = queue.send(party)
        {
            for request in party {
                request.answer(Err(Failure::Unavailable("the writer has ended".to_owned())));
            }
        }
    }
}

/// Sets off when dropped: also when the one who came first stops waiting meanwhile.
struct Guide<'a>(&'a Writer);

impl Drop for Guide<'_> {
    fn drop(&mut self) {
        self.0.set_off();
    }
}

impl Drop for Writer {
    /// Waits for what is queued, so that the file is closed in good order.
    fn drop(&mut self) {
        drop(self.queue.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the writer of the SQLite store has panicked");
        }
    }
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Writer")
    }
}

impl<T, Work> Queued for Request<Work, T>
where
    T: Send,
    Work: FnOnce(&Connection) -> Result<T, Failure> + Send,
{
    fn is_one_statement(&self) -> bool {
        self.one_statement
    }

    fn run(&mut self, connection: &Connection) -> Result<(), Failure> {
        let Some(work) = self.work.take() else { return Ok(()) };
        let result = work(connection);
        let outcome = result.as_ref().map(drop).map_err(Clone::clone);
        self.result = Some(result);
        outcome
    }

    fn answer(self: Box<Self>, group: Result<(), Failure>) {
        // A conflict, too, was only with what the group was about to store: when the group fails,
        // nobody's own result holds.
        let Self { result, reply, .. } = *self;
        let result = group.and_then(|()| {
            result.unwrap_or_else(|| Err(Failure::Unavailable("it was not reached".to_owned())))
        });
        // Whoever hung up does not want to know.
        drop(reply.send(result));
    }
}

fn write_groups(connection: &Connection, mut feed: TokenFeed, requests: &Receiver<Party>) {
    while let Some(mut group) = next(connection, &mut feed, requests) {
        while group.len() < GROUP
            && let Ok(party) = requests.try_recv()
        {
            group.extend(party);
        }
        let outcome = store(connection, &mut group, &mut feed);
        if let Err(failure) = &outcome {
            tracing::error!(?failure, "a group of writes was not stored");
        }
        for request in group {
            request.answer(outcome.clone());
        }
    }
}

/// The next requests. While there are none, the index of what tokens did catches up.
fn next(connection: &Connection, feed: &mut TokenFeed, requests: &Receiver<Party>) -> Option<Party> {
    let mut patience = QUIET;
    while feed.is_behind() {
        match requests.recv_timeout(patience) {
            Ok(party) => return Some(party),
            Err(RecvTimeoutError::Disconnected) => return None,
            Err(RecvTimeoutError::Timeout) => {}
        }
        feed.begin();
        if let Err(failure) = store(connection, &mut [], feed) {
            tracing::warn!(?failure, "the index of what tokens did does not catch up; reads take longer");
            break;
        }
        patience = Duration::ZERO;
    }
    requests.recv().ok()
}

/// Stores a group in one transaction, in which each request of several statements is a savepoint of its own.
fn store(
    connection: &Connection,
    group: &mut [Box<dyn Queued>],
    feed: &mut TokenFeed,
) -> Result<(), Failure> {
    execute(connection, "BEGIN IMMEDIATE")?;
    let ran = group.iter_mut().try_for_each(|request| store_one(connection, request.as_mut()));
    let stepped = ran.and_then(|()| Ok(feed.step(connection, group.len())?));
    let stored = stepped.and_then(|step| {
        execute(connection, "COMMIT").map_err(|error| match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy) => Failure::Unavailable(error.to_string()),
            // The last pages may or may not have reached the disk.
            _ => Failure::Unknown(error.to_string()),
        })?;
        feed.stepped(step);
        Ok(())
    });
    if stored.is_err() && !connection.is_autocommit() {
        // Should this fail as well, the next BEGIN says so.
        drop(execute(connection, "ROLLBACK"));
    }
    stored
}

/// An error here is one of the whole group; what a request itself failed with, it keeps.
fn store_one(connection: &Connection, request: &mut dyn Queued) -> Result<(), Failure> {
    if request.is_one_statement() {
        return match request.run(connection) {
            Err(failure) if connection.is_autocommit() => Err(failure),
            _ => Ok(()),
        };
    }
    execute(connection, "SAVEPOINT request")?;
    if let Err(failure) = request.run(connection) {
        if connection.is_autocommit() {
            // A full disk or a failing one makes SQLite give up the transaction, not the statement.
            return Err(failure);
        }
        execute(connection, "ROLLBACK TO request")?;
    }
    Ok(execute(connection, "RELEASE request")?)
}

fn execute(connection: &Connection, sql: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(sql)?.execute([]).map(drop)
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Unavailable(error.to_string())
    }
}

impl From<Failure> for CommitError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Conflict(index) => Self::Conflict(index),
            Failure::Unavailable(why) => Self::Unavailable(why),
            Failure::Unknown(why) => Self::Unknown(why),
        }
    }
}

impl From<Failure> for Unavailable {
    /// Of the writes that answer with this, each may be repeated, or counts as made when in doubt.
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Conflict(index) => Self(format!("unexpected conflict at {index}")),
            Failure::Unavailable(why) | Failure::Unknown(why) => Self(why),
        }
    }
}
