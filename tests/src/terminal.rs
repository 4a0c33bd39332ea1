//! A pseudo-terminal for a process that behaves differently on one.

use std::{
    ffi::OsStr,
    fs::File,
    io::{self, Read as _, Write as _},
    os::unix::ffi::OsStrExt as _,
    process::Command,
    thread::{self, JoinHandle},
};

use rustix::{
    fs::{Mode, OFlags},
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
    termios::{Winsize, tcsetwinsize},
};

/// A terminal.
pub struct Terminal {
    /// The input of the process.
    pub keyboard: File,
    screen: JoinHandle<io::Result<()>>,
}

impl Terminal {
    /// Waits for all output, after the last process on the terminal has ended.
    pub fn shown(self) {
        self.screen.join().unwrap().unwrap();
    }
}

/// Runs a command on a new terminal without colours, whose width is not known. Copies its output to the screen, until the last process on the terminal has ended.
pub fn attach(command: &mut Command, screen: File) -> Terminal {
    attach_to(command, screen, "dumb", 0)
}

/// The same on a terminal of this kind and width.
pub fn attach_to(command: &mut Command, mut screen: File, kind: &str, width: u16) -> Terminal {
    let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY;
    let ours = openpt(flags).unwrap();
    grantpt(&ours).unwrap();
    unlockpt(&ours).unwrap();
    let name = ptsname(&ours, Vec::new()).unwrap();
    // Close-on-exec and no controlling terminal: only this one process uses it, not the test.
    let theirs = rustix::fs::open(
        OsStr::from_bytes(name.as_bytes()),
        OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC,
        Mode::empty(),
    );
    let theirs = theirs.unwrap();
    let size = Winsize { ws_row: 24, ws_col: width, ws_xpixel: 0, ws_ypixel: 0 };
    tcsetwinsize(&theirs, size).unwrap();
    rustix::io::fcntl_setfd(&ours, rustix::io::FdFlags::CLOEXEC).unwrap();
    command
        .stdin(theirs.try_clone().unwrap())
        .stdout(theirs.try_clone().unwrap())
        .stderr(theirs)
        .env("TERM", kind);
    let mut ours = File::from(ours);
    let keyboard = ours.try_clone().unwrap();
    let screen = thread::spawn(move || -> io::Result<()> {
        let mut bytes = [0; 4096];
        loop {
            // Linux reports the end of a terminal as an error.
            let Ok(count @ 1..) = ours.read(&mut bytes) else { return Ok(()) };
            screen.write_all(&bytes[..count])?;
        }
    });
    Terminal { keyboard, screen }
}
