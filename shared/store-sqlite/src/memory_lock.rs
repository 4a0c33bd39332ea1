//! The lock between the memory of a server and commands that write beside it.
//!
//! A server answers from memory only while it holds an exclusive lock of `….memory.lock`, and a command opens
//! the database only with a shared one. A command that wants the lock opens the file repeatedly; the system
//! notifies the server (inotify), which switches its memory off, releases the lock, and takes it back when
//! the last command has ended, even by a crash. Without such notifications a server has no memory.

use std::{
    fs::{self, File, TryLockError},
    io::{self, Read as _},
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use jeton_private_file as private_file;

use super::{lock::canonical, memory::Memory};

/// How long a command waits for a server to switch its memory off, which it does at once unless it is stopped.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// How long a command waits before it tries again.
const ASK_AGAIN: Duration = Duration::from_millis(1);

/// How long a server leaves the lock to commands before it takes it back: longer than a command waits to retry.
const LEFT_TO_COMMANDS: Duration = Duration::from_millis(20);

/// A shared lock: no server answers from memory until it is dropped.
#[derive(Debug)]
pub(super) struct SharedLock(#[expect(dead_code, reason = "the lock is let go of when it is closed")] File);

impl SharedLock {
    /// Takes a shared lock of this database. Waits until a server has switched its memory off.
    ///
    /// Errors: [`io::ErrorKind::TimedOut`] when a server does not do so; the file cannot be created or opened.
    pub(super) fn take(database: &Path) -> io::Result<Self> {
        let path = path_of(database);
        let began = Instant::now();
        loop {
            // Each open notifies the server.
            let file = open(&path)?;
            match file.try_lock_shared() {
                Ok(()) => return Ok(Self(file)),
                Err(TryLockError::Error(error)) => return Err(error),
                Err(TryLockError::WouldBlock) if began.elapsed() < LONGEST_WAIT => thread::sleep(ASK_AGAIN),
                Err(TryLockError::WouldBlock) => {
                    let why = "the running server does not let a command write beside it; is it stopped?";
                    return Err(io::Error::new(io::ErrorKind::TimedOut, why));
                }
            }
        }
    }
}

/// Keeps the memory of a server on while no command holds the shared lock, until it is dropped.
#[derive(Debug)]
pub(super) struct MemoryLock(Option<Open>);

#[derive(Debug)]
struct Open {
    path: PathBuf,
    is_closed: Arc<AtomicBool>,
}

impl MemoryLock {
    /// Switches this memory on as soon as no command holds the shared lock of this database, and off while
    /// one wants it.
    ///
    /// Errors: the file cannot be created or opened.
    pub(super) fn keep(database: &Path, memory: &Arc<Memory>) -> io::Result<Self> {
        let path = path_of(database);
        let file = open(&path)?;
        let requests = match Requests::watch(&path) {
            Ok(Some(requests)) => requests,
            Ok(None) => return Ok(Self(None)),
            Err(error) => {
                tracing::warn!(%error, "verify items are not kept in memory: the system does not watch the lock file");
                return Ok(Self(None));
            }
        };
        let is_closed = Arc::new(AtomicBool::new(false));
        let (memory, closed) = (Arc::clone(memory), Arc::clone(&is_closed));
        let name = path.clone();
        let work = move || {
            if let Err(error) = follow(&file, &name, requests, &memory, &closed) {
                tracing::error!(%error, "verify items are no longer kept in memory");
            }
        };
        thread::Builder::new().name("jeton-memory-lock".to_owned()).spawn(work)?;
        Ok(Self(Some(Open { path, is_closed })))
    }
}

impl Drop for MemoryLock {
    fn drop(&mut self) {
        if let Some(Open { path, is_closed }) = &self.0 {
            is_closed.store(true, Ordering::SeqCst);
            // This notifies the thread as a command would, and it ends.
            drop(private_file::open_plain(path));
        }
    }
}

/// Keeps memory on while the file is locked, and off while a command holds or wants the lock. Ends with memory off.
fn follow(
    file: &File,
    path: &Path,
    mut requests: Requests,
    memory: &Memory,
    is_closed: &AtomicBool,
) -> io::Result<()> {
    loop {
        file.lock()?;
        if is_closed.load(Ordering::SeqCst) {
            return Ok(());
        }
        if !is_same(file, path) {
            return Err(io::Error::other("somebody has removed or replaced the lock file"));
        }
        memory.switch_on();
        let told = requests.wait();
        memory.switch_off();
        told?;
        file.unlock()?;
        thread::sleep(LEFT_TO_COMMANDS);
    }
}

/// Whether the path still refers to this file.
fn is_same(file: &File, path: &Path) -> bool {
    let found = (file.metadata(), fs::symlink_metadata(path));
    matches!(found, (Ok(open), Ok(named)) if (open.dev(), open.ino()) == (named.dev(), named.ino()))
}

/// Notifications of the system that others open a file.
#[cfg(target_os = "linux")]
#[derive(Debug)]
struct Requests(File);

#[cfg(target_os = "linux")]
impl Requests {
    /// Watches for this file being opened, renamed or removed.
    fn watch(path: &Path) -> io::Result<Option<Self>> {
        use rustix::fs::inotify::{CreateFlags, WatchFlags, add_watch, init};
        let told = init(CreateFlags::CLOEXEC)?;
        add_watch(&told, path, WatchFlags::OPEN | WatchFlags::ATTRIB | WatchFlags::MOVE_SELF)?;
        Ok(Some(Self(told.into())))
    }

    /// Waits for a notification, and reads all pending ones.
    fn wait(&mut self) -> io::Result<()> {
        loop {
            match self.0.read(&mut [0; 4096]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                told => return told.map(drop),
            }
        }
    }
}

/// Other systems are not supported.
#[cfg(not(target_os = "linux"))]
#[derive(Debug)]
struct Requests;

#[cfg(not(target_os = "linux"))]
impl Requests {
    fn watch(_: &Path) -> io::Result<Option<Self>> {
        Ok(None)
    }

    fn wait(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn path_of(database: &Path) -> PathBuf {
    let mut path = canonical(database).into_os_string();
    path.push(".memory.lock");
    path.into()
}

fn open(path: &Path) -> io::Result<File> {
    match private_file::create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => private_file::open_plain(path),
        made => made,
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::{process::Command, sync::Arc};

    use super::*;

    fn database() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("jeton.db");
        (folder, path)
    }

    /// Waits until memory is on or off.
    fn becomes(memory: &Memory, on: bool) -> bool {
        (0..5000).any(|_| {
            thread::sleep(Duration::from_millis(1));
            memory.is_on() == on
        })
    }

    #[test]
    fn memory_is_off_from_the_moment_that_a_command_begins_until_the_last_one_ends() {
        let (_folder, path) = database();
        let memory = Arc::new(Memory::new());
        let _lock = MemoryLock::keep(&path, &memory).unwrap();
        assert!(becomes(&memory, true));
        for _ in 0..20 {
            let first = SharedLock::take(&path).unwrap();
            assert!(!memory.is_on());
            let second = SharedLock::take(&path).unwrap();
            drop(first);
            assert!(!memory.is_on());
            drop(second);
            assert!(becomes(&memory, true));
        }
    }

    #[test]
    fn memory_is_off_while_a_command_is_at_work_that_began_before_the_server() {
        let (_folder, path) = database();
        let command = SharedLock::take(&path).unwrap();
        let memory = Arc::new(Memory::new());
        let _lock = MemoryLock::keep(&path, &memory).unwrap();
        assert!(!memory.is_on());
        drop(command);
        assert!(becomes(&memory, true));
    }

    #[test]
    fn a_command_that_is_killed_gives_its_share_back() {
        let (_folder, path) = database();
        let memory = Arc::new(Memory::new());
        let _lock = MemoryLock::keep(&path, &memory).unwrap();
        assert!(becomes(&memory, true));
        let file = path_of(&path);
        let mut command =
            Command::new("flock").arg("--shared").arg(&file).args(["sleep", "60"]).spawn().unwrap();
        assert!(becomes(&memory, false));
        command.kill().unwrap();
        command.wait().unwrap();
    }

    #[test]
    fn memory_stays_off_when_the_lock_file_is_removed() {
        let (_folder, path) = database();
        let memory = Arc::new(Memory::new());
        let _lock = MemoryLock::keep(&path, &memory).unwrap();
        assert!(becomes(&memory, true));
        fs::remove_file(path_of(&path)).unwrap();
        assert!(becomes(&memory, false));
        drop(SharedLock::take(&path).unwrap());
        thread::sleep(Duration::from_millis(20));
        assert!(!memory.is_on());
    }

    #[test]
    fn memory_is_off_when_the_server_has_ended_and_the_next_one_has_its_own() {
        let (_folder, path) = database();
        let memory = Arc::new(Memory::new());
        drop(MemoryLock::keep(&path, &memory).unwrap());
        let next = Arc::new(Memory::new());
        let _lock = MemoryLock::keep(&path, &next).unwrap();
        assert!(becomes(&next, true) && !memory.is_on());
        drop(SharedLock::take(&path).unwrap());
        assert!(becomes(&next, true));
    }
}
