//! The app: the store, the mailer, the clock and other parts that operations use.

use std::sync::Arc;

use jeton_core::{
    Error,
    event::UuidSequence,
    event_context::{Actor, Context, EventContext},
    store::{self, Commit, CommitError, Store, Write},
    time::Timestamp,
    token::SharedTexts,
};
use uuid::Uuid;

use crate::{
    brand::Brand,
    clock::Clock,
    console::ways::Ways,
    endpoint::DescriptionCache,
    github::GitHubKeys,
    history::Sealer,
    idempotency::KEY_IS_TAKEN,
    limits::throttle::{ConcurrencyLimit, Throttle},
    limits::{Budgets, DeniedCounts, EventQuota, QuotaLeases, UseMarks},
    mail::{Letterhead, Mail, Mailer, NotSent, Stamp},
    outgoing::Outgoing,
    retry::Attempts,
    table_check::TableCheck,
    telemetry::Telemetry,
};

/// The memory for the pieces that cached answers of verify share, in bytes. An answer with a piece beyond it is not cached.
const ANSWER_TEXTS: usize = 4 << 20;

/// The outcome of a commit.
#[derive(Debug)]
pub enum Outcome<'a> {
    /// It is stored.
    Stored,
    /// Nothing is stored, because of another writer: the condition of this write does not hold. `None` if another writer holds
    /// the records now, which is reported for urgent changes only. The operation reads again and decides again.
    Conflict(Option<&'a Write>),
}

/// The parts that all operations share.
pub struct App {
    /// The store.
    pub store: Arc<dyn Store>,
    /// The check that the store may be used, before the first request of a function.
    pub table_check: TableCheck,
    /// The mailer.
    pub mailer: Mailer,
    /// The clock.
    pub clock: Clock,
    /// The public URL of the service, without a trailing slash. Configured, never taken from a request.
    pub public_url: String,
    /// The networks of proxies whose `X-Forwarded-For` is trusted.
    pub trusted_proxies: Vec<ipnet::IpNet>,
    /// The secret of the edge in front of the gateway of AWS.
    pub edge: Option<crate::http::EdgeSecret>,
    /// The public keys of GitHub's leak reports.
    pub github: GitHubKeys,
    /// The rate limit of wrong tokens.
    pub throttle: Throttle,
    /// The concurrency limit of requests.
    pub concurrency: ConcurrencyLimit,
    /// The leases of the event quota.
    pub leases: QuotaLeases,
    /// The pauses between attempts to store the day of last use of a token.
    pub use_marks: UseMarks,
    /// The counts of denied calls that are not stored yet.
    pub denied: DeniedCounts,
    /// The name, logo and colours in pages and mails.
    pub brand: Arc<Brand>,
    /// The mails that are sent in the background.
    pub outgoing: Outgoing,
    /// The sealer of history, if there is a seal key.
    pub sealer: Option<Sealer>,
    /// How members sign in to the console.
    pub ways: Ways,
    /// The log, metrics and traces.
    pub telemetry: Telemetry,
    /// The generator of event ids.
    pub sequence: UuidSequence,
    /// The pieces that cached answers of verify share.
    pub answer_texts: SharedTexts,
    /// The API description, once requested.
    pub description: DescriptionCache,
}

impl App {
    /// An app with defaults: no trusted proxies, no sealer, no collector. Override them by `App { sealer, ..App::new(…) }`.
    pub fn new(store: Arc<dyn Store>, mailer: Mailer, clock: Clock, public_url: impl Into<String>) -> Self {
        Self {
            store,
            table_check: TableCheck::default(),
            mailer,
            clock,
            public_url: public_url.into(),
            trusted_proxies: Vec::new(),
            edge: None,
            github: GitHubKeys::default(),
            throttle: Throttle::default(),
            concurrency: ConcurrencyLimit::default(),
            leases: QuotaLeases::default(),
            use_marks: UseMarks::default(),
            denied: DeniedCounts::default(),
            brand: Arc::default(),
            outgoing: Outgoing::default(),
            sealer: None,
            ways: Ways::default(),
            telemetry: Telemetry::default(),
            sequence: UuidSequence::default(),
            answer_texts: SharedTexts::new(ANSWER_TEXTS),
            description: DescriptionCache::default(),
        }
    }

    /// An event context with a new uuid of the current time. A change that waited for others must not get an old uuid, behind
    /// events that were read already.
    pub fn event_context(&self, now: Timestamp, actor: Actor) -> EventContext {
        let uuid = self.next_event_id(now);
        EventContext { now, uuid, actor, context: Context::default(), run_id: None }
    }

    /// The identifier of an event of this very moment, which is `now` or later.
    pub fn next_event_id(&self, now: Timestamp) -> Uuid {
        self.sequence.next(self.clock.now().max(now), &mut crate::clock::noise())
    }

    /// A copy of an event context with a new uuid, for a change with two events.
    pub fn with_new_event_id(&self, event_context: &EventContext) -> EventContext {
        let uuid = self.sequence.next(self.clock.now().max(event_context.now), &mut crate::clock::noise());
        EventContext { uuid, ..event_context.clone() }
    }

    /// Stores a commit, or returns the write whose condition failed. Waits for concurrent transactions.
    ///
    /// Errors: as [`Self::commit_by`].
    pub async fn commit<'a>(&self, commit: &'a Commit) -> Result<Outcome<'a>, Error> {
        let stored = store::commit(self.store.as_ref(), commit).await;
        self.outcome(commit, stored).await
    }

    /// Stores a commit as one of several attempts. An urgent change does not wait for concurrent transactions, and reserves a token
    /// that others keep changing.
    ///
    /// It waits for running revocations of the tokens that it changes or checks; a revocation waits for those that began before it,
    /// such as that of its caller.
    ///
    /// Errors: [`Error::CallerChanged`] if the condition on the caller failed; [`Error::ProjectClosed`] if that on the project did;
    /// [`Error::Conflict`] for the `Idempotency-Key`; [`Error::Unavailable`].
    pub async fn commit_by<'a>(&self, attempts: &Attempts, commit: &'a Commit) -> Result<Outcome<'a>, Error> {
        let tokens: Vec<_> = commit.writes.iter().filter_map(Write::revocable).collect();
        self.throttle.changes.wait_for_prioritized(&tokens, attempts.turn()).await;
        for token in attempts.contested() {
            match self.store.reserve(token, self.clock.now()).await {
                Ok(reserved) => reserved.into_iter().for_each(|reserved| attempts.note_reserved(reserved)),
                // Without the reservation, the attempt may still win.
                Err(error) => {
                    tracing::warn!(%error, ?token, "failed to reserve a token for its revocation");
                }
            }
        }
        let stored = store::commit_with(self.store.as_ref(), commit, attempts.contention(commit)).await;
        if let Err(error) = &stored {
            attempts.count_lost(commit, error);
        }
        self.outcome(commit, stored).await
    }

    /// Stores a commit as one of several attempts. After a conflict, waits as the retry policy says and returns false: the operation
    /// reads again and decides again.
    ///
    /// Errors: as [`Self::commit_by`]; those of [`Attempts::after_conflict`] when there were enough attempts.
    pub async fn try_commit(&self, attempts: &Attempts, commit: &Commit) -> Result<bool, Error> {
        match self.commit_by(attempts, commit).await? {
            Outcome::Stored => Ok(true),
            Outcome::Conflict(_) => attempts.after_conflict().await.map(|()| false),
        }
    }

    async fn outcome<'a>(
        &self,
        commit: &'a Commit,
        stored: Result<(), CommitError>,
    ) -> Result<Outcome<'a>, Error> {
        match stored {
            Ok(()) => {
                // It is stored already, and counts against the quota.
                for event in &commit.events {
                    self.event_quota().count(event, event.created).await;
                }
                Ok(Outcome::Stored)
            }
            Err(CommitError::Contended(_)) => Ok(Outcome::Conflict(None)),
            Err(CommitError::Conflict(index)) => match commit.writes.get(index) {
                Some(
                    Write::RequireVersion(..) | Write::RequireSession(_) | Write::RequireManageToken(..),
                ) => Err(Error::CallerChanged),
                Some(Write::RequireOpen(_)) => Err(Error::ProjectClosed),
                Some(Write::InsertIdempotencyRecord(_)) => Err(KEY_IS_TAKEN),
                Some(write) => Ok(Outcome::Conflict(Some(write))),
                None => Err(Error::Internal(format!("a commit has no write {index}"))),
            },
            Err(CommitError::Unknown(why) | CommitError::Unavailable(why)) => Err(Error::Unavailable(why)),
        }
    }

    /// The budgets (quotas) of the store.
    pub fn budgets(&self) -> Budgets<'_> {
        Budgets { store: self.store.as_ref(), sequence: &self.sequence }
    }

    /// The event quota.
    pub fn event_quota(&self) -> EventQuota<'_> {
        EventQuota { leases: &self.leases, budgets: self.budgets() }
    }

    /// What is above and below each mail.
    pub fn letterhead(&self) -> Letterhead<'_> {
        Letterhead { brand: &self.brand, public_url: &self.public_url }
    }

    /// Sends a mail.
    pub async fn mail(&self, mail: &Mail) -> Result<(), NotSent> {
        let mut random = [0; 16];
        rand_core::Rng::fill_bytes(&mut crate::clock::entropy(), &mut random);
        self.mailer.send(mail, Stamp { millis: self.clock.now().millis(), random }).await
    }
}
