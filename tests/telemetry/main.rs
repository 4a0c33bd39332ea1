//! Telemetry of a running Jeton.

mod lines;
mod metrics;
mod traces;

use std::fs;

use jeton_tests::{process::Served, store::fresh_folder};

/// A server, and the master token of its first project.
fn started(variables: &[(&str, &str)]) -> (Served, String) {
    let folder = fresh_folder();
    let jeton = Served::start_with(&folder, variables);
    let master = fs::read_to_string(folder.join("jeton-master-token")).unwrap();
    (jeton, master.trim_end().to_owned())
}

/// The secret part of a token.
fn secret(token: &str) -> &str {
    token.rsplit_once("-jt").unwrap().1
}
