//! The storage port: [`Store`] is what every adapter implements, by its five traits, and [`commit()`] is how operations write.
//!
//! The documentation of these traits and of [`Write`] is the contract. `tests/conformance` checks every adapter against it.
//!
//! All reads are strongly consistent: a read that starts after a commit returned sees that commit.

mod commit;
mod commit_store;
mod history_store;
mod maintenance;
mod member_store;
mod token_store;
mod unavailable;
mod write;

pub use commit::{commit, commit_with};
pub use commit_store::CommitStore;
pub use history_store::HistoryStore;
pub use maintenance::{Maintenance, Unusable};
pub use member_store::MemberStore;
pub use token_store::{Due, TokenPage, TokenStore};
pub use unavailable::Unavailable;
pub use write::{Commit, CommitError, Contention, Reservation, Revocable, Write};

/// A store: everything that Jeton keeps. Operations work with a `&dyn Store`.
///
/// An adapter implements the five traits, which makes it a store.
pub trait Store: CommitStore + TokenStore + MemberStore + HistoryStore + Maintenance {}

impl<T: CommitStore + TokenStore + MemberStore + HistoryStore + Maintenance> Store for T {}
