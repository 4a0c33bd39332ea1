//! Shared setup of the black-box suites.

pub mod browser;
pub mod client;
pub mod cold_start;
pub mod collector;
pub mod description;
pub mod dynamodb;
pub mod fault_proxy;
pub mod functions;
pub mod jeton;
pub mod literal;
pub mod mailbox;
pub mod members;
pub mod outage;
pub mod process;
pub mod program;
pub mod raw;
pub mod reading;
pub mod ses;
pub mod snapshot;
pub mod state;
pub mod store;
pub mod template;
pub mod terminal;
pub mod visitor;
pub mod watch;
pub mod webdriver;
