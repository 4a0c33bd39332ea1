//! The programs of the API reference, run as they are shown. The tests of the client run that in Rust.

use std::fs;

use jeton_service::page::guide::{PROGRAMS, STEPS, part};
use jeton_tests::{jeton::Jeton, store::fresh_folder};
use serde_json::{Value, json};
use tokio::process::Command;

fn code(language: &str) -> &'static str {
    PROGRAMS.iter().find(|program| program.language == language).unwrap().code
}

/// What the calls of a program leave behind: a token, a pending share and a refresh.
async fn assert_called(jeton: &Jeton, language: &str) {
    let list = jeton.get("/v2/storage/tokens").token(&jeton.master).send().await.expect(200).json();
    let made = list.as_array().unwrap().iter().find(|token| token["description"] == "Nightly import");
    let id = made.unwrap_or_else(|| panic!("{language}: {list}"))["id"].as_str().unwrap().to_owned();
    let detail = jeton.detail(&id).await;
    assert_eq!(detail["bucketPermissions"], json!({"in.c-main": "write"}), "{language}");
    let history = jeton.history(&id).await;
    assert_eq!(
        history,
        ["storage.tokenRefreshed", "storage.tokenShared", "storage.tokenCreated"],
        "{language}"
    );
}

/// Runs a command, and returns its output.
async fn run(jeton: &Jeton, language: &str, command: &mut Command) -> String {
    let command = command.env("JETON_URL", &jeton.url).env("JETON_TOKEN", &jeton.master);
    let output = command.current_dir(fresh_folder()).output().await.unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{language}: {said}{}", String::from_utf8_lossy(&output.stderr));
    said
}

#[tokio::test]
async fn the_programs_in_python_and_javascript_make_all_first_calls() {
    for (language, program, file) in [("Python", "python3", "calls.py"), ("JavaScript", "node", "calls.mjs")]
    {
        let jeton = Jeton::start().await;
        let file = fresh_folder().join(file);
        fs::write(&file, code(language)).unwrap();
        let said = run(&jeton, language, Command::new(program).arg(&file)).await;
        assert!(said.contains("Nightly import"), "{language}: {said}");
        assert_called(&jeton, language).await;
    }
}

#[tokio::test]
async fn the_commands_of_curl_make_all_first_calls() {
    let jeton = Jeton::start().await;
    let (mut id, mut token) = (String::new(), String::new());
    for step in &STEPS {
        let mut command = Command::new("sh");
        command.args(["-c", &part(code("curl"), step.id)]).env("ID", &id).env("TOKEN", &token);
        let said = run(&jeton, step.id, &mut command).await;
        if step.id == "create" {
            let created: Value = serde_json::from_str(&said).unwrap();
            (id, token) = (created["id"].as_str().unwrap().into(), created["token"].as_str().unwrap().into());
        }
    }
    assert_called(&jeton, "curl").await;
}
