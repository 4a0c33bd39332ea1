//! Questions on the terminal, and lines of standard input.

use std::io::{self, BufRead as _, IsTerminal as _, Read as _};

use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr};

use crate::{at_signal::AtSignal, failure::Failure, output};

/// The longest line that is read.
const LONGEST: u64 = 8192;

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

/// The terminal without echo. It is as before on drop, and when a signal ends the program.
struct Silenced {
    before: Termios,
    _at_signal: AtSignal,
}

impl Silenced {
    fn new() -> io::Result<Self> {
        let before = tcgetattr(io::stdin())?;
        let mut silent = before.clone();
        let restored = before.clone();
        let at_signal = AtSignal::new(move || restore(&restored));
        silent.local_modes.remove(LocalModes::ECHO);
        // A stopped program would leave the terminal to its shell without echo.
        silent.special_codes[SpecialCodeIndex::VSUSP] = 0;
        tcsetattr(io::stdin(), OptionalActions::Flush, &silent)?;
        Ok(Self { before, _at_signal: at_signal })
    }
}

impl Drop for Silenced {
    fn drop(&mut self) {
        restore(&self.before);
    }
}

/// A terminal that is gone needs no restoring.
fn restore(before: &Termios) -> Option<String> {
    let _ = tcsetattr(io::stdin(), OptionalActions::Now, before);
    None
}

/// How many tokens are listed before a question.
const LISTED: usize = 20;

/// Lists the first of these tokens before a question, with their descriptions, and says how many there are besides.
pub fn list_few<'a>(tokens: impl ExactSizeIterator<Item = (&'a str, &'a str)>) {
    let more = tokens.len().saturating_sub(LISTED);
    for (id, description) in tokens.take(LISTED) {
        eprintln!("  {}  {}", output::printable(id), output::printable(description));
    }
    if more > 0 {
        eprintln!("  and {more} more");
    }
}
