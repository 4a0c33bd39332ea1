//! The embedded store on SQLite.
//!
//! One writer thread commits groups (`writer`); reads go through a few connections of their own
//! (`readers`). What is written is in `commit`, what is read in `reads`, how events are laid out in
//! `events`, and how those of a token are found in `token_feed`. Verify items that were read before are in `known`.

mod backup;
mod budgets;
mod clean;
mod commit;
mod events;
mod known;
mod lock;
mod manage;
mod readers;
mod reads;
mod schema;
mod seals;
mod shares;
mod token_feed;
mod writer;

use std::{io, path::Path, sync::Arc};

use async_trait::async_trait;
pub use backup::{Restoring, backup};
use jeton_core::{
    budget::Spend,
    email::Email,
    event::{Event, EventPage, EventRange, Feed},
    id::{ManageTokenId, MemberId, ProjectId, TokenId},
    manage::ManageToken,
    member::{Member, Membership},
    project::Project,
    receipt::{Receipt, ReceiptId},
    seal::{Seal, SignedHead},
    session::{Session, SessionId},
    share::{Share, ShareId},
    store::{Commit, CommitError, Due, Store, Unavailable},
    time::{Day, Timestamp},
    token::{Standing, Token, Tombstone},
};
use known::Known;
pub use lock::ServeLock;
use readers::Readers;
use token_feed::{Tail, TokenFeed};
use uuid::Uuid;
use writer::Writer;

/// A store in one SQLite file.
#[derive(Debug)]
pub struct Sqlite {
    writer: Writer,
    readers: Arc<Readers>,
    tail: Arc<Tail>,
    known: Known,
}

/// Why a file cannot be used as a store, as a sentence for whoever started Jeton.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file cannot be made or opened.
    #[error("the database {path} cannot be opened: {source}")]
    File {
        /// The file.
        path: String,
        /// Why not.
        source: io::Error,
    },
    /// SQLite refuses the file.
    #[error("the database {path} cannot be used: {source}")]
    Sqlite {
        /// The file.
        path: String,
        /// Why not.
        source: rusqlite::Error,
    },
    /// A newer Jeton has written the file.
    #[error(
        "the database {path} was written by a newer Jeton (its schema is version {found}, this program knows {known}); use that Jeton, or another file"
    )]
    Newer {
        /// The file.
        path: String,
        /// The version of its schema.
        found: u32,
        /// The newest version that this program knows.
        known: u32,
    },
    /// The file is a backup, in which copies may be alive that were taken back since.
    #[error("{path} is a backup: put it in place with `jeton restore`")]
    Backup {
        /// The file.
        path: String,
    },
    /// The file is no backup.
    #[error("{path} is no file that `jeton backup` has written")]
    NoBackup {
        /// The file.
        path: String,
    },
    /// What SQLite found wrong with the file.
    #[error("the backup {path} is damaged: {found}")]
    Broken {
        /// The file.
        path: String,
        /// What is wrong, in SQLite's words.
        found: String,
    },
    /// Another `jeton serve` has the file.
    #[error(
        "another `jeton serve` is running on the database {path}; stop it first, or choose another file with JETON_STORE"
    )]
    Served {
        /// The file.
        path: String,
    },
}

impl Sqlite {
    /// Opens the store in this file, and makes the file, readable by its owner only, when it is new.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        Self::on(schema::open(path)?, path)
    }

    fn on(connection: rusqlite::Connection, path: &Path) -> Result<Self, OpenError> {
        let feed =
            TokenFeed::open(&connection).map_err(|source| OpenError::Sqlite { path: name(path), source })?;
        let tail = feed.tail();
        let writer =
            Writer::start(connection, feed).map_err(|source| OpenError::File { path: name(path), source })?;
        Ok(Self { writer, readers: Arc::new(Readers::new(path)), tail, known: Known::default() })
    }

    /// Claims the file for the one `jeton serve` that may run on it, until the guard is dropped.
    /// Commands of the terminal need no claim: they take their turns with a running server.
    pub fn serve_lock(path: &Path) -> Result<ServeLock, OpenError> {
        ServeLock::take(path)
    }
}

fn name(path: &Path) -> String {
    path.display().to_string()
}

// A lookup of one row takes some five microseconds, less than handing it to another thread and back
// would; such reads run where they are awaited. Lists can be long, and run on a blocking thread.
#[async_trait]
impl Store for Sqlite {
    async fn commit(&self, commit: &Commit) -> Result<(), CommitError> {
        let commit = commit::Prepared::new(commit.clone());
        Ok(self.writer.write(move |connection| commit.store(connection)).await?)
    }

    async fn committed(&self, commit: &Commit) -> Result<bool, Unavailable> {
        self.readers.inline(|connection| commit::is_stored(connection, commit))
    }

    async fn append(&self, event: &Event, _shards: u32) -> Result<(), Unavailable> {
        let event = events::Row::new(event);
        Ok(self.writer.write_one(move |connection| Ok(event.insert(connection)?)).await?)
    }

    async fn verify_item(&self, project: ProjectId, token: TokenId) -> Result<Option<Standing>, Unavailable> {
        self.readers.inline(|connection| reads::verify_item(connection, &self.known, project, token))
    }

    async fn mark_used(&self, project: ProjectId, token: TokenId, day: Day) -> Result<(), Unavailable> {
        let write = move |connection: &_| Ok(commit::mark_used(connection, project, token, day)?);
        Ok(self.writer.write(write).await?)
    }

    async fn token(&self, project: ProjectId, token: TokenId) -> Result<Option<Token>, Unavailable> {
        self.readers.inline(|connection| reads::token(connection, project, token))
    }

    async fn tokens(
        &self,
        project: ProjectId,
        after: Option<TokenId>,
        limit: usize,
    ) -> Result<Vec<Token>, Unavailable> {
        self.readers.blocking(move |connection| reads::tokens(connection, project, after, limit)).await
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

    async fn share(&self, share: &ShareId) -> Result<Option<Share>, Unavailable> {
        self.readers.inline(|connection| shares::share(connection, share))
    }

    async fn reserve_attempt(&self, share: &ShareId) -> Result<Option<u8>, Unavailable> {
        let share = share.clone();
        Ok(self.writer.write(move |connection| Ok(shares::reserve_attempt(connection, &share)?)).await?)
    }

    async fn refuse_attempt(&self, share: &ShareId) -> Result<Option<u8>, Unavailable> {
        let share = share.clone();
        Ok(self.writer.write(move |connection| Ok(shares::refuse_attempt(connection, &share)?)).await?)
    }

    async fn spend(&self, budgets: &[Spend], _: Uuid) -> Result<Option<Spend>, Unavailable> {
        let budgets = budgets.to_vec();
        let work = move |connection: &rusqlite::Connection| Ok(budgets::spend(connection, &budgets)?);
        Ok(self.writer.write(work).await?)
    }

    async fn project(&self, project: ProjectId) -> Result<Option<Project>, Unavailable> {
        self.readers.inline(|connection| reads::project(connection, project))
    }

    async fn projects(&self, limit: usize) -> Result<Vec<ProjectId>, Unavailable> {
        self.readers.blocking(move |connection| reads::projects(connection, limit)).await
    }

    async fn member(&self, project: ProjectId, member: MemberId) -> Result<Option<Member>, Unavailable> {
        self.readers.inline(|connection| reads::member(connection, project, member))
    }

    async fn membership(&self, project: ProjectId, email: &Email) -> Result<Option<Membership>, Unavailable> {
        self.readers.inline(|connection| reads::membership(connection, project, email))
    }

    async fn members(&self, project: ProjectId) -> Result<Vec<Member>, Unavailable> {
        self.readers.blocking(move |connection| reads::members(connection, project)).await
    }

    async fn projects_of(&self, email: &Email) -> Result<Vec<ProjectId>, Unavailable> {
        let email = email.clone();
        self.readers.blocking(move |connection| reads::projects_of(connection, &email)).await
    }

    async fn session(&self, session: &SessionId) -> Result<Option<Session>, Unavailable> {
        self.readers.inline(|connection| reads::session(connection, session))
    }

    async fn receipt(&self, id: &ReceiptId) -> Result<Option<Receipt>, Unavailable> {
        self.readers.inline(|connection| reads::receipt(connection, id))
    }

    async fn sessions(&self, email: &Email) -> Result<Vec<Session>, Unavailable> {
        let email = email.clone();
        self.readers.blocking(move |connection| reads::sessions(connection, &email)).await
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
        Ok(self.writer.write(move |connection| Ok(manage::mark_used(connection, id, day)?)).await?)
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
        Ok(self.writer.write(move |connection| Ok(seals::put(connection, &seals)?)).await?)
    }

    async fn seals(&self, project: ProjectId, day: Day) -> Result<Vec<Seal>, Unavailable> {
        self.readers.blocking(move |connection| seals::of_day(connection, project, day)).await
    }

    async fn insert_head(&self, head: &SignedHead) -> Result<bool, Unavailable> {
        let head = head.clone();
        Ok(self.writer.write(move |connection| Ok(seals::insert_head(connection, &head)?)).await?)
    }

    async fn heads(
        &self,
        project: ProjectId,
        from: Day,
        limit: usize,
    ) -> Result<Vec<SignedHead>, Unavailable> {
        self.readers.blocking(move |connection| seals::heads(connection, project, from, limit)).await
    }

    async fn last_head(&self, project: ProjectId) -> Result<Option<SignedHead>, Unavailable> {
        self.readers.inline(|connection| seals::last_head(connection, project))
    }

    async fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<Due>, Unavailable> {
        self.readers.blocking(move |connection| reads::due(connection, now, limit)).await
    }

    async fn clean(&self, now: Timestamp) -> Result<u64, Unavailable> {
        Ok(self.writer.write(move |connection| Ok(clean::clean(connection, now)?)).await?)
    }

    async fn ready(&self) -> Result<(), Unavailable> {
        match self.readers.inline(schema::version)? {
            schema::VERSION => Ok(()),
            other => Err(Unavailable(format!(
                "the file has layout {other}, this Jeton knows layout {}",
                schema::VERSION
            ))),
        }
    }
}
