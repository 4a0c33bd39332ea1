//! The embedded store on SQLite.
//!
//! One writer thread commits groups (`writer`); reads go through a few connections of their own
//! (`readers`). What is written is in `commit`, what is read in `reads`, how events are laid out in
//! `events`, and how those of a token are found in `token_feed`. Verify items that were read before are in `known`.

mod backup;
mod budgets;
mod clean;
mod commit;
mod connection;
mod events;
mod known;
mod known_projects;
mod lock;
mod manage;
mod mark;
mod members;
mod need;
mod objects;
mod open_error;
mod part;
mod readers;
mod reads;
mod room;
mod schema;
mod seals;
mod shares;
mod sql;
mod tables;
mod token_feed;
mod wal;
mod writer;

use std::{collections::BTreeSet, path::Path, sync::Arc};

use async_trait::async_trait;
pub use backup::{Restoring, backup};
use jeton_core::{
    budget::Spend,
    email::Email,
    event::{Event, EventPage, EventRange, Feed},
    id::{ManageTokenId, MemberId, ProjectId, TokenId},
    idempotency::{IdempotencyRecord, IdempotencyRecordId},
    manage::ManageToken,
    member::{Member, Membership, UnreadableMember},
    project::Project,
    seal::{Delivered, Digest, Seal, SignedHead, Unreadable},
    session::{Session, SessionId},
    share::{AttemptId, Share, ShareId, UnreadableInvitation},
    store::{Commit, CommitError, Due, Store, TokenPage, Unavailable},
    time::{Day, Timestamp},
    token::{StoredVerifyItem, Token, Tombstone},
};
use known::Known;
pub use lock::ServeLock;
use need::Need;
pub use open_error::OpenError;
use open_error::{is_there, name};
use readers::Readers;
use room::{Room, State};
use token_feed::{Tail, TokenFeed};
use uuid::Uuid;
use writer::{Company, Served, Writer};

/// A store in one SQLite file.
#[derive(Debug)]
pub struct Sqlite {
    writer: Writer,
    readers: Arc<Readers>,
    tail: Arc<Tail>,
    known: Known,
    /// What a server knows of its disk.
    disk: Option<Arc<State>>,
}

impl Sqlite {
    /// Opens the store in this file, and makes the file, readable by its owner only, when it is new.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        Self::on(schema::open(path, |_| Ok(()))?, path, Company::Alone)
    }

    /// The same for a command of the terminal, which may run beside a server.
    ///
    /// Errors: also when a server runs on the same file under another name, or what was written last is lost.
    pub fn open_beside(path: &Path) -> Result<Self, OpenError> {
        lock::may_be_opened(path)?;
        let connection = schema::open(path, |connection| lock::has_all(connection, path))?;
        let note = lock::note(path);
        Self::on(connection, path, note.map_or(Company::Alone, Company::Beside))
    }

    /// The same, and the file has to be there.
    ///
    /// Errors: also [`OpenError::Missing`].
    pub fn open_existing(path: &Path) -> Result<Self, OpenError> {
        is_there(path)?;
        Self::open_beside(path)
    }

    /// The same for the one server, which keeps room on the disk for what takes rights away.
    pub fn open_to_serve(path: &Path, lock: &ServeLock) -> Result<Self, OpenError> {
        let failed = |source| OpenError::File { path: name(path), source };
        let room = Room::keep(&lock::canonical(path)).map_err(failed)?;
        let mut connection = schema::open(path, |connection| lock.has_all(connection, path))?;
        let pages = wal::limit(&connection, room.log_limit())
            .map_err(|source| OpenError::Sqlite { path: name(path), source })?;
        let mark = lock.mark(&mut connection, path, pages)?;
        Self::on(connection, path, Company::Serves(Box::new(Served { room, mark })))
    }

    fn on(connection: rusqlite::Connection, path: &Path, company: Company) -> Result<Self, OpenError> {
        let feed =
            TokenFeed::open(&connection).map_err(|source| OpenError::Sqlite { path: name(path), source })?;
        let tail = feed.tail();
        let disk = company.served().map(|served| served.room.state());
        let writer = Writer::start(connection, feed, company)
            .map_err(|source| OpenError::File { path: name(path), source })?;
        Ok(Self { writer, readers: Arc::new(Readers::new(path)), tail, known: Known::default(), disk })
    }

    /// Claims the file for the one `jeton serve` that may run on it, until the guard is dropped.
    /// Commands of the terminal need no claim: they take their turns with a running server.
    pub fn serve_lock(path: &Path) -> Result<ServeLock, OpenError> {
        ServeLock::take(path)
    }
}

// A lookup of one row takes some five microseconds, less than handing it to another thread and back
// would; such reads run where they are awaited. Lists can be long, and run on a blocking thread.
#[async_trait]
impl Store for Sqlite {
    async fn commit(&self, commit: &Commit) -> Result<(), CommitError> {
        let (need, commit) = (Need::of(commit), commit::Prepared::new(commit.clone()));
        Ok(self.writer.write(need, move |connection| commit.store(connection)).await?)
    }

    async fn committed(&self, commit: &Commit) -> Result<bool, Unavailable> {
        self.readers.inline(|connection| commit::is_stored(connection, commit))
    }

    async fn append(&self, event: &Event, _shards: u32) -> Result<(), Unavailable> {
        let event = events::Row::new(event);
        Ok(self.writer.write_one(Need::Growth, move |connection| Ok(event.insert(connection)?)).await?)
    }

    async fn verify_item(
        &self,
        project: ProjectId,
        token: TokenId,
    ) -> Result<Option<StoredVerifyItem>, Unavailable> {
        self.readers.inline(|connection| reads::verify_item(connection, &self.known, project, token))
    }

    async fn mark_used(&self, project: ProjectId, token: TokenId, day: Day) -> Result<(), Unavailable> {
        let write = move |connection: &_| Ok(commit::mark_used(connection, project, token, day)?);
        Ok(self.writer.write(Need::Growth, write).await?)
    }

    async fn token(&self, project: ProjectId, token: TokenId) -> Result<Option<Token>, Unavailable> {
        self.readers.inline(|connection| reads::token(connection, project, token))
    }

    async fn tokens(
        &self,
        project: ProjectId,
        after: Option<TokenId>,
        limit: usize,
        bytes: usize,
    ) -> Result<TokenPage, Unavailable> {
        self.readers.blocking(move |connection| reads::tokens(connection, project, after, limit, bytes)).await
    }

    async fn configuration_token(
        &self,
        project: ProjectId,
        component: &str,
        configuration: &str,
    ) -> Result<Option<TokenId>, Unavailable> {
        self.readers.inline(|c| reads::configuration_token(c, project, component, configuration))
    }

    async fn tombstone(&self, project: ProjectId, token: TokenId) -> Result<Option<Tombstone>, Unavailable> {
        self.readers.inline(|connection| reads::tombstone(connection, project, token))
    }

    async fn found_share(&self, share: &ShareId) -> Result<Option<Result<Share, ShareId>>, Unavailable> {
        self.readers.inline(|connection| shares::found(connection, share))
    }

    async fn reserve_attempt(&self, share: &ShareId, attempt: &AttemptId) -> Result<Option<u8>, Unavailable> {
        let (share, attempt) = (share.clone(), attempt.clone());
        let reserve = move |connection: &_| Ok(shares::reserve_attempt(connection, &share, &attempt)?);
        Ok(self.writer.write(Need::Growth, reserve).await?)
    }

    async fn refuse_attempt(&self, share: &ShareId, attempt: &AttemptId) -> Result<Option<u8>, Unavailable> {
        let (share, attempt) = (share.clone(), attempt.clone());
        let refuse = move |connection: &_| Ok(shares::refuse_attempt(connection, &share, &attempt)?);
        Ok(self.writer.write(Need::Growth, refuse).await?)
    }

    async fn spend(&self, budgets: &[Spend], _: Uuid) -> Result<Option<Spend>, Unavailable> {
        let budgets = budgets.to_vec();
        let work = move |connection: &rusqlite::Connection| Ok(budgets::spend(connection, &budgets)?);
        Ok(self.writer.write(Need::Growth, work).await?)
    }

    async fn project(&self, project: ProjectId) -> Result<Option<Project>, Unavailable> {
        self.readers.inline(|connection| reads::project(connection, project))
    }

    async fn projects(&self, limit: usize) -> Result<Vec<ProjectId>, Unavailable> {
        self.readers.blocking(move |connection| reads::projects(connection, limit)).await
    }

    async fn no_projects(&self, limit: usize) -> Result<Vec<String>, Unavailable> {
        self.readers.blocking(move |connection| reads::no_projects(connection, limit)).await
    }

    async fn found_member(
        &self,
        project: ProjectId,
        member: MemberId,
    ) -> Result<Option<Result<Member, UnreadableMember>>, Unavailable> {
        self.readers.inline(|connection| members::member(connection, project, member))
    }

    async fn membership(&self, project: ProjectId, email: &Email) -> Result<Option<Membership>, Unavailable> {
        self.readers.inline(|connection| members::membership(connection, project, email))
    }

    async fn invitations(
        &self,
        project: ProjectId,
        now: Timestamp,
    ) -> Result<Vec<Result<Share, UnreadableInvitation>>, Unavailable> {
        self.readers.blocking(move |connection| shares::invitations(connection, project, now)).await
    }

    async fn found_members(
        &self,
        project: ProjectId,
    ) -> Result<Vec<Result<Member, UnreadableMember>>, Unavailable> {
        self.readers.blocking(move |connection| members::members(connection, project)).await
    }

    async fn projects_of(&self, email: &Email) -> Result<Vec<ProjectId>, Unavailable> {
        let email = email.clone();
        self.readers.blocking(move |connection| reads::projects_of(connection, &email)).await
    }

    async fn session(&self, session: &SessionId) -> Result<Option<Session>, Unavailable> {
        self.readers.inline(|connection| members::session(connection, session))
    }

    async fn idempotency_record(
        &self,
        id: &IdempotencyRecordId,
    ) -> Result<Option<IdempotencyRecord>, Unavailable> {
        self.readers.inline(|connection| reads::idempotency_record(connection, id))
    }

    async fn sessions(&self, email: &Email) -> Result<Vec<Session>, Unavailable> {
        let email = email.clone();
        self.readers.blocking(move |connection| members::sessions(connection, &email)).await
    }

    async fn manage_token(&self, id: ManageTokenId) -> Result<Option<ManageToken>, Unavailable> {
        self.readers.inline(|connection| manage::token(connection, id))
    }

    async fn manage_tokens(
        &self,
        after: Option<ManageTokenId>,
        limit: usize,
    ) -> Result<Vec<ManageToken>, Unavailable> {
        self.readers.blocking(move |connection| manage::tokens(connection, after, limit)).await
    }

    async fn mark_manage_token_used(&self, id: ManageTokenId, day: Day) -> Result<(), Unavailable> {
        Ok(self
            .writer
            .write(Need::Growth, move |connection| Ok(manage::mark_used(connection, id, day)?))
            .await?)
    }

    async fn events(&self, feed: &Feed, range: EventRange) -> Result<EventPage, Unavailable> {
        let (feed, tail) = (feed.clone(), Arc::clone(&self.tail));
        self.readers.blocking(move |connection| events::range(connection, &tail, &feed, range)).await
    }

    async fn event(&self, feed: &Feed, uuid: Uuid) -> Result<Option<Event>, Unavailable> {
        self.readers.inline(|connection| events::one(connection, &self.tail, feed, uuid))
    }

    async fn put_seals(&self, seals: &[Seal]) -> Result<(), Unavailable> {
        let seals = seals.to_vec();
        Ok(self.writer.write(Need::Growth, move |connection| Ok(seals::put(connection, &seals)?)).await?)
    }

    async fn found_seals(
        &self,
        project: ProjectId,
        day: Day,
    ) -> Result<Vec<Result<Seal, Unreadable>>, Unavailable> {
        self.readers.blocking(move |connection| seals::of_day(connection, project, day)).await
    }

    async fn insert_head(&self, head: &SignedHead) -> Result<bool, Unavailable> {
        let head = head.clone();
        Ok(self
            .writer
            .write(Need::Growth, move |connection| Ok(seals::insert_head(connection, &head)?))
            .await?)
    }

    async fn found_heads(
        &self,
        project: ProjectId,
        from: Day,
        limit: usize,
    ) -> Result<Vec<Result<SignedHead, Unreadable>>, Unavailable> {
        self.readers.blocking(move |connection| seals::heads(connection, project, from, limit)).await
    }

    async fn delivered(&self, project: ProjectId, place: Digest) -> Result<Option<Delivered>, Unavailable> {
        self.readers.inline(|connection| seals::delivered(connection, project, place))
    }

    async fn put_delivered(
        &self,
        project: ProjectId,
        place: Digest,
        delivered: &Delivered,
    ) -> Result<(), Unavailable> {
        let delivered = delivered.clone();
        let put = move |connection: &_| Ok(seals::put_delivered(connection, project, place, &delivered)?);
        Ok(self.writer.write(Need::Growth, put).await?)
    }

    async fn known_projects(&self) -> Result<BTreeSet<ProjectId>, Unavailable> {
        self.readers.blocking(known_projects::known_projects).await
    }

    async fn known_tokens(&self, project: ProjectId) -> Result<BTreeSet<TokenId>, Unavailable> {
        let in_tail = self.tail.tokens(project);
        let in_file = move |connection: &_| known_projects::known_tokens(connection, project);
        let mut known = self.readers.blocking(in_file).await?;
        known.extend(in_tail);
        Ok(known)
    }

    async fn stray_events(&self, project: ProjectId, after: Uuid) -> Result<Vec<Uuid>, Unavailable> {
        self.readers.blocking(move |connection| events::strays(connection, project, after)).await
    }

    async fn last_head(&self, project: ProjectId) -> Result<Option<SignedHead>, Unavailable> {
        self.readers.inline(|connection| seals::last_head(connection, project))
    }

    async fn due(&self, now: Timestamp, after: Option<Due>, limit: usize) -> Result<Vec<Due>, Unavailable> {
        self.readers.blocking(move |connection| reads::due(connection, now, after, limit)).await
    }

    /// When a token is due stands in its row, so that nothing is left when it is gone.
    async fn forget_due(&self, _due: &Due) -> Result<(), Unavailable> {
        Ok(())
    }

    async fn clean(&self, now: Timestamp) -> Result<u64, Unavailable> {
        Ok(self.writer.write(Need::Revocation, move |connection| Ok(clean::clean(connection, now)?)).await?)
    }

    /// They are rows of one table.
    async fn list_earlier_manage_tokens(&self) -> Result<u64, Unavailable> {
        Ok(0)
    }

    async fn ready(&self) -> Result<(), Unavailable> {
        match self.readers.inline(tables::version)? {
            tables::VERSION => Ok(()),
            other => Err(Unavailable(format!(
                "the file has layout {other}, this Jeton knows layout {}",
                tables::VERSION
            ))),
        }
    }

    async fn writable(&self) -> Result<(), Unavailable> {
        let Some(disk) = &self.disk else { return Ok(()) };
        // The writer looks at the disk with every group. Nothing is written unless writes have failed.
        let tries = disk.is_failing();
        let look = move |connection: &rusqlite::Connection| {
            if tries {
                connection.pragma_update(None, "user_version", tables::VERSION)?;
            }
            Ok(())
        };
        self.writer.write(Need::Revocation, look).await?;
        if disk.is_short() {
            return Err(Unavailable(
                "the disk is nearly full; only what takes rights away is stored".to_owned(),
            ));
        }
        Ok(())
    }

    /// Whoever opens a file sets it up.
    async fn set_up(&self) -> Result<(), Unavailable> {
        self.ready().await
    }
}
