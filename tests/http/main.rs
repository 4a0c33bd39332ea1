//! Every endpoint over HTTP, one file for each function.

mod bad_input;
mod refresh;
