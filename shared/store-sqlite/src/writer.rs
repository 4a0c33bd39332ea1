//! The writer thread: stores all waiting requests as one group, so that they share the time of the disk. A
//! lone request is not delayed.

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
use jeton_store_support::span;
use rusqlite::{Connection, ErrorCode, ffi};
use tokio::{sync::oneshot, task};
use tracing::Instrument as _;

use super::{
    coherence::Coherence,
    mark::{Begun, Mark, Note, Reached},
    need::Need,
    room::Room,
    statements::Statements,
    tail::NewEvent,
    trailing::{QUIET, Step, TrailingIndex},
    transaction::Transaction,
    wal,
};

/// How long an idle writer waits before it checks whether the log is still long, and whether another program
/// has written to the database.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// The size at which a group is closed, which bounds how long its first request waits.
pub(super) const GROUP: usize = 512;

/// Why a write failed, or may have failed.
#[derive(Debug, Clone)]
pub(super) enum Failure {
    /// The condition at this index does not hold.
    Conflict(usize),
    /// Nothing was stored.
    Unavailable(String),
    /// Nothing was stored, for lack of disk space.
    Full(String),
    /// The disk failed while committing.
    Unknown(String),
}

/// What the writer of a server has besides its connection.
#[derive(Debug)]
pub(super) struct Served {
    pub(super) room: Room,
    pub(super) mark: Mark,
}

/// The kind of process that writes.
#[derive(Debug)]
pub(super) enum Company {
    /// A command with a database that no server uses, or a test.
    Alone,
    /// A command beside a server, or after one that was killed.
    Beside(Note),
    /// The server.
    Serves(Box<Served>),
}

impl Company {
    pub(super) fn served(&self) -> Option<&Served> {
        match self {
            Self::Serves(served) => Some(served),
            Self::Alone | Self::Beside(_) => None,
        }
    }

    fn served_mut(&mut self) -> Option<&mut Served> {
        match self {
            Self::Serves(served) => Some(served),
            Self::Alone | Self::Beside(_) => None,
        }
    }

    fn note(&mut self) -> Option<&mut Note> {
        match self {
            Self::Serves(served) => Some(&mut served.mark.note),
            Self::Beside(note) => Some(note),
            Self::Alone => None,
        }
    }
}

/// The handle of the writer thread.
pub(super) struct Writer {
    /// Pending requests, until the first of them flushes.
    waiting: Mutex<PendingWrites>,
    queue: Option<Sender<PendingWrites>>,
    thread: Option<JoinHandle<()>>,
}

/// Requests that came during one turn of the runtime.
type PendingWrites = Vec<Box<dyn Queued>>;

/// A write that waits for its group.
trait Queued: Send {
    /// Whether it is one statement, which SQLite rolls back by itself when it fails.
    fn is_one_statement(&self) -> bool;

    /// The disk space that it may use.
    fn need(&self) -> Need;

    /// Runs the changes, within the group's transaction; a second time if the first one was rolled back.
    fn run(&mut self, transaction: &Transaction<'_, '_>) -> Result<(), Failure>;

    /// Rejects it without running.
    fn reject(&mut self, failure: Failure);

    /// Answers with the outcome of the group.
    fn answer(self: Box<Self>, group: Result<(), Failure>);
}

struct Request<Work, T> {
    work: Work,
    need: Need,
    one_statement: bool,
    result: Option<Result<T, Failure>>,
    reply: oneshot::Sender<Result<T, Failure>>,
}

impl Writer {
    /// Starts the thread, which owns the connection.
    pub(super) fn start(
        connection: Connection,
        index: TrailingIndex,
        company: Company,
        coherence: Option<Coherence>,
    ) -> io::Result<Self> {
        let (queue, requests) = mpsc::channel();
        let thread = thread::Builder::new()
            .name("jeton-sqlite-writer".to_owned())
            .spawn(move || write_groups(&connection, index, company, coherence, &requests))?;
        Ok(Self { waiting: Mutex::default(), queue: Some(queue), thread: Some(thread) })
    }

    /// Runs `work` in the next group, and returns when that is safely stored.
    ///
    /// If the caller stops waiting, the work is done all the same.
    pub(super) async fn write<T, Work>(&self, need: Need, work: Work) -> Result<T, Failure>
    where
        T: Send + 'static,
        Work: FnMut(&Transaction<'_, '_>) -> Result<T, Failure> + Send + 'static,
    {
        self.queue(need, work, false).await
    }

    /// The same for work of one statement, which is cheaper.
    pub(super) async fn write_one<T, Work>(&self, need: Need, work: Work) -> Result<T, Failure>
    where
        T: Send + 'static,
        Work: FnMut(&Transaction<'_, '_>) -> Result<T, Failure> + Send + 'static,
    {
        self.queue(need, work, true).await
    }

    async fn queue<T, Work>(&self, need: Need, work: Work, one_statement: bool) -> Result<T, Failure>
    where
        T: Send + 'static,
        Work: FnMut(&Transaction<'_, '_>) -> Result<T, Failure> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let request = Box::new(Request { work, need, one_statement, result: None, reply });
        let place = {
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            waiting.push(request);
            waiting.len()
        };
        if place == 1 {
            // Yields, so that concurrent requests join: on a fast disk the writer would be woken for each
            // alone, and a group of one takes as long as a group of many.
            let flush = FlushOnDrop(self);
            task::yield_now().await;
            drop(flush);
        } else if place >= GROUP {
            self.flush();
        }
        let answer = answer.instrument(span::store("sqlite", "write")).await;
        answer.unwrap_or_else(|_| Err(Failure::Unknown("the writer ended meanwhile".to_owned())))
    }

    /// Sends the pending requests to the writer.
    fn flush(&self) {
        let pending = std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        if let Some(queue) = &self.queue
            && !pending.is_empty()
            && let Err(mpsc::SendError(pending)) = queue.send(pending)
        {
            for request in pending {
                request.answer(Err(Failure::Unavailable("the writer has ended".to_owned())));
            }
        }
    }
}

/// Flushes when dropped: also when the first caller stops waiting.
struct FlushOnDrop<'a>(&'a Writer);

impl Drop for FlushOnDrop<'_> {
    fn drop(&mut self) {
        self.0.flush();
    }
}

impl Drop for Writer {
    /// Waits for queued requests, so that the file is closed in good order.
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
    Work: FnMut(&Transaction<'_, '_>) -> Result<T, Failure> + Send,
{
    fn need(&self) -> Need {
        self.need
    }

    fn is_one_statement(&self) -> bool {
        self.one_statement
    }

    fn run(&mut self, transaction: &Transaction<'_, '_>) -> Result<(), Failure> {
        let result = (self.work)(transaction);
        let outcome = result.as_ref().map(drop).map_err(Clone::clone);
        self.result = Some(result);
        outcome
    }

    fn reject(&mut self, failure: Failure) {
        self.result = Some(Err(failure));
    }

    fn answer(self: Box<Self>, group: Result<(), Failure>) {
        // A conflict, too, was only with what the group was about to store: when the group fails, no
        // request's own result holds.
        let Self { result, reply, .. } = *self;
        let result = group.and_then(|()| {
            result.unwrap_or_else(|| Err(Failure::Unavailable("it was not reached".to_owned())))
        });
        // The caller may have hung up.
        drop(reply.send(result));
    }
}

fn write_groups(
    connection: &Connection,
    mut index: TrailingIndex,
    mut company: Company,
    mut coherence: Option<Coherence>,
    requests: &Receiver<PendingWrites>,
) {
    let statements = Statements::of(connection);
    while let Some(mut group) = next(&statements, &mut index, &mut company, &mut coherence, requests) {
        while group.len() < GROUP
            && let Ok(pending) = requests.try_recv()
        {
            group.extend(pending);
        }
        let outcome = store(&statements, &mut group, &mut index, &mut company, &mut coherence);
        if let Err(failure) = &outcome {
            tracing::error!(?failure, "a group of writes was not stored");
        }
        if let Some(Served { room, .. }) = company.served() {
            room.state().has_failed(outcome.is_err());
            if room.state().is_short() {
                wal::take_in(connection);
            }
        }
        for request in group {
            request.answer(outcome.clone());
        }
        if let Some(served) = company.served_mut().filter(|served| !served.room.state().is_short()) {
            served.mark.tend(connection);
        }
    }
}

/// Receives the next requests. While there are none, fills the indexes that trail behind.
fn next(
    statements: &Statements<'_>,
    index: &mut TrailingIndex,
    company: &mut Company,
    coherence: &mut Option<Coherence>,
    requests: &Receiver<PendingWrites>,
) -> Option<PendingWrites> {
    let (connection, mut patience) = (statements.connection, QUIET);
    while index.is_behind() && company.served().is_none_or(|served| !served.room.state().is_short()) {
        match requests.recv_timeout(patience) {
            Ok(pending) => return Some(pending),
            Err(RecvTimeoutError::Disconnected) => return None,
            Err(RecvTimeoutError::Timeout) => {}
        }
        index.begin_batch();
        if let Err(failure) = store(statements, &mut [], index, company, coherence) {
            tracing::warn!(?failure, "the index of what tokens did does not catch up; reads take longer");
            break;
        }
        if let Some(served) = company.served_mut().filter(|served| !served.room.state().is_short()) {
            served.mark.tend(connection);
        }
        patience = Duration::ZERO;
    }
    loop {
        // After a slow reader the log is longer than usual.
        let log_is_long = company.served().is_some_and(|served| served.room.log_is_long());
        if !log_is_long && coherence.is_none() {
            return requests.recv().ok();
        }
        match requests.recv_timeout(LOOK_AGAIN) {
            Ok(pending) => return Some(pending),
            Err(RecvTimeoutError::Disconnected) => return None,
            Err(RecvTimeoutError::Timeout) => {}
        }
        if let Some(served) = company.served_mut().filter(|_| log_is_long) {
            wal::shorten(connection, &mut served.mark);
        }
        if let Some(Err(error)) = coherence.as_mut().map(|coherence| coherence.look(connection)) {
            tracing::warn!(%error, "the database does not say whether another program has written to it");
        }
    }
}

/// Stores a group. On a full disk deletes the reserve file, and then stores revocations only.
fn store(
    statements: &Statements<'_>,
    group: &mut [Box<dyn Queued>],
    index: &mut TrailingIndex,
    company: &mut Company,
    coherence: &mut Option<Coherence>,
) -> Result<(), Failure> {
    if let Some(served) = company.served_mut() {
        served.room.look();
    }
    let mut undo = Undo::Group;
    loop {
        // What a request may use of a full disk is counted each time that it runs.
        if company.served().is_some_and(|served| served.room.state().is_short()) {
            undo = Undo::Request;
        }
        match attempt(statements, group, index, company, coherence, undo) {
            Ok(Attempt::Stored) => return Ok(()),
            Ok(Attempt::MustUndoRequest) => undo = Undo::Request,
            Err(Failure::Full(_)) if company.served_mut().is_some_and(|served| served.room.give_up()) => {}
            Err(failure) => return Err(failure),
        }
    }
}

/// What is rolled back when a request of several statements fails after it has changed something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Undo {
    /// The whole group, which then runs again with [`Undo::Request`]. Savepoints take as long as the changes, and hardly any
    /// request fails so late.
    Group,
    /// The request alone: each has a savepoint.
    Request,
}

/// The outcome of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Attempt {
    /// It is committed.
    Stored,
    /// It is rolled back, since it had no savepoint to go back to.
    MustUndoRequest,
}

/// Stores a group in one transaction.
fn attempt(
    statements: &Statements<'_>,
    group: &mut [Box<dyn Queued>],
    index: &mut TrailingIndex,
    company: &mut Company,
    coherence: &mut Option<Coherence>,
    undo: Undo,
) -> Result<Attempt, Failure> {
    statements.begin.execute([])?;
    let connection = statements.connection;
    let filled = fill(statements, group, index, company, coherence, undo);
    let stored = filled.and_then(|filled| {
        let Some(filled) = filled else {
            execute(connection, "ROLLBACK")?;
            return Ok(Attempt::MustUndoRequest);
        };
        let _change = coherence.as_ref().map(Coherence::about_to_commit);
        statements.commit.execute([]).map_err(|error| {
            match (error.sqlite_error_code(), Failure::of(&error)) {
                (Some(ErrorCode::DatabaseBusy), failure) | (_, failure @ Failure::Full(_)) => failure,
                // The last pages may or may not have reached the disk.
                (_, _) => Failure::Unknown(error.to_string()),
            }
        })?;
        index.stepped(filled.events, filled.step);
        if let (Some(note), Some(reached)) = (company.note(), filled.reached) {
            note.counted(reached);
        }
        Ok(Attempt::Stored)
    });
    if stored.is_err() {
        index.read_again();
        if !connection.is_autocommit() {
            // If this fails as well, the next BEGIN reports it.
            drop(execute(connection, "ROLLBACK"));
        }
    }
    stored
}

/// What a transaction has done, to be applied once it is committed.
struct Filled {
    events: Vec<NewEvent>,
    step: Step,
    reached: Option<Reached>,
}

/// Runs the requests of a group in its transaction, and a step of the index. `None` if the transaction has to
/// be rolled back and run again with [`Undo::Request`].
fn fill(
    statements: &Statements<'_>,
    group: &mut [Box<dyn Queued>],
    index: &mut TrailingIndex,
    company: &mut Company,
    coherence: &mut Option<Coherence>,
    undo: Undo,
) -> Result<Option<Filled>, Failure> {
    let connection = statements.connection;
    let version = statements.data_version.number()?;
    if let Some(coherence) = coherence {
        coherence.begin(version);
    }
    index.begin(connection, version)?;
    let begun = Begun::now(connection, index.last());
    let room = company.served().map(|served| &served.room);
    let transaction = Transaction::new(statements, index);
    for request in group.iter_mut() {
        if !room.is_none_or(|room| room.allows(request.need(), connection)) {
            let why = "there is no room on the disk but for what takes rights away";
            request.reject(Failure::Full(why.to_owned()));
        } else if store_one(&transaction, request.as_mut(), undo)? == Attempt::MustUndoRequest {
            return Ok(None);
        }
    }
    let is_short = room.is_some_and(|room| room.state().is_short());
    let events = transaction.into_events();
    let last = events.last().map_or(index.last(), |event| event.entry.seq);
    let reached = company.note().map(|note| note.count(connection, &begun, last)).transpose()?;
    let step = index.step(statements, group.len(), !is_short)?;
    Ok(Some(Filled { events, step, reached }))
}

/// Errors are those of the whole group; each request keeps its own.
fn store_one(
    transaction: &Transaction<'_, '_>,
    request: &mut dyn Queued,
    undo: Undo,
) -> Result<Attempt, Failure> {
    // SQLite undoes a failed statement by itself.
    let needs_undo = !request.is_one_statement();
    let has_savepoint = needs_undo && undo == Undo::Request;
    if has_savepoint {
        execute(transaction, "SAVEPOINT request")?;
    }
    let (changes, events) = (transaction.total_changes(), transaction.count());
    if let Err(failure) = request.run(transaction) {
        if is_for_all(transaction, &failure) {
            return Err(failure);
        }
        if has_savepoint {
            execute(transaction, "ROLLBACK TO request")?;
            transaction.roll_back_to(events);
        } else if needs_undo && transaction.total_changes() != changes {
            return Ok(Attempt::MustUndoRequest);
        }
    }
    if has_savepoint {
        execute(transaction, "RELEASE request")?;
    }
    Ok(Attempt::Stored)
}

/// Whether the failure of one request ends its whole group: on a full or failing disk SQLite rolls back the
/// transaction, not the statement.
fn is_for_all(connection: &Connection, failure: &Failure) -> bool {
    connection.is_autocommit() || matches!(failure, Failure::Full(_))
}

fn execute(connection: &Connection, sql: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(sql)?.execute([]).map(drop)
}

impl Failure {
    /// The meaning of an SQLite error before the end of a transaction.
    fn of(error: &rusqlite::Error) -> Self {
        let why = error.to_string();
        match error.sqlite_error() {
            // SQLite reports an exceeded quota or limit as a failed write.
            Some(code)
                if code.code == ErrorCode::DiskFull || code.extended_code == ffi::SQLITE_IOERR_WRITE =>
            {
                Self::Full(why)
            }
            _ => Self::Unavailable(why),
        }
    }
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::of(&error)
    }
}

impl From<Failure> for CommitError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Conflict(index) => Self::Conflict(index),
            Failure::Unavailable(why) | Failure::Full(why) => Self::Unavailable(why),
            Failure::Unknown(why) => Self::Unknown(why),
        }
    }
}

impl From<Failure> for Unavailable {
    /// Only for writes that may be repeated, or count as made when in doubt.
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Conflict(index) => Self(format!("unexpected conflict at {index}")),
            Failure::Unavailable(why) | Failure::Full(why) | Failure::Unknown(why) => Self(why),
        }
    }
}
