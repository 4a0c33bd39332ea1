//! Reserved disk space for revocations.
//!
//! A full disk must not keep a token alive. So a server rejects growth while there is still space, and keeps
//! a reserve file beside the database: when another program has filled the disk, the server deletes that
//! file, which frees space for deletions, refreshes and the like.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use jeton_private_file as private_file;
use rusqlite::Connection;
use rustix::fs::statvfs;

use super::{
    need::{Need, Revoker},
    wal,
};

/// The size of the reserve file in bytes, unless the disk is small.
const RESERVE: u64 = 4 << 20;

/// Below this much free space, in bytes, the store does not grow.
const LOW: u64 = 8 << 20;

/// On a small disk, both are at most one of so many parts of it.
const PART: u64 = 8;

/// Half of the reserve is for masters, manage tokens and Jeton itself; each token may use one of so many
/// parts of the whole.
const SHARE: u64 = 8;

/// The disk space of a server.
#[derive(Debug)]
pub(super) struct Room {
    folder: PathBuf,
    reserve: PathBuf,
    log: PathBuf,
    /// The size of the reserve file, and the number of free bytes below which the store does not grow.
    size: u64,
    low: u64,
    /// The free bytes, less those of the group that is being stored.
    free: Cell<u64>,
    /// How much each has used of the restricted half, in bytes, since the disk became short.
    shares: RefCell<HashMap<Revoker, u64>>,
    state: Arc<State>,
}

/// The state of a server's disk.
#[derive(Debug, Default)]
pub(super) struct State {
    short: AtomicBool,
    failing: AtomicBool,
}

impl State {
    /// Whether the store rejects growth for lack of disk space.
    pub(super) fn is_short(&self) -> bool {
        self.short.load(Ordering::SeqCst)
    }

    /// Whether the last write failed.
    pub(super) fn is_failing(&self) -> bool {
        self.failing.load(Ordering::SeqCst)
    }

    /// Records whether a write failed.
    pub(super) fn has_failed(&self, failed: bool) {
        self.failing.store(failed, Ordering::SeqCst);
    }
}

impl Room {
    /// Measures the free space beside a database, before that is opened, and creates or deletes the reserve file.
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
            free: Cell::new(0),
            shares: RefCell::default(),
            state: Arc::default(),
        };
        room.look();
        Ok(room)
    }

    /// The state to share with readers.
    pub(super) fn state(&self) -> Arc<State> {
        Arc::clone(&self.state)
    }

    /// Measures the free space now.
    pub(super) fn look(&mut self) {
        self.free.set(self.found());
        let kept = fs::symlink_metadata(&self.reserve).map_or(0, |file| file.len());
        let is_kept = kept >= self.size;
        if self.free.get() < self.low {
            self.give_up();
        } else if is_kept {
            self.has_room();
        } else if self.free.get() >= self.low + self.size
            && let Err(error) = self.take()
        {
            // A quota allows this process less than the disk has.
            drop(private_file::remove(&self.reserve));
            if !self.state.is_short() {
                tracing::warn!(%error, "no room can be kept on the disk for what takes rights away");
            }
        } else if self.free.get() >= self.low + self.size {
            self.has_room();
        }
    }

    fn has_room(&self) {
        self.state.short.store(false, Ordering::SeqCst);
        self.shares.borrow_mut().clear();
    }

    /// The size limit of the database's log, in bytes.
    pub(super) fn log_limit(&self) -> u64 {
        self.low
    }

    /// Whether the log exceeds its size limit.
    pub(super) fn log_is_long(&self) -> bool {
        fs::metadata(&self.log).is_ok_and(|log| log.len() > wal::LIMIT.min(self.low))
    }

    /// Deletes the reserve file to free its space. True if the disk was not short until now.
    pub(super) fn give_up(&mut self) -> bool {
        if let Err(error) = private_file::remove(&self.reserve) {
            tracing::error!(%error, "the room that is kept on the disk cannot be given up");
        }
        self.free.set(self.found());
        let is_new = !self.state.short.swap(true, Ordering::SeqCst);
        if is_new {
            tracing::error!(
                free = self.free.get(),
                "the disk is nearly full: only what takes rights away is stored, until there is room again"
            );
        }
        is_new
    }

    /// The free bytes now. Where that cannot be measured, assumes enough: a write to a full disk fails anyway.
    fn found(&self) -> u64 {
        statvfs(&self.folder).map_or(u64::MAX, |disk| disk.f_bavail.saturating_mul(disk.f_frsize))
    }

    /// Whether a write may use the remaining space. Counts it as written if so.
    ///
    /// Tokens that revoke rights of others may use half of the reserve. The rest is for masters and manage
    /// tokens, each with a share: so a stolen manager leaves space to stop it, and a stolen master to another one.
    pub(super) fn allows(&self, need: Need, connection: &Connection) -> bool {
        if !self.state.is_short() {
            return true;
        }
        let (bytes, half) = (need.bytes(), self.size / 2);
        let left = self.free.get().saturating_sub(bytes);
        let allowed = match need {
            Need::Revocation => true,
            Need::OwnChange { .. } => left >= half,
            Need::RevocationOfOthers { by, .. } => {
                left >= half || (by.may_use_all(connection) && self.has_share(by, bytes))
            }
            Need::Growth => false,
        };
        if allowed {
            self.free.set(left);
        }
        allowed
    }

    /// Takes so many bytes of an author's share, if they are left.
    fn has_share(&self, of: Revoker, bytes: u64) -> bool {
        let mut shares = self.shares.borrow_mut();
        let used = shares.entry(of).or_default();
        let next = used.saturating_add(bytes);
        let is_left = next <= self.size / SHARE;
        if is_left {
            *used = next;
        }
        is_left
    }

    /// Creates the reserve file.
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

/// Has the file system allocate blocks; false where it cannot.
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
