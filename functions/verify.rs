//! Answers who a token is and what it may do.
fn main() {}
