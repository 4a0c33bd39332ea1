//! The embedded store on SQLite.
//!
//! One writer thread commits groups (`writer`); reads use a few connections of their own (`readers`). Writes
//! are in `commit`, reads in `reads`, the tables of events in `events`, and the indexes that are filled behind
//! them in `trailing` and `blocks`. A server keeps verify items in `memory`. `port` implements the traits of
//! [`jeton_core::store`].

mod backup;
mod blocks;
mod budgets;
mod clean;
mod coherence;
mod commit;
mod connection;
mod database;
mod events;
mod inspect;
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
mod passkeys;
mod port;
mod readers;
mod reads;
mod room;
mod schema;
mod seals;
mod shares;
mod since_8;
mod sql;
mod statements;
mod tables;
mod tail;
mod trailing;
mod transaction;
mod wal;
mod writer;

pub use backup::{Restoring, backup};
pub use database::Sqlite;
pub use inspect::{Layout, layout};
pub use lock::ServeLock;
pub use open_error::OpenError;
