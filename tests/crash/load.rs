//! A caller with its own tokens, which sends one call after the other.

use jeton_tests::client::{Answer, Call, Client};
use serde_json::json;

use crate::life::{Change, Life};

pub struct Caller {
    client: Client,
    master: String,
    name: String,
    /// All tokens it has used; the last one is current.
    pub lives: Vec<Life>,
    steps: usize,
}

impl Caller {
    pub fn new(client: Client, master: &str, name: String) -> Self {
        Self { client, master: master.to_owned(), name, lives: Vec::new(), steps: 0 }
    }

    /// Sends the next call. False if it got no answer.
    pub async fn step(&mut self) -> bool {
        if self.lives.last().is_none_or(|life| life.deleted) {
            self.lives.push(Life::new(format!("{}/{}", self.name, self.lives.len())));
        }
        let change = self.next_change();
        let call = self.call(&change);
        let life = self.lives.last_mut().unwrap();
        life.pending = Some(change.clone());
        let Ok(answer) = call.try_send().await else { return false };
        // The mail limit of the hour: this one was rejected, and another call follows.
        if change == Change::Share && answer.status == 429 {
            life.pending = None;
            return true;
        }
        let Some(secret) = acknowledged(&change, &answer) else { return false };
        if change == Change::Create {
            life.id = answer.field("id");
        }
        life.happened(change, secret);
        true
    }

    fn next_change(&mut self) -> Change {
        self.steps += 1;
        let life = self.lives.last().unwrap();
        let number = life.history.len();
        if number == 0 {
            return Change::Create;
        }
        // Callers are at different points of this round, so that any two changes can meet.
        match (number + self.name.len() + self.steps) % 11 {
            _ if number > 12 => Change::Delete,
            0 | 5 => Change::Update(format!("{} step {number}", life.name)),
            1 | 6 => Change::Refresh,
            2 | 7 | 9 => Change::Share,
            3 | 8 => Change::Post(format!("ext.crash.{number}")),
            _ => Change::Ask(format!("crash.asked{number}")),
        }
    }

    fn call(&self, change: &Change) -> Call {
        let life = self.lives.last().unwrap();
        let (client, path) = (&self.client, format!("/v2/storage/tokens/{}", life.id));
        let own = |call: Call| call.token(life.secret.as_ref().expect("a token at work has its secret"));
        match change {
            Change::Create => {
                let wish = json!({"description": life.name});
                client.post("/v2/storage/tokens").token(&self.master).json(&wish)
            }
            Change::Update(description) => {
                client.put(&path).token(&self.master).json(&json!({"description": description}))
            }
            Change::Refresh => own(client.post(&format!("{path}/refresh"))),
            Change::Share => client
                .post(&format!("{path}/share"))
                .token(&self.master)
                .json(&json!({"recipientEmail": format!("bob@{}.example", life.name.replace(['.', '/'], "-")), "message": ""})),
            Change::Post(name) => {
                let configuration = name.rsplit('.').next();
                let event = json!({"component": "crash", "configurationId": configuration, "message": "x"});
                own(client.post("/v2/storage/events")).json(&event)
            }
            Change::Ask(operation) => own(client.post("/v2/storage/tokens/verify"))
                .json(&json!({"operation": operation, "capability": "createJobs"})),
            Change::Delete => client.delete(&path).token(&self.master),
        }
    }
}

/// The secret in an answer, if any; `None` if the kill cut the answer off.
#[expect(clippy::option_option, reason = "whether there is an answer, and whether it holds a secret")]
fn acknowledged(change: &Change, answer: &Answer) -> Option<Option<String>> {
    let body = || serde_json::from_slice::<serde_json::Value>(&answer.body).ok();
    match (change, answer.status.as_u16()) {
        (Change::Create, 201) | (Change::Refresh, 200) => Some(Some(body()?["token"].as_str()?.to_owned())),
        (Change::Update(_) | Change::Ask(_), 200) | (Change::Post(_), 201) => body().map(|_| None),
        (Change::Share | Change::Delete, 204) => Some(None),
        (change, status) => panic!("{change:?} was answered {status}: {}", answer.text()),
    }
}
