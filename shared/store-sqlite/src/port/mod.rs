//! The port of [`jeton_core::store`], a file for each of its traits.
//!
//! A lookup of one row takes some five microseconds, less than handing it to another thread and back
//! would; such reads run where they are awaited. Lists can be long, and run on a blocking thread.

mod commit_store;
mod history_store;
mod maintenance;
mod member_store;
mod token_store;
