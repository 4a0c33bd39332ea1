//! The storage port: [`Store`] is the trait that every adapter implements, and [`commit`] is how operations write.
//!
//! The documentation of [`Store`] and [`Write`] is the contract. One test suite checks it against every adapter.
//!
//! All reads are strongly consistent: a read that starts after a commit returned sees that commit.

use std::collections::BTreeSet;

use async_trait::async_trait;
use uuid::Uuid;

use crate::{
    Error,
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
    time::{Day, Timestamp},
    token::{StoredVerifyItem, Token, Tombstone},
};

/// An atomic set of writes with the events that record them: all are stored, or none.
///
/// Every commit has at least one event. The exception is a commit that only adds a manage token: earlier versions
/// wrote no event for it.
#[derive(Debug, Clone)]
pub struct Commit {
    /// The changes, each with its own condition.
    pub writes: Vec<Write>,
    /// The audit events. Each is stored in every feed of [`Event::feeds`].
    pub events: Vec<Event>,
}

/// One conditional write. If its condition does not hold, the whole commit fails with [`CommitError::Conflict`].
#[derive(Debug, Clone)]
pub enum Write {
    /// Adds a project. Condition: its id is free.
    InsertProject(Project),
    /// Replaces a project, to close or reopen it. Condition: it exists.
    ReplaceProject(Project),
    /// Writes nothing. Condition: the project exists and is not closed.
    RequireOpen(ProjectId),
    /// Adds a token with its verify item and its [`Due`] entry. Condition: the id is free. The id of a deleted token
    /// stays taken while its tombstone exists. For a configuration token also: the configuration has no token.
    InsertToken(Token),
    /// Replaces a token. Condition: the stored version is `version - 1`.
    /// Fields that the store keeps outside the versioned state (`last_used`, `shards`) do not change. The token has
    /// exactly one [`Due`] entry, at [`Token::due`]. If this write moves the entry, [`Token::was_due`] is its old time.
    ReplaceToken(Token),
    /// Deletes a token with its verify item, its [`Due`] entry and its link to a configuration, and stores the
    /// tombstone. Condition: the stored version is `token.version`.
    RemoveToken {
        /// The token as it was read.
        token: Token,
        /// The record that remains of it.
        tombstone: Tombstone,
    },
    /// Writes nothing. Condition: the token exists.
    RequireToken(ProjectId, TokenId),
    /// Writes nothing. Condition: the token's stored version is this one. For the calling token: its rights must not
    /// change between the authorization check and the commit.
    RequireVersion(ProjectId, TokenId, u64),
    /// Adds a share of a token, or a sign-in: both are a [`Share`]. Condition: its id is free.
    InsertShare(Share),
    /// Adds an invitation and makes it the pending one of its address, in place of any earlier one.
    /// Condition: its id is free, and no member has the address.
    InsertInvitation(Share),
    /// Ends a share or invitation. Condition: it is stored as open. The number of attempts is not compared.
    EndShare(Share),
    /// Removes a share or invitation whose record cannot be read. Condition: it exists.
    RemoveUnreadableShare(ShareId),
    /// Adds a member. Condition: the id is free, and no member has the address. With an invitation also: it is the
    /// pending one of the address. The address then has no pending invitation.
    InsertMember {
        /// The member.
        member: Member,
        /// The invitation they accepted.
        invitation: Option<ShareId>,
    },
    /// Removes a member and frees their address. Condition: the member exists.
    RemoveMember(Member),
    /// Removes a member whose record cannot be read, and frees their address. Condition: the member exists.
    RemoveUnreadableMember(UnreadableMember),
    /// Removes the pending invitation of an address. Condition: the pending one is this one.
    RemoveInvitation(ProjectId, Email, ShareId),
    /// Writes nothing. Condition: the session exists. The caller checks whether it has expired.
    RequireSession(SessionId),
    /// Adds a session. Condition: its id is free.
    InsertSession(Session),
    /// Ends a session. Condition: it exists.
    RemoveSession(Session),
    /// Adds a manage token. Condition: its id is free. The id of a deleted one stays taken while there may be events
    /// of it.
    InsertManageToken(ManageToken),
    /// Replaces a manage token. Condition: the stored version is `version - 1`. Fields that the store keeps outside
    /// the versioned state (`last_used`) do not change.
    ReplaceManageToken(ManageToken),
    /// Deletes a manage token. The timestamp is the time of deletion. Condition: the stored version is `version`. For
    /// the placeholder of a record that cannot be read ([`ManageToken::unreadable`]): the record exists.
    RemoveManageToken(ManageToken, Timestamp),
    /// Writes nothing. Condition: the manage token's stored version is this one. For the calling manage token.
    RequireManageToken(ManageTokenId, u64),
    /// Adds the idempotency record of a call. Condition: its id is free.
    InsertIdempotencyRecord(IdempotencyRecord),
}

/// Why a commit failed, or why its outcome is not known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommitError {
    /// The condition of the write at this index does not hold. Nothing was stored.
    #[error("the condition of write {0} does not hold")]
    Conflict(usize),
    /// Another transaction is writing the same records. Nothing was stored. Only [`Store::try_commit`] and
    /// [`commit_with`] return this.
    #[error("another writer is at it: {0}")]
    Contended(String),
    /// The store's answer was lost: the commit is stored whole or not at all. [`commit`] finds out which.
    #[error("the outcome is unknown: {0}")]
    Unknown(String),
    /// The store is not available. From [`Store::commit`]: nothing was stored. From [`commit`]: the outcome may be
    /// unknown.
    #[error("the store is not available: {0}")]
    Unavailable(String),
}

/// What a commit does while another transaction is writing the same records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contention {
    /// Waits for the other transaction.
    Wait,
    /// Fails at once with [`CommitError::Contended`].
    Fail,
}

/// The store cannot be reached, or did not answer in time. The text is for the log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the store is not available: {0}")]
pub struct Unavailable(pub String);

impl From<Unavailable> for Error {
    fn from(error: Unavailable) -> Self {
        Self::Unavailable(error.0)
    }
}

fn unreadable(what: &str, project: ProjectId, bad: &Unreadable) -> Unavailable {
    Unavailable(format!("{what} of project {project} and day {} cannot be read: {}", bad.day, bad.why))
}

fn unreadable_member(bad: &UnreadableMember) -> Unavailable {
    Unavailable(format!("member {} of project {} cannot be read", bad.id, bad.project))
}

/// An entry in the schedule of the sweep: a token that needs an expiry notice, or that has expired.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Due {
    /// When it is due.
    pub at: Timestamp,
    /// Its project.
    pub project: ProjectId,
    /// The token.
    pub token: TokenId,
}

/// A page of a project's tokens.
#[derive(Debug, Clone, Default)]
pub struct TokenPage {
    /// The readable tokens, ordered by id.
    pub tokens: Vec<Token>,
    /// The ids of tokens whose record cannot be read.
    pub unreadable: Vec<TokenId>,
    /// The stored size of all of them, in bytes.
    pub bytes: usize,
    /// Whether there may be another page.
    pub more: bool,
}

impl TokenPage {
    /// The id of the last token of the page: the next page starts after it.
    pub fn last(&self) -> Option<TokenId> {
        self.tokens.last().map(|token| token.id).max(self.unreadable.last().copied())
    }
}

impl EventPage {
    /// Returns the page if all of its events can be read, for callers that must not skip one.
    ///
    /// Errors: [`Unavailable`] when an event cannot be read.
    pub fn whole(self) -> Result<Self, Unavailable> {
        match self.unreadable.first() {
            Some(uuid) => Err(Unavailable(format!("event {uuid} cannot be read"))),
            None => Ok(self),
        }
    }
}

/// Storage of projects, members, tokens, shares, sessions and events.
///
/// Each `found_…` method also returns the records that cannot be read. The method without the prefix returns an error
/// for them.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// Stores a commit atomically, and durably before it returns.
    ///
    /// The caller may repeat the same commit after [`CommitError::Unknown`]. An adapter that recognises the repetition
    /// returns success if the commit was stored before.
    /// Operations call the free function [`commit`] instead, which resolves unknown outcomes.
    async fn commit(&self, commit: &Commit) -> Result<(), CommitError>;

    /// As [`Self::commit`], but fails at once with [`CommitError::Contended`] while another transaction is writing the
    /// same records. For revocations, which read again and retry instead of waiting.
    ///
    /// The default is for adapters that have no such contention.
    async fn try_commit(&self, commit: &Commit) -> Result<(), CommitError> {
        self.commit(commit).await
    }

    /// Whether a commit was stored. Looks up its first event or, if it has none, its manage token.
    async fn committed(&self, commit: &Commit) -> Result<bool, Unavailable>;

    /// Stores an event that comes with no other change, durably before it returns. Idempotent.
    ///
    /// `shards` is the shard count that [`Self::verify_item`] returned for the author. The store may spread the events
    /// of that token over as many partitions. It raises the count when they cannot keep up.
    async fn append(&self, event: &Event, shards: u32) -> Result<(), Unavailable>;

    /// The verify item of a token: the only read of a verify call. `None` if the token is unknown or deleted.
    async fn verify_item(
        &self,
        project: ProjectId,
        token: TokenId,
    ) -> Result<Option<StoredVerifyItem>, Unavailable>;

    /// Records that a token was verified on this day. Does nothing if the token does not exist.
    async fn mark_used(&self, project: ProjectId, token: TokenId, day: Day) -> Result<(), Unavailable>;

    /// The full record of a token. If the record is damaged or lost, the token is rebuilt from its verify item
    /// ([`Token::placeholder`]): a token that still authenticates must stay revocable.
    async fn token(&self, project: ProjectId, token: TokenId) -> Result<Option<Token>, Unavailable>;

    /// A page of a project's tokens after this id, ordered by id. It has at most `limit` tokens, and ends early once
    /// their stored size reaches `bytes`.
    async fn tokens(
        &self,
        project: ProjectId,
        after: Option<TokenId>,
        limit: usize,
        bytes: usize,
    ) -> Result<TokenPage, Unavailable>;

    /// The id of the token of a component configuration.
    async fn configuration_token(
        &self,
        project: ProjectId,
        component: &str,
        configuration: &str,
    ) -> Result<Option<TokenId>, Unavailable>;

    /// The tombstone of a deleted token.
    async fn tombstone(&self, project: ProjectId, token: TokenId) -> Result<Option<Tombstone>, Unavailable>;

    /// A share or invitation, with the attempts reserved so far.
    ///
    /// Errors: also when its record cannot be read.
    async fn share(&self, share: &ShareId) -> Result<Option<Share>, Unavailable> {
        let found = self.found_share(share).await?.transpose();
        found.map_err(|id| Unavailable(format!("share {id} cannot be read")))
    }

    /// As [`Self::share`], but returns the id of one that cannot be read instead of an error.
    async fn found_share(&self, share: &ShareId) -> Result<Option<Result<Share, ShareId>>, Unavailable>;

    /// Reserves an attempt to enter the code of an open share, by a conditional increment. Returns how many attempts are
    /// reserved, at most [`crate::share::MAX_ATTEMPTS`]. Idempotent: repeating the same attempt after a lost answer does
    /// not count it again. `None` if the share is not open or no attempt is left.
    async fn reserve_attempt(&self, share: &ShareId, attempt: &AttemptId) -> Result<Option<u8>, Unavailable>;

    /// Counts a reserved attempt as wrong. Returns how many attempts were wrong so far. Idempotent. `None` if the share
    /// is unknown.
    async fn refuse_attempt(&self, share: &ShareId, attempt: &AttemptId) -> Result<Option<u8>, Unavailable>;

    /// Charges all of these budgets (quotas), or none of them. Returns a budget that has too little left, or `None` if
    /// all were charged. `once` identifies the charge, so that a retry after a lost answer does not charge twice. After
    /// an error the budgets may have been charged.
    async fn spend(&self, budgets: &[Spend], once: Uuid) -> Result<Option<Spend>, Unavailable>;

    /// A project.
    async fn project(&self, project: ProjectId) -> Result<Option<Project>, Unavailable>;

    /// The ids of all projects, ascending, at most `limit`.
    async fn projects(&self, limit: usize) -> Result<Vec<ProjectId>, Unavailable>;

    /// What is in the list of projects where their ids are and can be none, as the store has it, at most `limit`. Jeton writes
    /// nothing like that.
    async fn no_projects(&self, limit: usize) -> Result<Vec<String>, Unavailable>;

    /// A member.
    ///
    /// Errors: also when their record cannot be read.
    async fn member(&self, project: ProjectId, member: MemberId) -> Result<Option<Member>, Unavailable> {
        self.found_member(project, member).await?.transpose().map_err(|bad| unreadable_member(&bad))
    }

    /// As [`Self::member`], but returns a record that cannot be read instead of an error.
    async fn found_member(
        &self,
        project: ProjectId,
        member: MemberId,
    ) -> Result<Option<Result<Member, UnreadableMember>>, Unavailable>;

    /// The membership of an e-mail address in a project, or its pending invitation. Case is ignored.
    async fn membership(&self, project: ProjectId, email: &Email) -> Result<Option<Membership>, Unavailable>;

    /// The pending invitations of a project that are open and have not expired, in no order. Includes those that cannot
    /// be read.
    async fn invitations(
        &self,
        project: ProjectId,
        now: Timestamp,
    ) -> Result<Vec<Result<Share, UnreadableInvitation>>, Unavailable>;

    /// The members of a project, ordered by id.
    ///
    /// Errors: also when a record cannot be read.
    async fn members(&self, project: ProjectId) -> Result<Vec<Member>, Unavailable> {
        let found = self.found_members(project).await?;
        found.into_iter().map(|member| member.map_err(|bad| unreadable_member(&bad))).collect()
    }

    /// As [`Self::members`], with the records that cannot be read.
    async fn found_members(
        &self,
        project: ProjectId,
    ) -> Result<Vec<Result<Member, UnreadableMember>>, Unavailable>;

    /// The ids of the projects that an address is a member of, ascending.
    async fn projects_of(&self, email: &Email) -> Result<Vec<ProjectId>, Unavailable>;

    /// A session, which may have expired. `None` if it does not exist or cannot be read: either way it authenticates
    /// nobody.
    async fn session(&self, session: &SessionId) -> Result<Option<Session>, Unavailable>;

    /// The sessions of an address, ordered by id. Includes expired sessions until [`Self::clean`] removes them. Leaves
    /// out those that cannot be read.
    async fn sessions(&self, email: &Email) -> Result<Vec<Session>, Unavailable>;

    /// The manage tokens after this id, ordered by id, at most `limit`. One that cannot be read is returned as
    /// [`ManageToken::unreadable`].
    async fn manage_tokens(
        &self,
        after: Option<ManageTokenId>,
        limit: usize,
    ) -> Result<Vec<ManageToken>, Unavailable>;

    /// Records that a manage token made a call on this day. Does nothing if it does not exist. A store with an index of
    /// manage tokens also adds the token to it, in case an earlier version did not.
    async fn mark_manage_token_used(&self, id: ManageTokenId, day: Day) -> Result<(), Unavailable>;

    /// A manage token. One that cannot be read is returned as [`ManageToken::unreadable`].
    async fn manage_token(&self, id: ManageTokenId) -> Result<Option<ManageToken>, Unavailable>;

    /// An idempotency record. It may have expired, until [`Self::clean`] removes it.
    async fn idempotency_record(
        &self,
        id: &IdempotencyRecordId,
    ) -> Result<Option<IdempotencyRecord>, Unavailable>;

    /// A page of a feed, at most `range.limit` events and `range.bytes` bytes. The adapter's memory use depends on the
    /// page, not on the size of the feed. It also returns events that are past the 6 months they are kept: the caller
    /// excludes them with `range.after`.
    async fn events(&self, feed: &Feed, range: EventRange) -> Result<EventPage, Unavailable>;

    /// One event of a feed.
    async fn event(&self, feed: &Feed, uuid: Uuid) -> Result<Option<Event>, Unavailable>;

    /// Stores seals of a day. Overwrites existing ones, which is safe: seals count only once the head of their day is
    /// stored.
    async fn put_seals(&self, seals: &[Seal]) -> Result<(), Unavailable>;

    /// The seals of a day, ordered by [`Seal::of`].
    ///
    /// Errors: also when a seal cannot be read.
    async fn seals(&self, project: ProjectId, day: Day) -> Result<Vec<Seal>, Unavailable> {
        let found = self.found_seals(project, day).await?;
        found.into_iter().map(|seal| seal.map_err(|bad| unreadable("a seal", project, &bad))).collect()
    }

    /// As [`Self::seals`], with those that cannot be read.
    async fn found_seals(
        &self,
        project: ProjectId,
        day: Day,
    ) -> Result<Vec<Result<Seal, Unreadable>>, Unavailable>;

    /// Stores the head of a day, unless the day has one. Returns false if it had one: after a lost answer that may be
    /// this very head.
    async fn insert_head(&self, head: &SignedHead) -> Result<bool, Unavailable>;

    /// The heads from this day on, ordered by day, at most `limit`.
    ///
    /// Errors: also when a head cannot be read.
    async fn heads(
        &self,
        project: ProjectId,
        from: Day,
        limit: usize,
    ) -> Result<Vec<SignedHead>, Unavailable> {
        let found = self.found_heads(project, from, limit).await?;
        found.into_iter().map(|head| head.map_err(|bad| unreadable("the head", project, &bad))).collect()
    }

    /// As [`Self::heads`], with those that cannot be read.
    async fn found_heads(
        &self,
        project: ProjectId,
        from: Day,
        limit: usize,
    ) -> Result<Vec<Result<SignedHead, Unreadable>>, Unavailable>;

    /// The last head of a project that was delivered to an anchor location. `place` is the digest that identifies the
    /// location.
    async fn delivered(&self, project: ProjectId, place: Digest) -> Result<Option<Delivered>, Unavailable>;

    /// Records the last delivered head. Of two concurrent writes either may win: then an anchor is delivered twice.
    async fn put_delivered(
        &self,
        project: ProjectId,
        place: Digest,
        delivered: &Delivered,
    ) -> Result<(), Unavailable>;

    /// The ids of all projects that have any record: tokens, members, events, heads or seals. An id without a project
    /// record means that the record was removed from outside, because no call removes a project. May scan the whole
    /// store.
    async fn known_projects(&self) -> Result<BTreeSet<ProjectId>, Unavailable>;

    /// The ids of all tokens of a project that have any record, deleted tokens included, as far as the store can tell
    /// without a full scan. Empty if it cannot.
    async fn known_tokens(&self, project: ProjectId) -> Result<BTreeSet<TokenId>, Unavailable> {
        let _ = project;
        Ok(BTreeSet::new())
    }

    /// The uuids of events of a project, after this one, that are in the list of an object and in the feed neither of the project
    /// nor of a token, as Jeton writes none; as far as the store can tell without reading all there is, and none where it cannot.
    async fn stray_events(&self, project: ProjectId, after: Uuid) -> Result<Vec<Uuid>, Unavailable> {
        let _ = (project, after);
        Ok(Vec::new())
    }

    /// The head of the latest day that has one.
    async fn last_head(&self, project: ProjectId) -> Result<Option<SignedHead>, Unavailable>;

    /// The entries that are due at `now`, after this entry, most overdue first, at most `limit`. Pages contain every due
    /// token exactly once, however long it has been due.
    async fn due(&self, now: Timestamp, after: Option<Due>, limit: usize) -> Result<Vec<Due>, Unavailable>;

    /// Removes a stale entry: its token does not exist, or is not due at that time.
    async fn forget_due(&self, due: &Due) -> Result<(), Unavailable>;

    /// Deletes expired records: old events, tombstones without events, manage tokens that ended before the oldest event,
    /// shares that closed long ago, expired sessions, idempotency records and budgets, and seals of days without events.
    ///
    /// Does a bounded amount of work. A store that expires records by itself does nothing. Returns how many were deleted.
    async fn clean(&self, now: Timestamp) -> Result<u64, Unavailable>;

    /// Adds manage tokens that an earlier version wrote to the index of manage tokens. Returns how many were added. Scans
    /// the whole store the first time, so only setup calls it.
    async fn list_earlier_manage_tokens(&self) -> Result<u64, Unavailable>;

    /// Checks that the store answers, is set up, and was not written by a newer Jeton. Writes nothing, so that an empty
    /// store in place of a lost one is reported and not set up silently. Called at start and by health checks, not by
    /// other requests.
    async fn ready(&self) -> Result<(), Unavailable>;

    /// Sets up an empty store by writing its schema version. Leaves any other store unchanged. Called before the first
    /// records are written.
    ///
    /// Errors: those that [`Self::ready`] returns afterwards.
    async fn set_up(&self) -> Result<(), Unavailable>;

    /// Checks that the store accepts writes that need more space. It may accept revocations even if this fails. Called
    /// by health checks.
    async fn writable(&self) -> Result<(), Unavailable> {
        Ok(())
    }
}

/// Commits, and resolves an unknown outcome: reads back whether the commit was stored, and if not sends it again.
///
/// Errors: [`CommitError::Conflict`] when another writer changed the state first; [`CommitError::Unavailable`] when the
/// store is not available or the outcome stays unknown. In the second case the commit may be stored.
pub async fn commit(store: &dyn Store, commit: &Commit) -> Result<(), CommitError> {
    commit_with(store, commit, Contention::Wait).await
}

/// As [`commit`], with a choice between waiting and failing while another transaction is writing the same records.
///
/// Errors: as [`commit`], and [`CommitError::Contended`] for [`Contention::Fail`].
pub async fn commit_with(
    store: &dyn Store,
    commit: &Commit,
    contention: Contention,
) -> Result<(), CommitError> {
    const TRIES: usize = 3;
    let mut lost = String::new();
    for attempt in 0..TRIES {
        // After a lost answer, the other transaction may be our own earlier attempt: wait for it.
        let answer = match contention {
            Contention::Fail if attempt == 0 => store.try_commit(commit).await,
            _ => store.commit(commit).await,
        };
        match answer {
            Ok(()) => return Ok(()),
            // If the lost answer was a success, the conflict is with our own commit.
            Err(conflict @ CommitError::Conflict(_)) if attempt > 0 => match store.committed(commit).await {
                Ok(true) => return Ok(()),
                Ok(false) => return Err(conflict),
                Err(error) => lost = error.0,
            },
            Err(CommitError::Unknown(why)) => {
                if store.committed(commit).await == Ok(true) {
                    return Ok(());
                }
                lost = why;
            }
            Err(error) => return Err(error),
        }
    }
    Err(CommitError::Unavailable(lost))
}
