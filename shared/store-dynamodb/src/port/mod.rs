//! The port of [`jeton_core::store`], a file for each of its traits.

mod commit_store;
mod history_store;
mod maintenance;
mod member_store;
mod token_store;
