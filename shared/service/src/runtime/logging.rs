//! Where log lines go.

use std::io::IsTerminal as _;

use tracing_subscriber::{
    Layer as _, filter::Targets, fmt, layer::SubscriberExt as _, util::SubscriberInitExt as _,
};

/// Starts logging to standard error: lines for people on a terminal, JSON elsewhere.
///
/// A filter that does not parse is taken for `info`. Called once; a second call changes nothing.
pub fn log_to(filter: &str) {
    let filter = filter.parse().unwrap_or_else(|_| Targets::new().with_default(tracing::Level::INFO));
    let lines = fmt::layer().with_writer(std::io::stderr);
    let lines = if std::io::stderr().is_terminal() {
        lines.with_target(false).compact().with_filter(filter).boxed()
    } else {
        let json = lines.json().flatten_event(true).with_current_span(false).with_span_list(false);
        json.with_filter(filter).boxed()
    };
    // Only tests start it twice, and the first one stays.
    drop(tracing_subscriber::registry().with(lines).try_init());
}
