//! Telemetry that every storage adapter shares: spans of traces, and log lines of records that cannot be read.

pub mod span;
pub mod unreadable;
