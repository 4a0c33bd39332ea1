//! What every storage adapter shares: spans of traces, log lines of records that cannot be read, and the cache of verify items.

#[cfg(feature = "item-cache")]
pub mod item_cache;
#[cfg(feature = "item-cache")]
mod item_weight;
pub mod span;
pub mod unreadable;
