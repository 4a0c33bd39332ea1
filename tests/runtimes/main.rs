//! The functions outside Lambda: each a process that serves plain HTTP, behind nginx, on DynamoDB.

mod bad_paths;
mod ending;
mod start;
mod sweep;
mod thread;
mod world;
