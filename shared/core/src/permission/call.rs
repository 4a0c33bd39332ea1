//! Who may make which call.
//!
//! Two steps, so that a caller without rights learns nothing about other ids: [`Caller::may_address`]
//! is decided without reading anything, [`Caller::may`] once the target is known.

use std::sync::Arc;

use super::Permissions;
use crate::{
    error::Error,
    id::{CopyId, ProjectId, TokenId},
    time::Timestamp,
};

/// The token behind a call, once its copy has been found genuine and live.
#[derive(Debug, Clone)]
pub struct Caller {
    /// Its project.
    pub project: ProjectId,
    /// Its id.
    pub id: TokenId,
    /// Its rank.
    pub rank: Rank,
    /// What it may do.
    pub permissions: Arc<Permissions>,
    /// The copy that was presented; none for a member who is signed in.
    pub copy: Option<CopyId>,
    /// What kind of copy that is.
    pub copy_kind: CopyKind,
    /// When that copy ends, if it does.
    pub copy_ends: Option<Timestamp>,
    /// Whether this is the first use of that copy, and older ones end with it before anything is answered.
    pub ends_older_copies: bool,
}

/// How a token ranks among the others of its project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rank {
    /// A member's master token.
    Master,
    /// A limited token with `canManageTokens`.
    Manager,
    /// Any other.
    Limited,
}

/// How far a copy stands for its token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CopyKind {
    /// From create or refresh: stands for the token in everything.
    Full,
    /// From a pick-up: refreshes and deletes only itself.
    PickedUp,
    /// Replaced, and kept until its successor is used: does what its token may, but makes no token, copy or share,
    /// and does not end itself.
    Superseded {
        /// Whether it came from a pick-up, and so stands for itself alone.
        picked_up: bool,
    },
    /// Ends with the token that shared it, or that made it by a refresh: does what its token may, but makes no token,
    /// copy or share, which would outlive it, and does not end itself.
    EndsWithMaker {
        /// Whether it came from a pick-up, and so stands for itself alone.
        picked_up: bool,
    },
    /// Replaced, in its grace period: verifies and asks, nothing else.
    Ending,
}

/// A call on the storage API, as far as permission goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// Ask who one is.
    Verify,
    /// Ask whether one may do something.
    Ask,
    /// Get a ticket.
    Ticket,
    /// Create a token.
    Create,
    /// List tokens: a manager sees all, others themselves.
    List,
    /// Read a token.
    Detail,
    /// Change a token.
    Update,
    /// Delete a token.
    Delete,
    /// Take one copy of a token back.
    RevokeCopy,
    /// Refresh a token.
    Refresh,
    /// Share a token.
    Share,
    /// Take an open share of a token back.
    WithdrawShare,
    /// Read the events of a token.
    TokenEvents,
    /// Read events: a master sees the project's, others their own.
    Events,
    /// Post an event.
    PostEvent,
    /// Read the events of a bucket or table.
    ObjectEvents,
    /// Give a configuration its token.
    PutComponentToken,
    /// Take a configuration's token away.
    DeleteComponentToken,
}

impl Call {
    /// Whether it may make a token, a copy or a share: something that outlives the copy it was called with.
    fn makes(self) -> bool {
        matches!(self, Self::Create | Self::Refresh | Self::Share | Self::PutComponentToken)
    }

    /// Whether it makes, changes or ends a token, a copy or a share. What is left reads, asks and reports.
    pub fn changes_tokens(self) -> bool {
        match self {
            Self::Create
            | Self::Update
            | Self::Delete
            | Self::RevokeCopy
            | Self::Refresh
            | Self::Share
            | Self::WithdrawShare
            | Self::PutComponentToken
            | Self::DeleteComponentToken => true,
            Self::Verify
            | Self::Ask
            | Self::Ticket
            | Self::List
            | Self::Detail
            | Self::TokenEvents
            | Self::Events
            | Self::PostEvent
            | Self::ObjectEvents => false,
        }
    }
}

/// The token that a call is about.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    /// Its id.
    pub id: TokenId,
    /// Its rank.
    pub rank: Rank,
    /// What it may do now, or is to be able to do.
    pub permissions: &'a Permissions,
}

impl Caller {
    /// Whether the caller may make this call on this id at all, decided without reading the store.
    ///
    /// `id` is the id in the path; none for calls that name no token. Errors: [`Error::Forbidden`],
    /// [`Error::CopySuperseded`], [`Error::CopyEndsWithMaker`].
    pub fn may_address(&self, call: Call, id: Option<TokenId>) -> Result<(), Error> {
        let manager = self.rank != Rank::Limited;
        let itself = id == Some(self.id);
        if self.copy_kind == CopyKind::Ending && !matches!(call, Call::Verify | Call::Ask) {
            return forbidden("a copy in its grace period may only verify and ask");
        }
        let ends_copies = matches!(call, Call::Refresh | Call::Delete | Call::RevokeCopy);
        if call.makes() || (ends_copies && itself) {
            match self.copy_kind {
                CopyKind::Superseded { .. } => return Err(Error::CopySuperseded { live: true }),
                CopyKind::EndsWithMaker { .. } => return Err(Error::CopyEndsWithMaker),
                CopyKind::Full | CopyKind::PickedUp | CopyKind::Ending => {}
            }
        }
        let picked_up = matches!(
            self.copy_kind,
            CopyKind::PickedUp
                | CopyKind::Superseded { picked_up: true }
                | CopyKind::EndsWithMaker { picked_up: true }
        );
        let of_others = (ends_copies && !itself) || call == Call::WithdrawShare;
        if picked_up && of_others {
            return forbidden("a picked-up copy refreshes and deletes only itself");
        }
        match call {
            Call::Verify | Call::Ask | Call::Ticket | Call::List | Call::Events | Call::PostEvent => Ok(()),
            Call::Detail
            | Call::Delete
            | Call::RevokeCopy
            | Call::Refresh
            | Call::WithdrawShare
            | Call::TokenEvents
                if itself || manager =>
            {
                Ok(())
            }
            Call::Create
            | Call::Update
            | Call::Share
            | Call::PutComponentToken
            | Call::DeleteComponentToken
                if manager =>
            {
                Ok(())
            }
            Call::ObjectEvents if self.rank == Rank::Master => Ok(()),
            Call::ObjectEvents => forbidden("only a master token reads the events of buckets and tables"),
            _ => forbidden("only a manager may do this with a token other than itself"),
        }
    }

    /// Whether the caller may make a token with these rights.
    ///
    /// Errors: [`Error::Forbidden`].
    pub fn may_make(&self, call: Call, permissions: &Permissions) -> Result<(), Error> {
        self.may_address(call, None)?;
        if let Some(reason) = permissions.capabilities.refusal() {
            return forbidden(reason);
        }
        self.covers(permissions)
    }

    /// Whether the caller may make this call on this target. Call it once for every set of rights the
    /// target has or is to get: no one gives or obtains more than they have.
    ///
    /// Errors: [`Error::Forbidden`], and [`Error::CannotShareMaster`] for sharing a master token.
    pub fn may(&self, call: Call, target: Target<'_>) -> Result<(), Error> {
        self.may_address(call, Some(target.id))?;
        let itself = target.id == self.id;
        if target.rank == Rank::Master {
            return match call {
                Call::Share => Err(Error::CannotShareMaster),
                Call::Update => forbidden("a master token cannot be edited"),
                Call::Delete => forbidden("a master token is deleted by removing its member"),
                Call::RevokeCopy if !itself => forbidden("the copies of a master token are its own business"),
                Call::Refresh if !itself => forbidden("a master token is refreshed only by itself"),
                _ => Ok(()),
            };
        }
        match call {
            Call::Refresh if itself => Ok(()),
            Call::Update
            | Call::Refresh
            | Call::Share
            | Call::PutComponentToken
            | Call::DeleteComponentToken => self.covers(target.permissions),
            _ => Ok(()),
        }
    }

    fn covers(&self, permissions: &Permissions) -> Result<(), Error> {
        // A master token carries every right there is.
        if self.permissions.cover(permissions) {
            Ok(())
        } else {
            forbidden("the token may do more than the caller")
        }
    }

    /// Whether this caller sees all tokens of its project.
    pub fn sees_project(&self) -> bool {
        self.rank != Rank::Limited
    }
}

fn forbidden(reason: &'static str) -> Result<(), Error> {
    Err(Error::Forbidden(reason))
}
