//! What every adapter of the storage port tells of itself in the same way: spans of a trace, and log lines of records that
//! cannot be read.

pub mod span;
pub mod unreadable;
