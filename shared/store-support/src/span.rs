//! Tracing spans of the stores. They cost next to nothing while traces are off.

use tracing::{Level, Span, debug_span};

/// The target of all spans of Jeton, which the log excludes.
pub const TARGET: &str = "jeton::trace";

/// The span of a store operation.
pub fn store(system: &'static str, operation: &'static str) -> Span {
    if !is_wanted() {
        return Span::none();
    }
    debug_span!(
        target: TARGET,
        "store",
        otel.name = operation,
        otel.kind = "client",
        db.system.name = system,
        db.operation.name = operation,
    )
}

/// Whether traces are on. Otherwise a span would still cost the formatting of its fields.
pub fn is_wanted() -> bool {
    tracing::enabled!(target: TARGET, Level::DEBUG)
}
