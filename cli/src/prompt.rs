//! Questions on the terminal, and lines of standard input.

use std::{
    io::{self, BufRead as _, IsTerminal as _, Read as _},
    process,
};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

use crate::failure::Failure;

/// The longest line that is read.
const LONGEST: u64 = 8192;

/// The exit code of a program that SIGINT ended, as shells have it.
const INTERRUPTED: i32 = 130;

/// Whether somebody can be asked.
pub fn can_ask() -> bool {
    io::stdin().is_terminal()
}

/// Reads a line. On a terminal asks for it first.
pub fn line(question: &str) -> Result<String, Failure> {
    if can_ask() {
        eprint!("{question}");
    }
    let mut line = String::new();
    io::stdin().lock().take(LONGEST).read_line(&mut line).map_err(failed)?;
    Ok(line)
}

/// Reads a line that is not shown as it is typed.
pub fn hidden(question: &str) -> Result<String, Failure> {
    if !can_ask() {
        return line(question);
    }
    let _echo = Silenced::new().map_err(failed)?;
    let read = line(question);
    // The line break was not shown either.
    eprintln!();
    read
}

fn failed(error: io::Error) -> Failure {
    Failure::File("standard input".to_owned(), error)
}

/// The terminal without echo. It is as before on drop, and once SIGINT ends the program.
struct Silenced(Termios);

impl Silenced {
    fn new() -> io::Result<Self> {
        let before = tcgetattr(io::stdin())?;
        let kept = before.clone();
        tokio::spawn(async move {
            // Goes on after the question: a handled SIGINT does not end the program by itself any more.
            if tokio::signal::ctrl_c().await.is_ok() {
                restore(&kept);
                process::exit(INTERRUPTED);
            }
        });
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO);
        tcsetattr(io::stdin(), OptionalActions::Flush, &silent)?;
        Ok(Self(before))
    }
}

impl Drop for Silenced {
    fn drop(&mut self) {
        restore(&self.0);
    }
}

/// A terminal that is gone needs no restoring.
fn restore(before: &Termios) {
    let _ = tcsetattr(io::stdin(), OptionalActions::Now, before);
}
