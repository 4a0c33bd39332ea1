//! Everything of Jeton that touches the world: HTTP, stores, mail, configuration, runtimes.

pub mod store;
