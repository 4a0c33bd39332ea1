//! The adapters behind the port of [`jeton_core::store`].

pub mod dynamodb;
#[cfg(feature = "sqlite")]
pub mod sqlite;
mod unreadable;
