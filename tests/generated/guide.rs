//! The answers of the first calls in the API reference: those to the commands of curl that it shows.

use std::collections::BTreeMap;

use http::StatusCode;
use jeton_service::page::guide::{PROGRAMS, STEPS, part};
use jeton_tests::{client::Answer, copy, jeton::Jeton};
use serde_json::{Value, json};
use tokio::process::Command;

use crate::fixed_values::{FixedValues, pretty};

#[tokio::test]
async fn the_answers_of_the_first_calls_are_those_to_their_commands() {
    let jeton = Jeton::start().await;
    let mut fixed = FixedValues::of(&jeton);
    let code = PROGRAMS.iter().find(|program| program.language == "curl").unwrap().code;
    let (mut id, mut token) = (String::new(), String::new());
    let mut answers: BTreeMap<&str, Value> = BTreeMap::new();
    for step in &STEPS[1..] {
        let command = part(code, step.id).replace("curl -fsS ", "curl -fsSi ");
        let answer = answered(&jeton, &command, &id, &token).await;
        if step.id == "create" {
            (id, token) = (answer.field("id"), answer.field("token"));
        }
        fixed.learn(&answer);
        let body = (!answer.body.is_empty()).then(|| pretty(&answer.body));
        let shown = json!({
            "status": answer.status.as_u16(), "contentType": answer.content_type(), "answer": body,
        });
        answers.insert(step.id, fixed.plain_within(&shown));
    }
    let answers = serde_json::to_string_pretty(&answers).unwrap() + "\n";
    copy::is_file("shared/service/src/page/guide/answers.json", &answers);
}

/// Runs a command, which prints one answer with its headers.
async fn answered(jeton: &Jeton, command: &str, id: &str, token: &str) -> Answer {
    let mut shell = Command::new("sh");
    let shell = shell.args(["-c", command]).env("JETON_URL", &jeton.url).env("JETON_TOKEN", &jeton.master);
    let output = shell.env("ID", id).env("TOKEN", token).output().await.unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{command}: {said}{}", String::from_utf8_lossy(&output.stderr));
    let (head, body) = said.split_once("\r\n\r\n").unwrap();
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap();
    let headers = lines.filter_map(|line| {
        let (name, value) = line.split_once(": ")?;
        Some((name.parse().unwrap(), value.parse().unwrap()))
    });
    Answer {
        status: StatusCode::from_bytes(status.as_bytes()).unwrap(),
        headers: headers.collect(),
        body: body.to_owned().into_bytes().into(),
    }
}
