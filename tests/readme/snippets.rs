//! The snippets that the pages show beside a token, run as they are pasted.

use std::fs;

use jeton_service::page::snippets::snippets;
use jeton_tests::{jeton::Jeton, program, store::fresh_folder};
use serde_json::json;
use tokio::process::Command;

/// Calls the API from the shell with the variables of an environment file.
const WITH_VARIABLES: &str = "set -a; . ./.env; curl -s -H \"X-StorageApi-Token: $JETON_TOKEN\" \"$JETON_URL/v2/storage/tokens/verify\"";

#[tokio::test]
async fn every_snippet_shows_the_token_and_its_rights_when_it_is_pasted() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({"description": "Nightly import"})).await;
    for snippet in snippets(&jeton.url, &held.token) {
        let folder = fresh_folder();
        let mut command = match snippet.id {
            "curl" => ran("sh", &["-c", &snippet.text]),
            "python" => ran("python3", &["-c", &snippet.text]),
            "javascript" => ran("node", &["-e", &snippet.text]),
            "env" => {
                fs::write(folder.join(".env"), &snippet.text).unwrap();
                ran("sh", &["-c", WITH_VARIABLES])
            }
            // Who pastes it is asked for the token.
            "login" => {
                fs::write(folder.join("typed"), &held.token).unwrap();
                let jeton = program::jeton();
                let login = snippet.text.replacen("jeton", "\"$0\"", 1);
                ran(
                    "sh",
                    &[
                        "-c",
                        &format!("{login} < typed && \"$0\" token verify --json"),
                        jeton.to_str().unwrap(),
                    ],
                )
            }
            other => panic!("nothing runs the snippet {other}"),
        };
        let output = command.current_dir(&folder).env("XDG_CONFIG_HOME", &folder).output().await.unwrap();
        let said = String::from_utf8_lossy(&output.stdout).replace("\": \"", "\":\"");
        let told = format!("{}: {said}{}", snippet.id, String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{told}");
        assert!(said.contains(&format!("\"id\":\"{}\"", held.id)), "{told}");
    }
}

/// A program that knows neither the profiles, the keyring nor the settings of who runs the tests.
fn ran(name: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(name);
    command.args(arguments).env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus");
    for variable in [
        "JETON_PROFILE",
        "JETON_STORE",
        "JETON_BIN",
        "JETON_BIN_DIR",
        "JETON_SCREENSHOTS",
        "JETON_TEST_STORE",
    ] {
        command.env_remove(variable);
    }
    command
}
