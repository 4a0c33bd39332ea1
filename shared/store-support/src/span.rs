//! The spans of what a store does. They cost next to nothing where nobody asked for traces.

use tracing::{Span, trace_span};

/// The target of all spans of Jeton, by which the log leaves them out.
pub const TARGET: &str = "jeton::trace";

/// The span of something that a store does.
pub fn store(system: &'static str, operation: &'static str) -> Span {
    trace_span!(
        target: TARGET,
        "store",
        otel.name = operation,
        otel.kind = "client",
        db.system.name = system,
        db.operation.name = operation,
    )
}
