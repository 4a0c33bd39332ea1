//! Bad input for every endpoint: refused as documented, with a sentence that helps, without a trace
//! in the state, and without an echo of a secret.
//!
//! The tables say what is tried; `rows` holds one row for each endpoint, and a new endpoint without
//! its rows fails the suite.

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
