//! What every operation works with.

use std::sync::Arc;

use jeton_core::{
    Error,
    event::UuidSequence,
    event_context::{Actor, Context, EventContext},
    store::{self, Commit, CommitError, Contention, Store, Write},
    time::Timestamp,
};
use uuid::Uuid;

use crate::{
    clock::Clock,
    endpoint::Described,
    github::GitHubKeys,
    history::Sealer,
    idempotency::KEY_IS_TAKEN,
    limits::throttle::{ConcurrencyLimit, Throttle},
    limits::{Budgets, DeniedCounts, EventQuota, QuotaLeases},
    mail::{Mail, Mailer, NotSent, Stamp},
    outgoing::Outgoing,
    retry::Attempts,
    telemetry::Telemetry,
};

/// What came of a commit.
#[derive(Debug)]
pub enum Outcome<'a> {
    /// It is stored.
    Stored,
    /// Nothing is stored: another writer came first, and the condition of this write no longer held; none when
    /// another writer is at it just now, which only urgent changes are told. The operation reads again and decides
    /// anew.
    Conflict(Option<&'a Write>),
}

/// The parts that are the same for every call.
pub struct App {
    /// Where everything is kept.
    pub store: Arc<dyn Store>,
    /// How mail goes out.
    pub mailer: Mailer,
    /// Where the time comes from.
    pub clock: Clock,
    /// Where people and programs reach this service, without a slash at the end. Configured, never
    /// taken from a request.
    pub public_url: String,
    /// Networks of proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<ipnet::IpNet>,
    /// Whose word GitHub's is: the keys it signs with when it reports tokens that leaked.
    pub github: GitHubKeys,
    /// Who presents wrong tokens too often.
    pub throttle: Throttle,
    /// Places for the requests that are worked on at once.
    pub concurrency: ConcurrencyLimit,
    /// What is left of the bytes of events that were reserved.
    pub leases: QuotaLeases,
    /// Denied events that are counted and not told yet.
    pub denied: DeniedCounts,
    /// Mail that leaves beside the answers.
    pub outgoing: Outgoing,
    /// Who seals history during a sweep, if anybody does.
    pub sealer: Option<Sealer>,
    /// Where is told what goes on.
    pub telemetry: Telemetry,
    /// Keeps events in order within this process.
    pub sequence: UuidSequence,
    /// The description of the API, once somebody has asked for it.
    pub described: Described,
}

impl App {
    /// The parts that have no default, beside defaults: no proxy is trusted, nobody seals history, and nothing is told to
    /// a collector. What is to be otherwise is named in `App { sealer, ..App::new(…) }`.
    pub fn new(store: Arc<dyn Store>, mailer: Mailer, clock: Clock, public_url: impl Into<String>) -> Self {
        Self {
            store,
            mailer,
            clock,
            public_url: public_url.into(),
            trusted_proxies: Vec::new(),
            github: GitHubKeys::default(),
            throttle: Throttle::default(),
            concurrency: ConcurrencyLimit::default(),
            leases: QuotaLeases::default(),
            denied: DeniedCounts::default(),
            outgoing: Outgoing::default(),
            sealer: None,
            telemetry: Telemetry::default(),
            sequence: UuidSequence::default(),
            described: Described::default(),
        }
    }

    /// The event context of something that happens now. The uuid of its event is of this very moment, however long ago the
    /// call began: a change that had to wait for others must not turn up far behind what was read meanwhile.
    pub fn event_context(&self, now: Timestamp, actor: Actor) -> EventContext {
        let uuid = self.next_event_id(now);
        EventContext { now, uuid, actor, context: Context::default(), run_id: None }
    }

    /// The identifier of an event of this very moment, which is `now` or later.
    pub fn next_event_id(&self, now: Timestamp) -> Uuid {
        self.sequence.next(self.clock.now().max(now), &mut crate::clock::entropy())
    }

    /// The same event context with an identifier of its own, for a change that leaves two events.
    pub fn with_new_event_id(&self, event_context: &EventContext) -> EventContext {
        let uuid = self.sequence.next(self.clock.now().max(event_context.now), &mut crate::clock::entropy());
        EventContext { uuid, ..event_context.clone() }
    }

    /// Stores a commit, or tells which write lost against another writer. One that is at it just now is waited for.
    ///
    /// Errors: as [`Self::commit_by`].
    pub async fn commit<'a>(&self, commit: &'a Commit) -> Result<Outcome<'a>, Error> {
        self.store_commit(commit, Contention::Wait).await
    }

    /// The same for one of several attempts: an urgent change does not wait for who is at it.
    ///
    /// Errors: [`Error::CallerChanged`] when what lost is the caller's own standing,
    /// [`Error::ProjectClosed`] when it is that of the project, [`Error::Conflict`] when it is the
    /// `Idempotency-Key`, [`Error::Unavailable`].
    pub async fn commit_by<'a>(&self, attempts: &Attempts, commit: &'a Commit) -> Result<Outcome<'a>, Error> {
        self.store_commit(commit, attempts.contention()).await
    }

    /// Stores a commit as one of several attempts. False after a conflict with another writer, and after the pause that
    /// the retry policy asks for: the operation reads again and decides anew.
    ///
    /// Errors: as [`Self::commit_by`]; those of [`Attempts::after_conflict`] when there were enough attempts.
    pub async fn try_commit(&self, attempts: &Attempts, commit: &Commit) -> Result<bool, Error> {
        match self.commit_by(attempts, commit).await? {
            Outcome::Stored => Ok(true),
            Outcome::Conflict(_) => attempts.after_conflict().await.map(|()| false),
        }
    }

    async fn store_commit<'a>(
        &self,
        commit: &'a Commit,
        contention: Contention,
    ) -> Result<Outcome<'a>, Error> {
        match store::commit_with(self.store.as_ref(), commit, contention).await {
            Ok(()) => {
                // It is stored in any case, and counts against what its token may cause.
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

    /// The budgets of the store.
    pub fn budgets(&self) -> Budgets<'_> {
        Budgets { store: self.store.as_ref(), sequence: &self.sequence }
    }

    /// The quota of the bytes of events.
    pub fn event_quota(&self) -> EventQuota<'_> {
        EventQuota { leases: &self.leases, budgets: self.budgets() }
    }

    /// Sends a mail.
    pub async fn mail(&self, mail: &Mail) -> Result<(), NotSent> {
        let mut random = [0; 16];
        rand_core::Rng::fill_bytes(&mut crate::clock::entropy(), &mut random);
        self.mailer.send(mail, Stamp { millis: self.clock.now().millis(), random }).await
    }
}
