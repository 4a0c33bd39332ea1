//! Room on the disk for what takes rights away.
//!
//! A disk that is full must not keep a token alive. So a server stops to take what makes the store grow while there is still
//! room, and beside the database it keeps a file that takes up room of its own: when another program has filled the
//! disk, that file is given up, and there is room again for deletions, refreshes and the like.

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
    need::{Need, Stopper},
    wal,
};

/// How much the file takes up, in bytes, where the disk is not small.
const RESERVE: u64 = 4 << 20;

/// When less than this is left, in bytes, the store grows no more.
const LOW: u64 = 8 << 20;

/// On a small disk, both are at most one of so many parts of it.
const PART: u64 = 8;

/// Half of what is kept is for masters, manage tokens and Jeton itself; of that, each token takes one of so many parts of
/// the whole.
const SHARE: u64 = 8;

/// The room that a server has.
#[derive(Debug)]
pub(super) struct Room {
    folder: PathBuf,
    reserve: PathBuf,
    log: PathBuf,
    /// How many bytes the file is to take up, and below which number of free ones the store grows no more.
    size: u64,
    low: u64,
    /// How many bytes are free, less what the group that is being stored takes up.
    free: Cell<u64>,
    /// What each has taken up of the half that is not for everybody, in bytes, since the disk became short.
    shares: RefCell<HashMap<Stopper, u64>>,
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
            free: Cell::new(0),
            shares: RefCell::default(),
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
            // Somebody allows this process less than the disk has.
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

    /// How many bytes are free now. A disk that does not tell is taken to have room: it fails if it has none.
    fn found(&self) -> u64 {
        statvfs(&self.folder).map_or(u64::MAX, |disk| disk.f_bavail.saturating_mul(disk.f_frsize))
    }

    /// Whether a write may use the room that there is. What may counts as made.
    ///
    /// Tokens that take rights from others may use half of it. Below that only masters and manage tokens may, each a share:
    /// so a manager that was stolen leaves room to stop it, and a stolen master to another one.
    pub(super) fn allows(&self, need: Need, connection: &Connection) -> bool {
        if !self.state.is_short() {
            return true;
        }
        let (bytes, half) = (need.bytes(), self.size / 2);
        let left = self.free.get().saturating_sub(bytes);
        let allowed = match need {
            Need::Revocation => true,
            Need::OwnChange { .. } => left >= half,
            Need::Stop { by, .. } => {
                left >= half || (by.may_use_all(connection) && self.has_share(by, bytes))
            }
            Need::Growth => false,
        };
        if allowed {
            self.free.set(left);
        }
        allowed
    }

    /// Takes so many bytes of somebody's share, if they are left.
    fn has_share(&self, of: Stopper, bytes: u64) -> bool {
        let mut shares = self.shares.borrow_mut();
        let used = shares.entry(of).or_default();
        let next = used.saturating_add(bytes);
        let is_left = next <= self.size / SHARE;
        if is_left {
            *used = next;
        }
        is_left
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
