//! The snippets that the pages show beside a token, run as they are pasted.

use std::fs;

use jeton_service::page::snippets::snippets;
use jeton_tests::{jeton::Jeton, store::fresh_folder};
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
            "curl" => program("sh", &["-c", &snippet.text]),
            "python" => program("python3", &["-c", &snippet.text]),
            "javascript" => program("node", &["-e", &snippet.text]),
            "env" => {
                fs::write(folder.join(".env"), &snippet.text).unwrap();
                program("sh", &["-c", WITH_VARIABLES])
            }
            other => panic!("nothing runs the snippet {other}"),
        };
        let output = command.current_dir(&folder).output().await.unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        let told = format!("{}: {said}{}", snippet.id, String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{told}");
        assert!(said.contains(&format!("\"id\":\"{}\"", held.id)), "{told}");
    }
}

fn program(name: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(name);
    command.args(arguments);
    command
}
