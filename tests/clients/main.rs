//! Third-party clients against Jeton: Keboola's own, one that is generated from the API description, and one
//! that generates calls from it.
//!
//! Their assertions are beside them. `./test` installs them.

use std::env;

use tokio::process::Command;

mod generated;
mod keboola;
mod service;

/// The path of something that `./test` has installed.
#[expect(clippy::disallowed_methods, reason = "what the suites run against is no configuration of Jeton")]
fn place(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| panic!("{name} says where that program is; run ./test clients"))
}

/// Runs a program to its end, and shows its output if it fails.
async fn run(command: &mut Command) {
    let output = command.output().await.unwrap();
    let said =
        [output.stdout, output.stderr].map(|said| String::from_utf8_lossy(&said).into_owned()).concat();
    assert!(output.status.success(), "{said}");
}
