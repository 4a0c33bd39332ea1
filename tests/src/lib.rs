//! Shared setup of the black-box suites.

pub mod client;
pub mod description;
pub mod dynamodb;
pub mod fault_proxy;
pub mod jeton;
pub mod literal;
pub mod mailbox;
pub mod process;
pub mod program;
pub mod store;
pub mod terminal;
