//! The port to a store. Its documentation is the contract; one suite of behaviours runs against
//! every adapter.
//!
//! All reads are consistent: a read that starts after a commit was answered sees that commit.

use std::collections::BTreeSet;

use async_trait::async_trait;
use uuid::Uuid;

use crate::{
    Error,
    budget::Spend,
    email::Email,
    event::{Event, EventPage, EventRange, Feed},
    id::{ManageTokenId, MemberId, ProjectId, TokenId},
    idempotency::{IdempotencyRecord, ReceiptId},
    manage::ManageToken,
    member::{Member, Membership, UnreadableMember},
    project::Project,
    seal::{Delivered, Digest, Seal, SignedHead, Unreadable},
    session::{Session, SessionId},
    share::{AttemptId, Share, ShareId, UnreadableInvitation},
    time::{Day, Timestamp},
    token::{Standing, Token, Tombstone},
};

/// A transition with its events: all of it is stored, or nothing.
///
/// Every commit has at least one event, save one that only adds a manage token, as earlier versions made them.
#[derive(Debug, Clone)]
pub struct Commit {
    /// What changes, each under its own condition.
    pub writes: Vec<Write>,
    /// What tells of it. Each event is stored in all of [`Event::feeds`].
    pub events: Vec<Event>,
}

/// One change and the condition under which it is made.
#[derive(Debug, Clone)]
pub enum Write {
    /// Adds a project. Condition: its id is free.
    InsertProject(Project),
    /// Replaces a project, to close or to open it. Condition: it exists.
    ReplaceProject(Project),
    /// Nothing changes. Condition: this project exists, and is not closed.
    RequireOpen(ProjectId),
    /// Adds a token, its verify item and what is due for it. Condition: the id is free, that of a
    /// deleted token counting as taken as long as its tombstone is there; and for the token of a
    /// configuration, that the configuration has none.
    InsertToken(Token),
    /// Replaces a token. Condition: the stored version is the one before `version`.
    /// What the store keeps beside the versioned state (`last_used`, `shards`) stays. From now on the
    /// token is due at [`Token::due`] and at no other moment. Where this change has moved that, it was due at
    /// [`Token::was_due`] before.
    ReplaceToken(Token),
    /// Deletes a token with its verify item, what is due for it and its place with a configuration,
    /// and leaves the tombstone. Condition: the stored version is `token.version`.
    RemoveToken {
        /// The token as it was read.
        token: Token,
        /// What is left of it.
        tombstone: Tombstone,
    },
    /// Nothing changes. Condition: this token exists.
    RequireToken(ProjectId, TokenId),
    /// Nothing changes. Condition: this token exists in this version. It is for the token that makes
    /// a call: what it was allowed as it was read must not be done by what it has become.
    RequireVersion(ProjectId, TokenId, u64),
    /// Adds a share of a token, or a sign-in. Condition: its id is free.
    InsertShare(Share),
    /// Adds an invitation, which takes the place of any earlier one to the same address.
    /// Condition: its id is free, and the address is no member's.
    InsertInvitation(Share),
    /// Ends a share or invitation. Condition: the stored state is open. Attempts play no part.
    EndShare(Share),
    /// Removes a share or invitation whose record cannot be read. Condition: it is there.
    RemoveUnreadableShare(ShareId),
    /// Adds a member. Condition: the id is free, and the address is no member's; with an invitation,
    /// that this is the standing one to that address, which is then settled.
    InsertMember {
        /// The member.
        member: Member,
        /// The invitation they accepted.
        invitation: Option<ShareId>,
    },
    /// Removes a member, whose address is free again. Condition: the member exists.
    RemoveMember(Member),
    /// Removes a member whose record cannot be read, and frees their address. Condition: the member exists.
    RemoveUnreadableMember(UnreadableMember),
    /// Removes the standing invitation to an address. Condition: it is this one, and not accepted.
    RemoveInvitation(ProjectId, Email, ShareId),
    /// Nothing changes. Condition: this session is there. Whether its time is over is for the caller to know.
    RequireSession(SessionId),
    /// Adds a session. Condition: its id is free.
    InsertSession(Session),
    /// Ends a session. Condition: it is there.
    RemoveSession(Session),
    /// Adds a manage token. Condition: its id is free, that of a deleted one counting as taken as long as there may
    /// be events of it.
    InsertManageToken(ManageToken),
    /// Replaces a manage token. Condition: the stored version is the one before `version`. What the store keeps
    /// beside the versioned state (`last_used`) stays.
    ReplaceManageToken(ManageToken),
    /// Deletes a manage token, at this moment. Condition: the stored version is `version`; of one that stands in for a
    /// record that cannot be read, that it exists.
    RemoveManageToken(ManageToken, Timestamp),
    /// Nothing changes. Condition: this manage token exists in this version. It is for the one that makes a call.
    RequireManageToken(ManageTokenId, u64),
    /// Adds the receipt of a call. Condition: its id is free.
    InsertIdempotencyRecord(IdempotencyRecord),
}

/// What came of a commit that did not plainly succeed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommitError {
    /// The condition of the write at this index does not hold. Nothing was stored.
    #[error("the condition of write {0} does not hold")]
    Conflict(usize),
    /// Another writer holds what it changes just now. Nothing was stored. Only [`Store::try_commit`] says so.
    #[error("another writer is at it: {0}")]
    Contended(String),
    /// The answer was lost: all of it may be stored, or nothing. See [`commit`].
    #[error("the outcome is unknown: {0}")]
    Unknown(String),
    /// Nothing was stored, and the store is not available.
    #[error("the store is not available: {0}")]
    Unavailable(String),
}

/// What becomes of a commit while another writer holds what it changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contention {
    /// The store waits until it is its turn.
    IsWaitedOut,
    /// It is told at once.
    IsTold,
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

/// A token that is due, for the sweep: for a notice that it will end, or because it has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Due {
    /// Since when.
    pub at: Timestamp,
    /// Its project.
    pub project: ProjectId,
    /// The token.
    pub token: TokenId,
}

/// A part of the tokens of a project.
#[derive(Debug, Clone, Default)]
pub struct TokenPage {
    /// Those that can be read, in the order of their ids.
    pub tokens: Vec<Token>,
    /// Those of which nothing can be read but that they are there.
    pub unreadable: Vec<TokenId>,
    /// What all of them take where they are stored, in bytes.
    pub bytes: usize,
    /// Whether there may be more behind them.
    pub more: bool,
}

impl TokenPage {
    /// The last token of the page, after which reading goes on.
    pub fn last(&self) -> Option<TokenId> {
        self.tokens.last().map(|token| token.id).max(self.unreadable.last().copied())
    }
}

impl EventPage {
    /// The page of a reader that needs every event as it was stored.
    ///
    /// Errors: [`Unavailable`] when one of them cannot be read.
    pub fn whole(self) -> Result<Self, Unavailable> {
        match self.unreadable.first() {
            Some(uuid) => Err(Unavailable(format!("event {uuid} cannot be read"))),
            None => Ok(self),
        }
    }
}

/// A store.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// Stores a commit, all of it or nothing, durably before the answer.
    ///
    /// May be called again with the same commit after [`CommitError::Unknown`]; an adapter that can
    /// recognise the repetition answers success for one that had been stored.
    /// Operations call the free function [`commit`], which settles what is unknown.
    async fn commit(&self, commit: &Commit) -> Result<(), CommitError>;

    /// The same for a change that has to come before those of others: where another writer holds what it changes, it
    /// is told so at once, [`CommitError::Contended`], and decides anew from what that writer left.
    async fn try_commit(&self, commit: &Commit) -> Result<(), CommitError> {
        self.commit(commit).await
    }

    /// Reads back whether a commit was stored, by its first event (by its manage token where there
    /// is no event).
    async fn committed(&self, commit: &Commit) -> Result<bool, Unavailable>;

    /// Stores an event that comes with no other change, durably before the answer.
    ///
    /// `shards` is what the author's verify item said. The store may spread the events of the token
    /// over that many partitions, and raises the number when they cannot keep up. Storing the same
    /// event twice is storing it once.
    async fn append(&self, event: &Event, shards: u32) -> Result<(), Unavailable>;

    /// The one read of a verify. None for an unknown and for a deleted token.
    async fn verify_item(&self, project: ProjectId, token: TokenId) -> Result<Option<Standing>, Unavailable>;

    /// Remembers that a token was verified on this day. Does nothing for a token that is gone.
    async fn mark_used(&self, project: ProjectId, token: TokenId, day: Day) -> Result<(), Unavailable>;

    /// A token, whole. When its record is damaged or lost, its verify item stands in
    /// ([`Token::standing_in`]): what opens a token is there to be closed.
    async fn token(&self, project: ProjectId, token: TokenId) -> Result<Option<Token>, Unavailable>;

    /// The tokens of a project after this id, in the order of their ids, at most `limit`, and no further one
    /// once those read so far take `bytes` bytes where they are stored.
    async fn tokens(
        &self,
        project: ProjectId,
        after: Option<TokenId>,
        limit: usize,
        bytes: usize,
    ) -> Result<TokenPage, Unavailable>;

    /// The token of a component configuration.
    async fn configuration_token(
        &self,
        project: ProjectId,
        component: &str,
        configuration: &str,
    ) -> Result<Option<TokenId>, Unavailable>;

    /// What is left of a deleted token.
    async fn tombstone(&self, project: ProjectId, token: TokenId) -> Result<Option<Tombstone>, Unavailable>;

    /// A share or invitation, with the attempts reserved so far.
    ///
    /// Errors: also when it cannot be read.
    async fn share(&self, share: &ShareId) -> Result<Option<Share>, Unavailable> {
        let found = self.found_share(share).await?.transpose();
        found.map_err(|id| Unavailable(format!("share {id} cannot be read")))
    }

    /// The same, or the id of one that cannot be read.
    async fn found_share(&self, share: &ShareId) -> Result<Option<Result<Share, ShareId>>, Unavailable>;

    /// Reserves this attempt at an open share, by a conditional increment, and tells how many are reserved by now, at
    /// most [`crate::share::MAX_ATTEMPTS`]. One that is reserved already stays so, and is not counted again: a lost
    /// answer uses up no attempt. None when the share is not open or no attempt is left.
    async fn reserve_attempt(&self, share: &ShareId, attempt: &AttemptId) -> Result<Option<u8>, Unavailable>;

    /// Counts a reserved attempt as wrong, once, and tells how many have been by now. None for an unknown share.
    async fn refuse_attempt(&self, share: &ShareId, attempt: &AttemptId) -> Result<Option<u8>, Unavailable>;

    /// Takes out of each of these budgets, or out of none: then tells which one does not hold as much. `once` tells
    /// this spending from every other: it is taken once, whatever answers are lost. When the store fails, it may have been
    /// taken.
    async fn spend(&self, budgets: &[Spend], once: Uuid) -> Result<Option<Spend>, Unavailable>;

    /// A project.
    async fn project(&self, project: ProjectId) -> Result<Option<Project>, Unavailable>;

    /// The ids of all projects, ascending, at most `limit`.
    async fn projects(&self, limit: usize) -> Result<Vec<ProjectId>, Unavailable>;

    /// A member.
    ///
    /// Errors: also when they cannot be read.
    async fn member(&self, project: ProjectId, member: MemberId) -> Result<Option<Member>, Unavailable> {
        self.found_member(project, member).await?.transpose().map_err(|bad| unreadable_member(&bad))
    }

    /// The same, with one who cannot be read.
    async fn found_member(
        &self,
        project: ProjectId,
        member: MemberId,
    ) -> Result<Option<Result<Member, UnreadableMember>>, Unavailable>;

    /// What an address is to a project. Addresses that differ only in case are the same.
    async fn membership(&self, project: ProjectId, email: &Email) -> Result<Option<Membership>, Unavailable>;

    /// The standing invitations of a project whose time is not over and that are open, in no order, with those that
    /// cannot be read.
    async fn invitations(
        &self,
        project: ProjectId,
        now: Timestamp,
    ) -> Result<Vec<Result<Share, UnreadableInvitation>>, Unavailable>;

    /// The members of a project, in the order of their ids.
    ///
    /// Errors: also when one of them cannot be read.
    async fn members(&self, project: ProjectId) -> Result<Vec<Member>, Unavailable> {
        let found = self.found_members(project).await?;
        found.into_iter().map(|member| member.map_err(|bad| unreadable_member(&bad))).collect()
    }

    /// The same, with those who cannot be read.
    async fn found_members(
        &self,
        project: ProjectId,
    ) -> Result<Vec<Result<Member, UnreadableMember>>, Unavailable>;

    /// The projects that an address is a member of, in the order of their ids.
    async fn projects_of(&self, email: &Email) -> Result<Vec<ProjectId>, Unavailable>;

    /// A session, which may have ended by its time. None for one that cannot be read: it opens nothing.
    async fn session(&self, session: &SessionId) -> Result<Option<Session>, Unavailable>;

    /// The sessions of an address, in the order of their ids, those that ended by their time included
    /// until they are cleaned away, and those that cannot be read left out.
    async fn sessions(&self, email: &Email) -> Result<Vec<Session>, Unavailable>;

    /// The manage tokens after this id, in the order of their ids, at most `limit`. [`ManageToken::unreadable`] stands in
    /// for each that cannot be read.
    async fn manage_tokens(
        &self,
        after: Option<ManageTokenId>,
        limit: usize,
    ) -> Result<Vec<ManageToken>, Unavailable>;

    /// Remembers that a manage token made a call on this day. Does nothing for one that is gone. A store that lists
    /// manage tokens by an index of its own adds one of an earlier version to it.
    async fn mark_manage_token_used(&self, id: ManageTokenId, day: Day) -> Result<(), Unavailable>;

    /// A manage token, or what stands in for one that cannot be read.
    async fn manage_token(&self, id: ManageTokenId) -> Result<Option<ManageToken>, Unavailable>;

    /// A receipt, which may be past its time until it is cleaned away.
    async fn receipt(&self, id: &ReceiptId) -> Result<Option<IdempotencyRecord>, Unavailable>;

    /// A page of a feed, no longer than `range.limit` events and `range.bytes` bytes; the adapter holds about as
    /// much in memory, however much the feed has. It gives what it has; that events end after 6 months is for
    /// the caller to see to with `range.after`.
    async fn events(&self, feed: &Feed, range: EventRange) -> Result<EventPage, Unavailable>;

    /// One event of a feed.
    async fn event(&self, feed: &Feed, uuid: Uuid) -> Result<Option<Event>, Unavailable>;

    /// Stores seals of a day. One that is there already is replaced: they count only once the head of their
    /// day is stored.
    async fn put_seals(&self, seals: &[Seal]) -> Result<(), Unavailable>;

    /// The seals of a day, in the order of what they are of.
    ///
    /// Errors: also when one of them cannot be read.
    async fn seals(&self, project: ProjectId, day: Day) -> Result<Vec<Seal>, Unavailable> {
        let found = self.found_seals(project, day).await?;
        found.into_iter().map(|seal| seal.map_err(|bad| unreadable("a seal", project, &bad))).collect()
    }

    /// The same, with those that cannot be read.
    async fn found_seals(
        &self,
        project: ProjectId,
        day: Day,
    ) -> Result<Vec<Result<Seal, Unreadable>>, Unavailable>;

    /// Stores the head of a day. False when there is one, which stays as it is; after a lost answer it may be
    /// this one.
    async fn insert_head(&self, head: &SignedHead) -> Result<bool, Unavailable>;

    /// The heads from this day on, in their order, at most `limit`.
    ///
    /// Errors: also when one of them cannot be read.
    async fn heads(
        &self,
        project: ProjectId,
        from: Day,
        limit: usize,
    ) -> Result<Vec<SignedHead>, Unavailable> {
        let found = self.found_heads(project, from, limit).await?;
        found.into_iter().map(|head| head.map_err(|bad| unreadable("the head", project, &bad))).collect()
    }

    /// The same, with those that cannot be read.
    async fn found_heads(
        &self,
        project: ProjectId,
        from: Day,
        limit: usize,
    ) -> Result<Vec<Result<SignedHead, Unreadable>>, Unavailable>;

    /// The last head of a project that the place for anchors of this digest has taken.
    async fn delivered(&self, project: ProjectId, place: Digest) -> Result<Option<Delivered>, Unavailable>;

    /// Notes which head that is. Two who note at once may leave either, and then one anchor is delivered twice.
    async fn put_delivered(
        &self,
        project: ProjectId,
        place: Digest,
        delivered: &Delivered,
    ) -> Result<(), Unavailable>;

    /// The numbers of all projects of which there is anything: tokens, members, events, heads or seals. One that is no project any
    /// more was removed, as no call does. May read everything there is.
    async fn known_projects(&self) -> Result<BTreeSet<ProjectId>, Unavailable>;

    /// The tokens of a project of which there is anything, those that are gone among them, as far as the store can tell without
    /// reading all there is; none where it cannot.
    async fn known_tokens(&self, project: ProjectId) -> Result<BTreeSet<TokenId>, Unavailable> {
        let _ = project;
        Ok(BTreeSet::new())
    }

    /// The head of the latest day that has one.
    async fn last_head(&self, project: ProjectId) -> Result<Option<SignedHead>, Unavailable>;

    /// What is due at `now` after this entry, most overdue first, at most `limit`. Every token whose time has come
    /// is found, however long ago that was, and each but once.
    async fn due(&self, now: Timestamp, after: Option<Due>, limit: usize) -> Result<Vec<Due>, Unavailable>;

    /// Removes an entry of what is due behind which there is no token, or none that is due then.
    async fn forget_due(&self, due: &Due) -> Result<(), Unavailable>;

    /// Removes what is past keeping: old events, tombstones without events, manage tokens that ended before the oldest event, long-closed shares, sessions
    /// that are over, receipts and budgets past their time, seals of days of which no event is left.
    /// Bounded work; a store that does this by itself does nothing. Tells how much was removed.
    async fn clean(&self, now: Timestamp) -> Result<u64, Unavailable>;

    /// Lists manage tokens that an earlier version left in no list, and tells how many. Reads all there is, once, so it is
    /// for whoever sets a store up.
    async fn list_earlier_manage_tokens(&self) -> Result<u64, Unavailable>;

    /// Whether the store answers, is set up, and was not written by a newer Jeton. Writes nothing: a store that is gone,
    /// with an empty one in its place, must not look like one that is well. Called when a service starts
    /// and by whoever watches it, never on the way of a request.
    async fn ready(&self) -> Result<(), Unavailable>;

    /// Makes an empty store ready, by marking it with the version of its layout; leaves any other as it is. Called by whoever
    /// puts the first things into a store. Errors: as [`Self::ready`] afterwards.
    async fn set_up(&self) -> Result<(), Unavailable>;

    /// Whether the store takes what makes it grow. What takes rights away may be taken even when this is not. Called by whoever
    /// watches a service.
    async fn writable(&self) -> Result<(), Unavailable> {
        Ok(())
    }
}

/// Commits, and settles an unknown outcome by reading back and sending the same commit again.
///
/// Errors: [`CommitError::Conflict`] when another writer came first, and
/// [`CommitError::Unavailable`] when the outcome could not be settled; then the caller says "not
/// available", which promises nothing.
pub async fn commit(store: &dyn Store, commit: &Commit) -> Result<(), CommitError> {
    commit_amid(store, commit, Contention::IsWaitedOut).await
}

/// The same, with what becomes of it while another writer is at it.
///
/// Errors: as [`commit`], and [`CommitError::Contended`] where that is told.
pub async fn commit_amid(
    store: &dyn Store,
    commit: &Commit,
    contention: Contention,
) -> Result<(), CommitError> {
    const TRIES: usize = 3;
    let mut lost = String::new();
    for attempt in 0..TRIES {
        // Once an answer was lost, what is at it may be the request of then.
        let answer = match contention {
            Contention::IsTold if attempt == 0 => store.try_commit(commit).await,
            _ => store.commit(commit).await,
        };
        match answer {
            Ok(()) => return Ok(()),
            // The conflict may be with ourselves, when the lost answer had been a success.
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
