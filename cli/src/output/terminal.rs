//! What standard output is: its width and whether it shows colours.

use std::{
    cell::Cell,
    io::{self, IsTerminal},
    os::fd::AsFd,
};

use rustix::termios::tcgetwinsize;

use crate::environment;

thread_local! {
    /// Whether texts are shown in full. Commands print from the main thread.
    static WIDE: Cell<bool> = const { Cell::new(false) };
}

/// A colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// As other text.
    Plain,
    /// Headings.
    Bold,
    /// What is over or not in use.
    Dim,
    /// What is as it should be.
    Green,
    /// Warnings.
    Yellow,
    /// Failures.
    Red,
}

impl Style {
    fn code(self) -> Option<&'static str> {
        match self {
            Self::Plain => None,
            Self::Bold => Some("1"),
            Self::Dim => Some("2"),
            Self::Green => Some("32"),
            Self::Yellow => Some("33"),
            Self::Red => Some("31"),
        }
    }

    /// A text in this colour, where standard output shows colours. The text must be printable.
    pub fn of(self, text: &str) -> String {
        match self.code().filter(|_| has_colours()) {
            Some(code) => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
            None => text.to_owned(),
        }
    }
}

/// Shows texts in full from now on, also beyond the width of the terminal.
pub fn show_all() {
    WIDE.set(true);
}

/// Whether texts are shortened: on a terminal, without `--wide`.
pub fn is_narrow() -> bool {
    io::stdout().is_terminal() && !WIDE.get()
}

/// The width that a table is shortened to. `None` without a limit, or where the terminal does not know.
pub fn width() -> Option<usize> {
    width_of(&io::stdout())
}

/// The same of standard error.
pub fn width_beside() -> Option<usize> {
    width_of(&io::stderr())
}

fn width_of(terminal: &(impl IsTerminal + AsFd)) -> Option<usize> {
    if !terminal.is_terminal() || WIDE.get() {
        return None;
    }
    let size = tcgetwinsize(terminal).ok()?;
    Some(usize::from(size.ws_col)).filter(|width| *width > 0)
}

fn has_colours() -> bool {
    io::stdout().is_terminal() && environment::wants_colours()
}
