//! Every endpoint over HTTP, one file for each function.

mod refresh;
