//! What a commit consists of, and why one fails.

use crate::{
    email::Email,
    event::Event,
    id::{ManageTokenId, ProjectId, TokenId},
    idempotency::IdempotencyRecord,
    manage::ManageToken,
    member::{Member, UnreadableMember},
    passkey::{Passkeys, UnreadablePasskeys},
    project::Project,
    session::{Session, SessionId},
    share::{Share, ShareId},
    time::Timestamp,
    token::{Token, Tombstone},
};

/// An atomic set of writes with the events that record them: all are stored, or none.
///
/// Every commit has at least one event. The exceptions are a commit that only adds a manage token, because earlier versions
/// wrote no event for it, one that only removes the passkeys of an address without projects, and one that only adds the plan of an action
/// on tokens, whose changes have their events.
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
    /// Adds a token with its verify item and its [`Due`](super::Due) entry. Condition: the id is free. The id of a deleted token
    /// stays taken while its tombstone exists. For a configuration token also: the configuration has no token.
    InsertToken(Token),
    /// Replaces a token. Condition: the stored version is `version - 1`.
    /// Fields that the store keeps outside the versioned state (`last_used`, `shards`) do not change. The token has
    /// exactly one [`Due`](super::Due) entry, at [`Token::due`]. If this write moves the entry, [`Token::was_due`] is its old time.
    ReplaceToken(Token),
    /// Deletes a token with its verify item, its [`Due`](super::Due) entry and its link to a configuration, and stores the
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
    /// Replaces a member, to change their role: their address and their token stay. Condition: the member exists. A concurrent change
    /// is a conflict at their token, which changes with them.
    ReplaceMember(Member),
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
    /// Replaces the passkeys of an address, or removes the record if none are left. Condition: the stored version is that of
    /// `before`, or there is no record; and no other address has a passkey that `before` does not have.
    ChangePasskeys {
        /// The record as it was read.
        before: Option<Passkeys>,
        /// The record from now on.
        after: Passkeys,
    },
    /// Removes the passkeys of an address whose record cannot be read. Condition: the record exists. The entries that say whose they
    /// were may stay: they sign nobody in, and the address can register the same passkeys again.
    RemoveUnreadablePasskeys(UnreadablePasskeys),
    /// Writes nothing. Condition: the address has no passkey.
    RequireNoPasskeys(Email),
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
    /// Adds the idempotency record of a call, or of a part of it. Condition: its id is free.
    InsertIdempotencyRecord(IdempotencyRecord),
}

impl Write {
    /// The token or manage token that it replaces or removes, or whose version it requires.
    pub const fn revocable(&self) -> Option<Revocable> {
        match self {
            Self::ReplaceToken(token) | Self::RemoveToken { token, .. } => {
                Some(Revocable::Token(token.project, token.id))
            }
            Self::RequireVersion(project, token, _) => Some(Revocable::Token(*project, *token)),
            Self::ReplaceManageToken(token) | Self::RemoveManageToken(token, _) => {
                Some(Revocable::ManageToken(token.id))
            }
            Self::RequireManageToken(id, _) => Some(Revocable::ManageToken(*id)),
            _ => None,
        }
    }

    /// Whether it only requires the version of a token or manage token, such as that of the caller.
    pub const fn requires_version(&self) -> bool {
        matches!(self, Self::RequireVersion(..) | Self::RequireManageToken(..))
    }
}

/// A token or a manage token, whose changes and revocations compete with the changes that it makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Revocable {
    /// A token.
    Token(ProjectId, TokenId),
    /// A manage token.
    ManageToken(ManageTokenId),
}

/// Why a commit failed, or why its outcome is not known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommitError {
    /// The condition of the write at this index does not hold. Nothing was stored.
    #[error("the condition of write {0} does not hold")]
    Conflict(usize),
    /// Another transaction is writing the same records, or they are reserved. Nothing was stored. Only a commit that does not
    /// wait ([`Contention::waits`]) returns this.
    #[error("another writer holds the records: {0}")]
    Contended(String),
    /// The store's answer was lost: the commit is stored whole or not at all. [`commit`](super::commit()) finds out which.
    #[error("the outcome is unknown: {0}")]
    Unknown(String),
    /// The store is not available. From [`CommitStore::commit`](super::CommitStore::commit): nothing was stored. From [`commit`](super::commit()): the outcome may be
    /// unknown.
    #[error("the store is not available: {0}")]
    Unavailable(String),
}

/// How a commit competes with other writers of the same records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contention {
    /// Whether it waits while another transaction is writing the same records. Otherwise it fails at once with
    /// [`CommitError::Contended`].
    pub waits: bool,
    /// Whether it is urgent: no reservation ([`CommitStore::reserve`](super::CommitStore::reserve)) of a token that it
    /// changes holds it up. One of a token that it only checks, such as its caller, does, as it holds up every other commit.
    pub is_urgent: bool,
    /// A reservation of its own, which does not hold it up.
    pub reservation: Option<Reservation>,
}

/// A reservation of a token or manage token for a revocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reservation {
    /// What is reserved.
    pub of: Revocable,
    /// When it ends. It tells the reservation from others of the token.
    pub until: Timestamp,
}

impl Contention {
    /// Waits, and is not urgent: for most commits.
    pub const ORDINARY: Self = Self { waits: true, is_urgent: false, reservation: None };

    /// The same, but waits.
    #[must_use]
    pub const fn waiting(self) -> Self {
        Self { waits: true, ..self }
    }
}
