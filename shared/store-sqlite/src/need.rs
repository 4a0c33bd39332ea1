//! What a write is for, and with that what room of a full disk it may use.

use jeton_core::{
    event::{
        Event,
        names::{self, EventKind},
    },
    id::{ManageTokenId, ProjectId, TokenId},
    store::{Commit, Write},
};
use rusqlite::Connection;

use super::reads;

/// What a change is taken to take up on the disk beside its events, in bytes.
const PAGE: u64 = 4096;

/// What a write is for, and with that what room it may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    /// It takes rights away, or removes what is past keeping.
    Revocation,
    /// A token takes rights away from others, and may be one that is to be stopped: it leaves room to others.
    Stop {
        /// Who does.
        by: Stopper,
        /// About how many bytes it takes.
        bytes: u64,
    },
    /// A token takes rights away from itself, or replaces its own secret. It may be one that is to be stopped: it may not
    /// use up all of the room.
    OwnChange {
        /// About how many bytes it takes.
        bytes: u64,
    },
    /// The store grows by it.
    Growth,
}

/// Who takes rights away from others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Stopper {
    /// A token of this project.
    Token(ProjectId, TokenId),
    /// A manage token.
    Manage(ManageTokenId),
}

impl Need {
    /// What a commit is for.
    pub(super) fn of(commit: &Commit) -> Self {
        let adds = |write: &Write| {
            matches!(
                write,
                Write::InsertProject(_)
                    | Write::InsertToken(_)
                    | Write::InsertShare(_)
                    | Write::InsertInvitation(_)
                    | Write::InsertMember { .. }
                    | Write::InsertSession(_)
                    | Write::InsertManageToken(_)
            )
        };
        let replaces = |write: &Write| {
            matches!(write, Write::ReplaceToken(_) | Write::ReplaceProject(_) | Write::ReplaceManageToken(_))
        };
        let only_requires = |write: &Write| {
            matches!(
                write,
                Write::RequireOpen(_)
                    | Write::RequireToken(..)
                    | Write::RequireVersion(..)
                    | Write::RequireSession(_)
                    | Write::RequireManageToken(..)
                    | Write::InsertIdempotencyRecord(_)
            )
        };
        let gives = [
            names::TOKEN_SHARE_PICKED_UP,
            names::TOKEN_ENABLED,
            names::MANAGE_TOKEN_ENABLED,
            names::PROJECT_OPENED,
        ];
        let is_named =
            |any: &[EventKind]| commit.events.iter().any(|event| any.iter().any(|kind| event.event == *kind));
        let any = |is: &dyn Fn(&Write) -> bool| commit.writes.iter().any(is);
        let removes = any(&|write| !adds(write) && !replaces(write) && !only_requires(write));
        let narrows = any(&replaces) && commit.events.iter().all(Event::takes_away);
        if any(&adds) || is_named(&gives) || !(removes || narrows) {
            return Self::Growth;
        }
        let bytes = || commit.events.iter().map(taken_up).sum::<u64>() + PAGE;
        match commit.events.iter().find_map(of_another) {
            Some(by) => Self::Stop { by, bytes: bytes() },
            None if !removes && commit.events.iter().all(is_by_itself) => Self::OwnChange { bytes: bytes() },
            None => Self::Revocation,
        }
    }

    /// About how many bytes it takes, where that is counted.
    pub(super) fn bytes(self) -> u64 {
        match self {
            Self::Stop { bytes, .. } | Self::OwnChange { bytes } => bytes,
            Self::Revocation | Self::Growth => 0,
        }
    }
}

impl Stopper {
    /// Whether they may use what others leave: a master or a manage token. What cannot be read may not.
    pub(super) fn may_use_all(self, connection: &Connection) -> bool {
        match self {
            Self::Token(project, token) => reads::is_master(connection, project, token).unwrap_or(false),
            Self::Manage(_) => true,
        }
    }
}

/// The token that did what an event tells to another one.
fn of_another(event: &Event) -> Option<Stopper> {
    let of_token = event.about.and(event.project).zip(event.by.token);
    let of_token = of_token.map(|(project, token)| Stopper::Token(project, token));
    of_token.or_else(|| event.about_manage.and(event.by.manage).map(Stopper::Manage))
}

fn is_by_itself(event: &Event) -> bool {
    let acts = event.by.token.is_some() || event.by.manage.is_some();
    acts && event.about.is_none() && event.about_manage.is_none()
}

/// What an event takes up: once in the log of the database, and once in the database.
fn taken_up(event: &Event) -> u64 {
    2 * u64::from(event.stored_bytes())
}
