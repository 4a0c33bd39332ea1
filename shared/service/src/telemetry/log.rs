//! The log: setup, and the lines of requests and sweeps.

use std::io::IsTerminal as _;

use tracing::{Dispatch, Level, Metadata, Subscriber, level_filters::LevelFilter};
use tracing_subscriber::{
    Layer, Registry,
    filter::{FilterExt as _, Targets, filter_fn},
    fmt,
    layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

use super::{Handled, micros};
use crate::operation::{sealing::Sealing, swept::Swept};

/// Starts logging to standard error: text on a terminal, JSON elsewhere. `more` is an additional subscriber for logs and
/// traces.
///
/// An invalid filter counts as `info`. A second call changes nothing.
pub(super) fn start(filter: &str, more: Option<impl Layer<Registry> + Send + Sync>) {
    // Only tests start it twice. The first one stays.
    drop(subscriber(filter, more).try_init());
}

fn subscriber(filter: &str, more: Option<impl Layer<Registry> + Send + Sync>) -> Dispatch {
    let registry = tracing_subscriber::registry();
    // A layer that is `None` would have each request make its spans, for nobody.
    match more {
        Some(more) => registry.with(more).with(lines(filter)).into(),
        None => registry.with(lines(filter)).into(),
    }
}

fn lines<S>(filter: &str) -> impl Layer<S> + Send + Sync
where
    S: Subscriber + for<'span> tracing_subscriber::registry::LookupSpan<'span> + Send + Sync,
{
    let filter: Targets = filter.parse().unwrap_or_else(|_| Targets::new().with_default(Level::INFO));
    // With a hint, what nobody logs costs a comparison.
    let filter = filter.and(filter_fn(tells_no_secret).with_max_level_hint(LevelFilter::TRACE));
    // A line that cannot be written is lost. Panicking would end the request.
    let lines = fmt::layer().with_writer(std::io::stderr).log_internal_errors(false);
    if std::io::stderr().is_terminal() {
        lines.with_target(false).compact().with_filter(filter).boxed()
    } else {
        let json = lines.json().flatten_event(true).with_current_span(false).with_span_list(false);
        json.with_filter(filter).boxed()
    }
}

/// Whether a log event may be logged at all. Spans are for traces. At `debug` and `trace`, libraries log whole requests, with
/// tokens and links in them: the Lambda runtime its events, the AWS SDK its requests and responses.
fn tells_no_secret(metadata: &Metadata<'_>) -> bool {
    let is_ours = metadata.target().starts_with("jeton");
    metadata.is_event() && (is_ours || *metadata.level() <= Level::INFO)
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
            swept.more,
            swept.oldest_overdue_seconds,
            "sweep"
        );
    }
}

/// Logs a run of sealing that did something.
pub(super) fn sealing(sealing: &Sealing) {
    if !sealing.is_idle() {
        tracing::info!(
            sealing.sealed,
            sealing.unsealed,
            sealing.undelivered,
            sealing.more,
            sealing.oldest_unsealed_seconds,
            sealing.on_hold,
            "seal"
        );
    }
}

#[cfg(test)]
mod tests {
    use jeton_store_support::span::is_wanted;
    use tracing_subscriber::layer::Identity;

    use super::*;

    #[test]
    fn spans_are_made_for_a_collector_only() {
        let wanted =
            |more| tracing::dispatcher::with_default(&subscriber("trace,jeton::trace=off", more), is_wanted);
        assert!(!wanted(None));
        assert!(wanted(Some(Identity::new())));
    }
}
