//! Clients that nobody here wrote talk to Jeton: Keboola's own, one that a generator makes of the API
//! description, and one that makes calls up from it.
//!
//! What they hold against the answers stands beside them. `./test` sets them up.

use std::env;

use tokio::process::Command;

mod generated;
mod keboola;
mod service;

/// Where something is that `./test` has set up.
#[expect(clippy::disallowed_methods, reason = "what the suites run against is no configuration of Jeton")]
fn place(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| panic!("{name} says where that program is; run ./test clients"))
}

/// Runs a program to its end, and shows what it says when that is not a good one.
async fn run(command: &mut Command) {
    let output = command.output().await.unwrap();
    let said =
        [output.stdout, output.stderr].map(|said| String::from_utf8_lossy(&said).into_owned()).concat();
    assert!(output.status.success(), "{said}");
}
