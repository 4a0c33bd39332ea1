//! `/console/…`: the pages for members.

mod access;
mod forms;
mod history;
mod members;
mod sessions;
mod sign_in;
mod times;
mod token;
mod tokens;
mod usage;
