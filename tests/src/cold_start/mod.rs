//! Starting a function for its first invocation, as Lambda does: for measuring it, and for looking at
//! what it touches.

mod runtime_api;
mod world;

pub use runtime_api::{Connection, RuntimeApi};
pub use world::World;
