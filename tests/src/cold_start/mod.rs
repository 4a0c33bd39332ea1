//! Cold start: starts a function for its first invocation, as Lambda does, to measure it and to see which
//! files it opens.

mod runtime_api;
mod world;

pub use runtime_api::{Connection, RuntimeApi};
pub use world::World;
