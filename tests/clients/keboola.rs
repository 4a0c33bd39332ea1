//! Keboola's own clients, of Go and Python.

use jeton_tests::jeton::{Held, Jeton};
use serde_json::json;
use tokio::process::Command;

use crate::{place, run};

/// A token with a little, and an event of a table, for whoever looks for one.
async fn limited(jeton: &Jeton) -> Held {
    let wish = json!({"description": "for Python", "bucketPermissions": {"in.c-main": "write"}});
    let held = jeton.create(&wish).await;
    let event = json!({"component": "it", "message": "imported", "objectType": "table", "objectId": "in.c-main.orders"});
    jeton.post_event(&held.token, &event).await;
    held
}

/// Runs a client against a Jeton.
async fn satisfied(jeton: &Jeton, limited: &Held, command: &mut Command) {
    command
        .env("JETON_URL", &jeton.url)
        .env("JETON_MASTER", &jeton.master)
        .env("JETON_LIMITED", &limited.token);
    run(command).await;
}

#[tokio::test]
async fn the_go_client_decodes_every_answer_and_every_error() {
    let jeton = Jeton::start().await;
    let limited = limited(&jeton).await;
    satisfied(&jeton, &limited, Command::new(place("KEBOOLA_GO")).arg("-test.v")).await;
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
    let jeton = Jeton::start().await;
    let limited = limited(&jeton).await;
    satisfied(&jeton, &limited, &mut python("tokens.py")).await;
}

#[tokio::test]
async fn a_data_app_posts_an_event() {
    let jeton = Jeton::start().await;
    let limited = limited(&jeton).await;
    satisfied(&jeton, &limited, &mut python("event.py")).await;
}
