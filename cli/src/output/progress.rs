//! Progress of long commands, on a terminal only.

use std::{
    io::{self, IsTerminal as _},
    sync::{Mutex, PoisonError},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressFinish, ProgressStyle, WeakProgressBar};

use crate::environment;

/// The newest progress bar. It may be gone.
static NEWEST: Mutex<Option<WeakProgressBar>> = Mutex::new(None);

/// A progress spinner, for work of unknown size.
pub fn spinner(what: &'static str) -> ProgressBar {
    on_terminal(ProgressBar::no_length(), "{spinner} {human_pos} {msg}", what)
}

/// A progress bar.
pub fn bar(what: &'static str, length: u64) -> ProgressBar {
    on_terminal(ProgressBar::new(length), COUNTED, what)
}

/// A progress bar of bytes.
pub fn bytes_bar(what: &'static str, length: u64) -> ProgressBar {
    on_terminal(ProgressBar::new(length), "{bar:40} {percent}% {bytes}/{total_bytes} {msg}, {eta} left", what)
}

/// Shows that so much is done, and of how much once that is known: then a spinner is a bar.
pub fn show(bar: &ProgressBar, done: u64, of: Option<u64>) {
    if let Some(of) = of
        && bar.length() != Some(of)
    {
        if bar.length().is_none() {
            bar.set_style(style(COUNTED));
        }
        bar.set_length(of);
    }
    bar.set_position(done);
}

/// Removes the progress that is shown on standard error.
pub fn end_progress() {
    if let Some(bar) = newest() {
        bar.finish_and_clear();
    }
}

/// Prints a line on standard error, above the progress that is shown there.
pub fn beside_progress(line: &str) {
    match newest() {
        Some(bar) => bar.suspend(|| eprintln!("{line}")),
        None => eprintln!("{line}"),
    }
}

fn newest() -> Option<ProgressBar> {
    NEWEST.lock().unwrap_or_else(PoisonError::into_inner).as_ref().and_then(WeakProgressBar::upgrade)
}

const COUNTED: &str = "{bar:40} {percent}% {human_pos}/{human_len} {msg}, {eta} left";

fn on_terminal(bar: ProgressBar, template: &str, what: &'static str) -> ProgressBar {
    if !io::stderr().is_terminal() || !environment::terminal_has_controls() {
        bar.set_draw_target(ProgressDrawTarget::hidden());
    }
    let bar = bar.with_style(style(template)).with_message(what).with_finish(ProgressFinish::AndClear);
    *NEWEST.lock().unwrap_or_else(PoisonError::into_inner) = Some(bar.downgrade());
    bar
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
