//! The functions where there is no Lambda: each a process that serves plain HTTP, behind nginx, on
//! DynamoDB.

mod bad_paths;
mod ending;
mod start;
mod sweep;
mod thread;
mod world;
