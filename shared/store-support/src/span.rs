//! The spans of what a store does. They cost next to nothing where nobody asked for traces.

use tracing::{Level, Span, trace_span};

/// The target of all spans of Jeton, by which the log leaves them out.
pub const TARGET: &str = "jeton::trace";

/// The span of something that a store does.
pub fn store(system: &'static str, operation: &'static str) -> Span {
    if !is_wanted() {
        return Span::none();
    }
    trace_span!(
        target: TARGET,
        "store",
        otel.name = operation,
        otel.kind = "client",
        db.system.name = system,
        db.operation.name = operation,
    )
}

/// Whether anybody takes spans. A span that nobody takes still costs what it would have said.
pub fn is_wanted() -> bool {
    tracing::enabled!(target: TARGET, Level::TRACE)
}
