//! Standard output, and what became of it.

use std::{
    fmt,
    io::{self, IsTerminal as _, Write as _},
    sync::OnceLock,
};

use rustix::fs::{FileType, OFlags, fcntl_getfl, fstat, stat};

use super::printable;

/// Why a part of what was written is lost; the first reason.
static LOST: OnceLock<io::Error> = OnceLock::new();

/// Writes a line.
pub fn line(text: fmt::Arguments<'_>) {
    let text = format!("{text}\n");
    raw(printable::lines(&text).as_bytes());
}

/// Writes bytes that are no text of others.
pub fn raw(bytes: &[u8]) {
    let mut stdout = io::stdout().lock();
    let written = is_open().and_then(|()| stdout.write_all(bytes)).and_then(|()| stdout.flush());
    if let Err(error) = written {
        drop(LOST.set(error));
    }
}

/// Whether there is a standard output. For one that was closed before the program began (`>&-`), Rust has opened the null
/// device, which takes everything; it can be read from, too, as no output that a shell opens.
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

/// Why something that was written is lost, if it is: nobody reads it any more
/// ([`io::ErrorKind::BrokenPipe`]), or there is no room for it.
pub fn lost() -> Option<&'static io::Error> {
    LOST.get()
}

/// Whether what is written may never be read: whoever reads a pipe may stop at any line.
pub fn may_be_missed() -> bool {
    let kind = fstat(io::stdout()).map(|stat| FileType::from_raw_mode(stat.st_mode));
    lost().is_some() || kind.is_ok_and(|kind| matches!(kind, FileType::Fifo | FileType::Socket))
}

/// Whether standard output could take a secret, before one is made that nothing will show again.
///
/// A file must have room, and a device must take something: an empty line. What a pipe takes shows only later.
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

/// Keeps room at the end of a file, where its file system can.
#[cfg(target_os = "linux")]
fn room_in(stdout: &io::Stdout, size: i64) -> io::Result<()> {
    use rustix::{
        fs::{FallocateFlags, fallocate},
        io::Errno,
    };

    /// A block, which stays part of the file.
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
