//! Keboola's own clients, for Go and Python.

use tokio::process::Command;

use crate::{place, run, service::Service};

/// Runs a client against a service.
async fn satisfied(command: &mut Command) {
    let service = Service::start().await;
    command
        .env("JETON_URL", &service.url)
        .env("JETON_MASTER", &service.master)
        .env("JETON_PROJECT_NAME", service.project_name().await)
        .env("JETON_LIMITED", service.limited().await);
    run(command).await;
}

#[tokio::test]
async fn the_go_client_decodes_every_answer_and_every_error() {
    satisfied(Command::new(place("KEBOOLA_GO")).arg("-test.v")).await;
}

/// A script beside this file, with Keboola's packages.
fn python(script: &str) -> Command {
    let mut command = Command::new("python3");
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/clients/keboola/python/");
    command.arg(format!("{folder}{script}")).env("PYTHONPATH", place("KEBOOLA_PYTHON"));
    command
}

#[tokio::test]
async fn the_python_client_verifies_tokens_in_both_of_its_modes() {
    satisfied(&mut python("tokens.py")).await;
}

#[tokio::test]
async fn a_data_app_posts_an_event() {
    satisfied(&mut python("event.py")).await;
}
