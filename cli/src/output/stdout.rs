//! Standard output, and why it lacks something.

use std::{
    fmt,
    io::{self, IsTerminal as _, Write as _},
    sync::OnceLock,
};

use rustix::fs::{FileType, OFlags, fcntl_getfl, fstat, stat};

use super::printable;

/// The first failure.
static LOST: OnceLock<Lost> = OnceLock::new();

/// Why output is not printed.
#[derive(Debug, thiserror::Error)]
pub enum Lost {
    /// A write failed, as on a full disk.
    #[error("standard output: {0}")]
    Output(io::Error),
    /// The filter of `--jq` failed.
    #[error("--jq: {0}")]
    Filter(String),
}

impl Lost {
    /// Whether the reader of a pipe has gone, which is no error for most commands.
    pub fn is_closed_pipe(&self) -> bool {
        matches!(self, Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }
}

/// Writes a line.
pub fn line(text: fmt::Arguments<'_>) {
    let text = format!("{text}\n");
    raw(printable::lines(&text).as_bytes());
}

/// Writes lines.
pub fn lines(text: &str) {
    raw(printable::lines(text).as_bytes());
}

/// Writes trusted bytes as they are.
pub fn raw(bytes: &[u8]) {
    let mut stdout = io::stdout().lock();
    let written = is_open().and_then(|()| stdout.write_all(bytes)).and_then(|()| stdout.flush());
    if let Err(error) = written {
        drop(LOST.set(Lost::Output(error)));
    }
}

/// Whether standard output is open. If it was closed before the program started (`>&-`), Rust opens the null device
/// instead, which can also be read, unlike any output that a shell opens.
pub fn is_open() -> io::Result<()> {
    if is_null(&io::stdout())? && fcntl_getfl(io::stdout())?.contains(OFlags::RDWR) {
        return Err(io::Error::other("it is closed"));
    }
    Ok(())
}

fn is_null(stdout: &io::Stdout) -> io::Result<bool> {
    let (null, stdout) = (stat("/dev/null")?, fstat(stdout)?);
    Ok(FileType::from_raw_mode(stdout.st_mode) == FileType::CharacterDevice && stdout.st_rdev == null.st_rdev)
}

/// Notes that output is not written.
pub fn lose(lost: Lost) {
    drop(LOST.set(lost));
}

/// Why output is not printed, if it is not.
pub fn lost() -> Option<&'static Lost> {
    LOST.get()
}

/// Whether standard output is a pipe, whose reader may stop at any line.
pub fn may_be_missed() -> bool {
    let kind = fstat(io::stdout()).map(|stat| FileType::from_raw_mode(stat.st_mode));
    lost().is_some() || kind.is_ok_and(|kind| matches!(kind, FileType::Fifo | FileType::Socket))
}

/// Checks that standard output can take a secret, before one is created that cannot be shown again.
///
/// Reserves space in a file, and writes an empty line to a device. A pipe cannot be checked.
pub fn could_take() -> io::Result<()> {
    is_open()?;
    let stdout = io::stdout();
    if stdout.is_terminal() {
        return Ok(());
    }
    let stat = fstat(&stdout)?;
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => room_in(&stdout, stat.st_size),
        FileType::CharacterDevice => {
            let mut stdout = stdout.lock();
            stdout.write_all(b"\n").and_then(|()| stdout.flush())
        }
        _ => Ok(()),
    }
}

/// Reserves space at the end of a file, if the file system can.
#[cfg(target_os = "linux")]
fn room_in(stdout: &io::Stdout, size: i64) -> io::Result<()> {
    use rustix::{
        fs::{FallocateFlags, fallocate},
        io::Errno,
    };

    /// One block.
    const ROOM: u64 = 4096;
    let end = u64::try_from(size).unwrap_or_default();
    match fallocate(stdout, FallocateFlags::KEEP_SIZE, end, ROOM) {
        Err(error @ (Errno::NOSPC | Errno::DQUOT | Errno::FBIG | Errno::IO)) => Err(error.into()),
        _ => Ok(()),
    }
}

#[cfg(not(target_os = "linux"))]
fn room_in(_: &io::Stdout, _: i64) -> io::Result<()> {
    Ok(())
}
