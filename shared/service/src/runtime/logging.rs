//! Where log lines go.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

/// Starts logging to standard error: lines for people on a terminal, JSON elsewhere.
///
/// A filter that does not parse is taken for `info`. Called once; a second call changes nothing.
pub fn log_to(filter: &str) {
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let terminal = std::io::stderr().is_terminal();
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = if terminal {
        lines.with_target(false).compact().try_init()
    } else {
        lines.json().flatten_event(true).with_current_span(false).with_span_list(false).try_init()
    };
    // Only tests start it twice, and the first one stays.
    drop(started);
}
