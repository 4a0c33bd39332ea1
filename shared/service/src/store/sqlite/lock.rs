//! The claim of the one server that may run on a file.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io,
    path::Path,
};

use super::{OpenError, name};

/// Held by a running `jeton serve`. The system lets go of it when the process ends, however it ends.
#[derive(Debug)]
pub struct ServeLock {
    _file: File,
}

impl ServeLock {
    /// The lock is a file of its own: SQLite's locks on the database are not to be touched.
    pub(super) fn take(path: &Path) -> Result<Self, OpenError> {
        let mut beside = path.as_os_str().to_owned();
        beside.push(".serve.lock");
        let file = open(beside.as_ref())
            .map_err(|source| OpenError::File { path: name(beside.as_ref()), source })?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(OpenError::Served { path: name(path) }),
            Err(TryLockError::Error(source)) => Err(OpenError::File { path: name(beside.as_ref()), source }),
        }
    }
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
