//! Authorization: which caller may make which call.
//!
//! There are two steps, so that a caller without rights learns nothing about other ids: [`Caller::may_address`] decides
//! without reading the store, and [`Caller::may`] once the target is known.

use std::sync::Arc;

use super::Permissions;
use crate::{
    error::Error,
    id::{CopyId, ProjectId, TokenId},
    time::Timestamp,
};

/// The authenticated token of a call.
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
    /// The copy that was presented; `None` for a member in the console.
    pub copy: Option<CopyId>,
    /// The kind of that copy.
    pub copy_kind: CopyKind,
    /// When that copy ends.
    pub copy_ends: Option<Timestamp>,
    /// Whether this is the first use of that copy, which ends older copies before the call is answered.
    pub ends_older_copies: bool,
}

/// The rank of a token in its project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rank {
    /// The master token of a member.
    Master,
    /// The own token of a read-only member: reads everything in the project, and changes nothing but its own copies.
    Reader,
    /// A limited token with `canManageTokens`.
    Manager,
    /// Any other token.
    Limited,
}

/// The kind of a copy, which limits what it may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CopyKind {
    /// From create or refresh: may do everything that its token may.
    Full,
    /// From a pick-up: may refresh and delete only itself.
    PickedUp,
    /// Replaced, and kept until its successor is used: has the rights of its token, but creates no token, copy or share, and
    /// does not end itself.
    Superseded {
        /// Whether it is a picked-up copy.
        picked_up: bool,
    },
    /// Ends with the token that shared or refreshed it: has the rights of its token, but creates no token, copy or share,
    /// which would outlive it, and does not end itself.
    EndsWithMaker {
        /// Whether it is a picked-up copy.
        picked_up: bool,
    },
    /// Replaced, in its grace period: may only verify and ask questions.
    Ending,
}

/// The calls of the storage API that need authorization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// Verify the calling token.
    Verify,
    /// Ask a question.
    Ask,
    /// Get a ticket.
    Ticket,
    /// Create a token.
    Create,
    /// List tokens: a manager sees all, other tokens only themselves.
    List,
    /// Read a token.
    Detail,
    /// Change a token.
    Update,
    /// Delete a token.
    Delete,
    /// Delete one copy of a token.
    RevokeCopy,
    /// Refresh a token.
    Refresh,
    /// Share a token.
    Share,
    /// Withdraw a pending share of a token.
    WithdrawShare,
    /// Read the events of a token.
    TokenEvents,
    /// Read events: a master sees those of the project, other tokens their own.
    Events,
    /// Post an event.
    PostEvent,
    /// Read the events of an object, such as a bucket or table.
    ObjectEvents,
    /// Create or change the token of a configuration.
    PutComponentToken,
    /// Delete the token of a configuration.
    DeleteComponentToken,
}

impl Rank {
    /// Whether it sees the events of its whole project.
    pub const fn sees_all_events(self) -> bool {
        matches!(self, Self::Master | Self::Reader)
    }
}

impl Call {
    /// Whether the call creates a token, a copy or a share, which could outlive the presented copy.
    fn makes(self) -> bool {
        matches!(self, Self::Create | Self::Refresh | Self::Share | Self::PutComponentToken)
    }

    /// Whether the call creates, changes or ends a token, a copy or a share. Other calls read, ask or post events.
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

/// The target of a call.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    /// Its id.
    pub id: TokenId,
    /// Its rank.
    pub rank: Rank,
    /// Its current or its requested rights.
    pub permissions: &'a Permissions,
}

impl Caller {
    /// Whether the caller may make this call with this id, decided without reading the store.
    ///
    /// `id` is the id in the path; `None` for calls without a token. Errors: [`Error::Forbidden`], [`Error::CopySuperseded`],
    /// [`Error::CopyEndsWithMaker`].
    pub fn may_address(&self, call: Call, id: Option<TokenId>) -> Result<(), Error> {
        let manager = matches!(self.rank, Rank::Master | Rank::Manager);
        let itself = id == Some(self.id);
        // The endpoint table refuses these before, by its own column.
        let renews_or_ends = itself && matches!(call, Call::Refresh | Call::RevokeCopy);
        let changes = call.changes_tokens() || call == Call::PostEvent;
        if self.rank == Rank::Reader && changes && !renews_or_ends {
            return forbidden("a read-only member changes nothing but their own credential");
        }
        if self.copy_kind == CopyKind::Ending && !matches!(call, Call::Verify | Call::Ask) {
            return forbidden("a copy in its grace period may only verify and ask questions");
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
            Call::Detail | Call::TokenEvents if itself || self.sees_project() => Ok(()),
            Call::Delete | Call::RevokeCopy | Call::Refresh | Call::WithdrawShare if itself || manager => {
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
            Call::ObjectEvents if self.rank.sees_all_events() => Ok(()),
            Call::ObjectEvents => forbidden("only a master token reads the events of buckets and tables"),
            _ => forbidden("only a manager may do this with a token other than itself"),
        }
    }

    /// Whether the caller may create a token with these rights.
    ///
    /// Errors: [`Error::Forbidden`].
    pub fn may_make(&self, call: Call, permissions: &Permissions) -> Result<(), Error> {
        self.may_address(call, None)?;
        if let Some(reason) = permissions.capabilities.denial() {
            return forbidden(reason);
        }
        self.covers(permissions)
    }

    /// Whether the caller may make this call on this target. Called for the current and for the requested rights of the target:
    /// nobody grants or obtains more than they have.
    ///
    /// Errors: [`Error::Forbidden`], and [`Error::CannotShareMaster`] for sharing a master token.
    pub fn may(&self, call: Call, target: Target<'_>) -> Result<(), Error> {
        self.may_address(call, Some(target.id))?;
        let itself = target.id == self.id;
        if matches!(target.rank, Rank::Master | Rank::Reader) {
            return match call {
                Call::Share => Err(Error::CannotShareMaster),
                Call::Update => forbidden("a master token cannot be edited"),
                Call::Delete => forbidden("a master token is deleted by removing its member"),
                Call::RevokeCopy if !itself => forbidden("only a master token itself deletes its copies"),
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

    /// Whether the caller has these rights itself: nobody obtains more than they have.
    ///
    /// Errors: [`Error::Forbidden`].
    pub fn covers(&self, permissions: &Permissions) -> Result<(), Error> {
        // A master token has all rights.
        if self.permissions.cover(permissions) {
            Ok(())
        } else {
            forbidden("the token may do more than the caller")
        }
    }

    /// Whether the caller sees all tokens of its project.
    pub fn sees_project(&self) -> bool {
        self.rank != Rank::Limited
    }
}

fn forbidden(reason: &'static str) -> Result<(), Error> {
    Err(Error::Forbidden(reason))
}
