//! Room on the disk for what takes rights away.
//!
//! A disk that is full must not keep a token alive. So a server stops to take what makes the store grow while there is still
//! room, and beside the database it keeps a file that takes up room of its own: when another program has filled the
//! disk, that file is given up, and there is room again for deletions, refreshes and the like.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use jeton_core::{
    event::names::{self, EventKind},
    store::{Commit, Write},
};
use rustix::fs::statvfs;

use super::wal;
use crate::private_file;

/// How much the file takes up, in bytes, where the disk is not small.
const RESERVE: u64 = 4 << 20;

/// When less than this is left, in bytes, the store grows no more.
const LOW: u64 = 8 << 20;

/// On a small disk, both are at most one of so many parts of it.
const PART: u64 = 8;

/// What a write is for, and with that what room it may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Need {
    /// It takes rights away, or removes what is past keeping.
    Revocation,
    /// A token changes itself, which may be one that is to be stopped: it may not use up all of the room.
    OwnChange,
    /// The store grows by it.
    Growth,
}

/// The room that a server has.
#[derive(Debug)]
pub(super) struct Room {
    folder: PathBuf,
    reserve: PathBuf,
    log: PathBuf,
    /// How many bytes the file is to take up, and below which number of free ones the store grows no more.
    size: u64,
    low: u64,
    free: u64,
    state: Arc<State>,
}

/// What a server knows of its disk.
#[derive(Debug, Default)]
pub(super) struct State {
    short: AtomicBool,
    failing: AtomicBool,
}

impl State {
    /// Whether the store takes nothing that makes it grow, for want of room.
    pub(super) fn is_short(&self) -> bool {
        self.short.load(Ordering::SeqCst)
    }

    /// Whether the last write that was tried has failed.
    pub(super) fn is_failing(&self) -> bool {
        self.failing.load(Ordering::SeqCst)
    }

    /// Notes what came of a write.
    pub(super) fn has_failed(&self, failed: bool) {
        self.failing.store(failed, Ordering::SeqCst);
    }
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
        let removes = |write: &Write| {
            !matches!(
                write,
                Write::RequireOpen(_)
                    | Write::RequireToken(..)
                    | Write::RequireVersion(..)
                    | Write::RequireManageToken(..)
                    | Write::InsertReceipt(_)
                    | Write::ReplaceToken(_)
                    | Write::ReplaceProject(_)
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
        let by_itself = commit.events.iter().all(|event| event.by.token.is_some() && event.about.is_none());
        let changes = commit.writes.iter().any(|write| matches!(write, Write::ReplaceToken(_)));
        let replaces = changes || commit.writes.iter().any(|write| matches!(write, Write::ReplaceProject(_)));
        if commit.writes.iter().any(adds) || is_named(&gives) {
            Self::Growth
        } else if commit.writes.iter().any(removes) {
            Self::Revocation
        } else if !replaces {
            Self::Growth
        } else if by_itself {
            Self::OwnChange
        } else {
            Self::Revocation
        }
    }
}

impl Room {
    /// Looks how much room there is beside a database, before that is opened, and keeps some of it or gives up what was kept.
    pub(super) fn keep(database: &Path) -> io::Result<Self> {
        let folder = database.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new(".")).to_owned();
        let beside = |what: &str| {
            let mut path = database.as_os_str().to_owned();
            path.push(what);
            PathBuf::from(path)
        };
        let disk = statvfs(&folder)?;
        let part = disk.f_blocks.saturating_mul(disk.f_frsize) / PART;
        let mut room = Self {
            folder,
            reserve: beside(".reserve"),
            log: beside("-wal"),
            size: RESERVE.min(part),
            low: LOW.min(part),
            free: 0,
            state: Arc::default(),
        };
        room.look();
        Ok(room)
    }

    /// What others may know.
    pub(super) fn state(&self) -> Arc<State> {
        Arc::clone(&self.state)
    }

    /// Looks how much room there is now.
    pub(super) fn look(&mut self) {
        self.free = self.found();
        let kept = fs::symlink_metadata(&self.reserve).map_or(0, |file| file.len());
        let is_kept = kept >= self.size;
        if self.free < self.low {
            self.give_up();
        } else if is_kept {
            self.state.short.store(false, Ordering::SeqCst);
        } else if self.free >= self.low + self.size
            && let Err(error) = self.take()
        {
            // Somebody allows this process less than the disk has.
            drop(private_file::remove(&self.reserve));
            if !self.state.is_short() {
                tracing::warn!(%error, "no room can be kept on the disk for what takes rights away");
            }
        } else if self.free >= self.low + self.size {
            self.state.short.store(false, Ordering::SeqCst);
        }
    }

    /// How long the log of the database may stay, in bytes.
    pub(super) fn log_limit(&self) -> u64 {
        self.low
    }

    /// Whether the log is longer than it is to stay.
    pub(super) fn log_is_long(&self) -> bool {
        fs::metadata(&self.log).is_ok_and(|log| log.len() > wal::LIMIT.min(self.low))
    }

    /// Gives up the room that was kept, since there is no other. True when there was room until now.
    pub(super) fn give_up(&mut self) -> bool {
        if let Err(error) = private_file::remove(&self.reserve) {
            tracing::error!(%error, "the room that is kept on the disk cannot be given up");
        }
        self.free = self.found();
        let is_new = !self.state.short.swap(true, Ordering::SeqCst);
        if is_new {
            tracing::error!(
                free = self.free,
                "the disk is nearly full: only what takes rights away is stored, until there is room again"
            );
        }
        is_new
    }

    /// How many bytes are free now. A disk that does not tell is taken to have room: it fails if it has none.
    fn found(&self) -> u64 {
        statvfs(&self.folder).map_or(u64::MAX, |disk| disk.f_bavail.saturating_mul(disk.f_frsize))
    }

    /// Whether a write may use the room that there is.
    pub(super) fn allows(&self, need: Need) -> bool {
        !self.state.is_short()
            || match need {
                Need::Revocation => true,
                Need::OwnChange => self.free >= self.size / 2,
                Need::Growth => false,
            }
    }

    /// Takes up the room that is to be kept.
    fn take(&self) -> io::Result<()> {
        private_file::remove(&self.reserve)?;
        let mut file = private_file::create(&self.reserve)?;
        if !allocated(&file, self.size)? {
            // Not zeros, which some file systems do not store.
            let block: Vec<u8> =
                (0..65_536_u32).map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()[2]).collect();
            let mut left = usize::try_from(self.size).unwrap_or_default();
            while left > 0 {
                let part = left.min(block.len());
                file.write_all(&block[..part])?;
                left -= part;
            }
        }
        file.sync_all()
    }
}

/// Has the file system set blocks aside; false when it cannot.
#[cfg(target_os = "linux")]
fn allocated(file: &File, size: u64) -> io::Result<bool> {
    use rustix::{
        fs::{FallocateFlags, fallocate},
        io::Errno,
    };
    match fallocate(file, FallocateFlags::empty(), 0, size) {
        Ok(()) => Ok(true),
        Err(Errno::OPNOTSUPP | Errno::NOSYS) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

#[cfg(not(target_os = "linux"))]
fn allocated(_: &File, _: u64) -> io::Result<bool> {
    Ok(false)
}
