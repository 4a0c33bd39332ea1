//! Bad input for every endpoint: rejected as documented, with a helpful message, without any change of state,
//! and without echoing a secret.
//!
//! The tables list the input; `rows` has one row for each endpoint, and a new endpoint without its rows fails
//! the suite.

mod bench;
mod bodies;
mod callers;
mod credentials;
mod fields;
mod paths;
mod queries;
mod raw;
mod report;
mod rows;
mod secrets;
mod values;
mod world;
