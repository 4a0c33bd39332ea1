//! The log: setup, and the lines of requests and sweeps.

use std::io::IsTerminal as _;

use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::{
    Layer, Registry,
    filter::{FilterExt as _, Targets, filter_fn},
    fmt,
    layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

use super::{Handled, micros};
use crate::operation::swept::Swept;

/// Starts logging to standard error: text on a terminal, JSON elsewhere. `more` is an additional subscriber for logs and
/// traces.
///
/// An invalid filter counts as `info`. A second call changes nothing.
pub(super) fn start(filter: &str, more: Option<impl Layer<Registry> + Send + Sync>) {
    // Only tests start it twice. The first one stays.
    drop(tracing_subscriber::registry().with(more).with(lines(filter)).try_init());
}

fn lines<S>(filter: &str) -> impl Layer<S> + Send + Sync
where
    S: Subscriber + for<'span> tracing_subscriber::registry::LookupSpan<'span> + Send + Sync,
{
    let filter: Targets = filter.parse().unwrap_or_else(|_| Targets::new().with_default(Level::INFO));
    let filter = filter.and(filter_fn(tells_no_secret));
    // A line that cannot be written is lost. Panicking would end the request.
    let lines = fmt::layer().with_writer(std::io::stderr).log_internal_errors(false);
    if std::io::stderr().is_terminal() {
        lines.with_target(false).compact().with_filter(filter).boxed()
    } else {
        let json = lines.json().flatten_event(true).with_current_span(false).with_span_list(false);
        json.with_filter(filter).boxed()
    }
}

/// Whether a log event may be logged at all. At `debug` and `trace`, libraries log whole requests, with tokens and links in
/// them: the Lambda runtime its events, the AWS SDK its requests and responses.
fn tells_no_secret(metadata: &Metadata<'_>) -> bool {
    metadata.target().starts_with("jeton") || *metadata.level() <= Level::INFO
}

/// Logs a request.
pub(super) fn handled(handled: &Handled<'_>) {
    let Handled { id: request, method, route, path, status, elapsed, token, failure } = handled;
    let micros = micros(*elapsed);
    let token = token.map(tracing::field::display);
    match failure {
        None => tracing::info!(request, %method, route, path, status, micros, token, "request"),
        Some((error, exception)) => {
            tracing::info!(request, %method, route, path, status, micros, token, exception, %error, "request");
        }
    }
}

/// Logs a sweep that did something.
pub(super) fn swept(swept: &Swept) {
    if !swept.is_idle() {
        tracing::info!(
            swept.removed,
            swept.noticed,
            swept.unaddressed,
            swept.refused,
            swept.failed,
            swept.cleaned,
            swept.sealed,
            swept.unsealed,
            swept.undelivered,
            swept.more,
            swept.oldest_overdue_seconds,
            "sweep"
        );
    }
}
