//! Shared setup of the black-box suites.

pub mod browser;
pub mod called;
pub mod client;
pub mod cold_start;
pub mod collector;
pub mod console_client;
pub mod contest;
pub mod copy;
pub mod description;
pub mod dynamodb;
pub mod fault_proxy;
pub mod functions;
pub mod github;
pub mod jeton;
pub mod lossy;
pub mod mailbox;
pub mod members;
pub mod outage;
pub mod process;
pub mod program;
pub mod random;
pub mod raw;
pub mod reading;
pub mod rows;
pub mod secrets;
pub mod ses;
pub mod snapshot;
pub mod state;
pub mod store;
pub mod template;
pub mod terminal;
pub mod waiting;
pub mod watch;
pub mod webdriver;

pub use jeton_store_conformance::literal;
