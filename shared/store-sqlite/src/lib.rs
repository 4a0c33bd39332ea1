//! The embedded store on SQLite.
//!
//! One writer thread commits groups (`writer`); reads use a few connections of their own (`readers`). Writes
//! are in `commit`, reads in `reads`, the tables of events in `events`, and the index of a token's events in
//! `token_feed`. A server keeps verify items in `memory`. `port` implements the traits of
//! [`jeton_core::store`].

mod backup;
mod budgets;
mod clean;
mod coherence;
mod commit;
mod connection;
mod database;
mod events;
mod known_projects;
mod lock;
mod manage;
mod mark;
mod members;
mod memory;
mod memory_lock;
mod need;
mod objects;
mod open_error;
mod part;
mod port;
mod readers;
mod reads;
mod room;
mod schema;
mod seals;
mod shares;
mod sql;
mod tables;
mod token_feed;
mod wal;
mod writer;

pub use backup::{Restoring, backup};
pub use database::Sqlite;
pub use lock::ServeLock;
pub use open_error::OpenError;
