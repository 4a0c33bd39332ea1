//! Progress of long commands, on a terminal only.

use std::io::{self, IsTerminal as _};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressFinish, ProgressStyle};

use crate::environment;

/// A progress spinner, for work of unknown size.
pub fn spinner(what: &'static str) -> ProgressBar {
    on_terminal(ProgressBar::no_length(), "{spinner} {human_pos} {msg}", what)
}

/// A progress bar.
pub fn bar(what: &'static str, length: u64) -> ProgressBar {
    on_terminal(ProgressBar::new(length), "{bar:40} {human_pos}/{human_len} {msg}, {eta} left", what)
}

fn on_terminal(bar: ProgressBar, style: &str, what: &'static str) -> ProgressBar {
    if !io::stderr().is_terminal() || !environment::terminal_has_controls() {
        bar.set_draw_target(ProgressDrawTarget::hidden());
    }
    bar.with_style(ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar()))
        .with_message(what)
        .with_finish(ProgressFinish::AndClear)
}
