//! Questions on the terminal, and lines of standard input.

use std::{
    fs,
    io::{self, BufRead as _, IsTerminal as _, Read as _},
    mem,
    path::PathBuf,
    process,
    sync::{Mutex, Once, PoisonError},
};

use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr};
use tokio::signal::unix::{SignalKind, signal};

use crate::{failure::Failure, output};

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
struct Silenced;

impl Silenced {
    fn new() -> io::Result<Self> {
        let before = tcgetattr(io::stdin())?;
        at_signal(|end| end.terminal = Some(before.clone()));
        let mut silent = before;
        silent.local_modes.remove(LocalModes::ECHO);
        // A stopped program would leave the terminal to its shell without echo.
        silent.special_codes[SpecialCodeIndex::VSUSP] = 0;
        tcsetattr(io::stdin(), OptionalActions::Flush, &silent)?;
        Ok(Self)
    }
}

impl Drop for Silenced {
    fn drop(&mut self) {
        at_signal(|end| {
            if let Some(before) = end.terminal.take() {
                restore(&before);
            }
        });
    }
}

/// Prints a sentence if a signal ends the program from now on; no longer with `None`.
pub fn tell_at_signal(sentence: Option<String>) {
    at_signal(|end| end.sentence = sentence);
}

/// Removes a file if a signal ends the program from now on; no longer with `None`.
pub fn remove_at_signal(file: Option<PathBuf>) {
    at_signal(|end| end.file = file);
}

/// What is done when a signal ends the program.
#[derive(Default)]
struct End {
    terminal: Option<Termios>,
    file: Option<PathBuf>,
    sentence: Option<String>,
}

static END: Mutex<End> = Mutex::new(End { terminal: None, file: None, sentence: None });

/// Changes what is done when a signal ends the program. A handled signal does not end it by itself any more, so all of them are
/// handled until the end.
fn at_signal(change: impl FnOnce(&mut End)) {
    static HANDLED: Once = Once::new();
    change(&mut END.lock().unwrap_or_else(PoisonError::into_inner));
    HANDLED.call_once(|| {
        for kind in
            [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::quit(), SignalKind::hangup()]
        {
            let Ok(mut signals) = signal(kind) else { continue };
            tokio::spawn(async move {
                signals.recv().await;
                let end = mem::take(&mut *END.lock().unwrap_or_else(PoisonError::into_inner));
                if let Some(before) = &end.terminal {
                    restore(before);
                }
                if let Some(file) = &end.file {
                    drop(fs::remove_file(file));
                }
                if let Some(sentence) = &end.sentence {
                    eprintln!("\njeton: {sentence}");
                }
                // As shells have it.
                process::exit(128 + kind.as_raw_value());
            });
        }
    });
}

/// A terminal that is gone needs no restoring.
fn restore(before: &Termios) {
    let _ = tcsetattr(io::stdin(), OptionalActions::Now, before);
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
