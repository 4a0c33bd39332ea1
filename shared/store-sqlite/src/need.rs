//! The purpose of a write, which decides how much space of a full disk it may use.

use jeton_core::{
    event::{
        Event,
        names::{self, EventKind},
    },
    id::{ManageTokenId, ProjectId, TokenId},
    idempotency::CreatedResource,
    store::{Commit, Write},
};
use rusqlite::Connection;

use super::reads;

/// The estimated disk space of a change without its events, in bytes.
const PAGE: u64 = 4096;

/// The purpose of a write, which decides the disk space that it may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    /// A revocation, or a removal of expired rows.
    Revocation,
    /// A token revokes rights of others. It may be a stolen one: it leaves space to others.
    RevocationOfOthers {
        /// The author.
        by: Revoker,
        /// The approximate size in bytes.
        bytes: u64,
    },
    /// A token revokes its own rights, or replaces its own secret. It may be a stolen one: it may not use up
    /// all of the space.
    OwnChange {
        /// The approximate size in bytes.
        bytes: u64,
    },
    /// It makes the store grow.
    Growth,
}

/// The author of a revocation of others' rights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Revoker {
    /// A token of this project.
    Token(ProjectId, TokenId),
    /// A manage token.
    Manage(ManageTokenId),
}

impl Need {
    /// The purpose of a commit.
    pub(super) fn of(commit: &Commit) -> Self {
        if let Some(by) = planner_of_revocations(commit) {
            return Self::RevocationOfOthers { by, bytes: PAGE };
        }
        let gives = [
            names::TOKEN_SHARE_PICKED_UP,
            names::TOKEN_ENABLED,
            names::MANAGE_TOKEN_ENABLED,
            names::PROJECT_OPENED,
        ];
        let is_named =
            |any: &[EventKind]| commit.events.iter().any(|event| any.iter().any(|kind| event.event == *kind));
        let any = |effect: Effect| commit.writes.iter().any(|write| Effect::of(write) == effect);
        let removes = any(Effect::Removes);
        let narrows = any(Effect::Replaces) && commit.events.iter().all(Event::takes_away);
        if any(Effect::Adds) || is_named(&gives) || !(removes || narrows) {
            return Self::Growth;
        }
        let bytes = || commit.events.iter().map(taken_up).sum::<u64>() + PAGE;
        match commit.events.iter().find_map(revoker_of_another) {
            Some(by) => Self::RevocationOfOthers { by, bytes: bytes() },
            None if !removes && commit.events.iter().all(is_by_itself) => Self::OwnChange { bytes: bytes() },
            None => Self::Revocation,
        }
    }

    /// The approximate size in bytes, where that is counted.
    pub(super) fn bytes(self) -> u64 {
        match self {
            Self::RevocationOfOthers { bytes, .. } | Self::OwnChange { bytes } => bytes,
            Self::Revocation | Self::Growth => 0,
        }
    }
}

/// The effect of a write on the size of the store and on rights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Effect {
    /// A record with rights is added.
    Adds,
    /// A record with rights is replaced. The events say whether rights are taken away.
    Replaces,
    /// A record with rights is removed or ends.
    Removes,
    /// Neither.
    None,
}

impl Effect {
    /// Names every write: the compiler asks for the effect of a new one, which a full disk must not store by mistake.
    fn of(write: &Write) -> Self {
        match write {
            Write::ChangePasskeys { before, after } if after.beyond(before.as_ref()).next().is_some() => {
                Self::Adds
            }
            Write::ChangePasskeys { before: Some(before), after }
                if before.beyond(Some(after)).next().is_some() =>
            {
                Self::Removes
            }
            Write::InsertProject(_)
            | Write::InsertToken(_)
            | Write::InsertShare(_)
            | Write::InsertInvitation(_)
            | Write::InsertMember { .. }
            | Write::InsertSession(_)
            | Write::InsertManageToken(_) => Self::Adds,
            Write::ReplaceToken(_)
            | Write::ReplaceProject(_)
            | Write::ReplaceMember(_)
            | Write::ReplaceManageToken(_) => Self::Replaces,
            Write::RemoveToken { .. }
            | Write::EndShare(_)
            | Write::RemoveUnreadableShare(_)
            | Write::RemoveMember(_)
            | Write::RemoveUnreadableMember(_)
            | Write::RemoveUnreadablePasskeys(_)
            | Write::RemoveInvitation(..)
            | Write::RemoveSession(_)
            | Write::RemoveManageToken(..) => Self::Removes,
            Write::RequireOpen(_)
            | Write::RequireToken(..)
            | Write::RequireVersion(..)
            | Write::RequireSession(_)
            | Write::RequireNoPasskeys(_)
            | Write::ChangePasskeys { .. }
            | Write::RequireManageToken(..)
            | Write::InsertIdempotencyRecord(_) => Self::None,
        }
    }
}

impl Revoker {
    /// Whether it may use the reserved part: true of a master or a manage token. One that cannot be read may not.
    pub(super) fn may_use_all(self, connection: &Connection) -> bool {
        match self {
            Self::Token(project, token) => reads::is_master(connection, project, token).unwrap_or(false),
            Self::Manage(_) => true,
        }
    }
}

/// The token that plans to revoke others, in a commit of the plan alone, which has no event.
fn planner_of_revocations(commit: &Commit) -> Option<Revoker> {
    let revokes = |write: &Write| match write {
        Write::InsertIdempotencyRecord(record) => match &record.made {
            CreatedResource::Plan(plan) => plan.revokes,
            CreatedResource::End(end) => end.revokes,
            _ => false,
        },
        _ => Effect::of(write) == Effect::None,
    };
    let is_plan = commit.writes.iter().any(|write| matches!(write, Write::InsertIdempotencyRecord(_)));
    let planner = commit.writes.iter().find_map(|write| match write {
        Write::RequireVersion(project, token, _) => Some(Revoker::Token(*project, *token)),
        _ => None,
    });
    planner.filter(|_| is_plan && commit.events.is_empty() && commit.writes.iter().all(revokes))
}

/// The token that caused an event of another one.
fn revoker_of_another(event: &Event) -> Option<Revoker> {
    let of_token = event.about.and(event.project).zip(event.by.token);
    let of_token = of_token.map(|(project, token)| Revoker::Token(project, token));
    of_token.or_else(|| event.about_manage.and(event.by.manage).map(Revoker::Manage))
}

fn is_by_itself(event: &Event) -> bool {
    let has_author = event.by.token.is_some() || event.by.manage.is_some();
    has_author && event.about.is_none() && event.about_manage.is_none()
}

/// The disk space of an event: once in the log of the database, and once in the database.
fn taken_up(event: &Event) -> u64 {
    2 * u64::from(event.stored_bytes())
}
