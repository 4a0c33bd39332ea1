//! The port of [`jeton_core::store`], a file for each of its traits.
//!
//! A lookup of one row takes some five microseconds, less than a switch to another thread and back; such
//! reads run on the caller's thread. Lists can be long, and run on a blocking thread.

mod commit_store;
mod history_store;
mod maintenance;
mod member_store;
mod token_store;
