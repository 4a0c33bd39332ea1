//! Common reads of a Jeton.

use serde_json::{Value, json};

use crate::{
    client::Answer,
    jeton::{Held, Jeton},
};

/// The path of a token.
pub fn path(id: &str) -> String {
    format!("/v2/storage/tokens/{id}")
}

impl Jeton {
    /// A GET that succeeds.
    pub async fn read(&self, token: &str, path: &str) -> Answer {
        self.get(path).token(token).send().await.expect(200)
    }

    /// The token in GET verify.
    pub async fn verified(&self, token: &str) -> Value {
        self.read(token, "/v2/storage/tokens/verify").await.json()
    }

    /// A token in detail, as the master token sees it.
    pub async fn detail(&self, id: &str) -> Value {
        self.read(&self.master, &path(id)).await.json()
    }

    /// A list of events.
    pub async fn events(&self, token: &str, path: &str) -> Vec<Value> {
        match self.read(token, path).await.json() {
            Value::Array(events) => events,
            other => panic!("no list: {other}"),
        }
    }

    /// The newest event of a token, as the master token sees it.
    pub async fn last_event(&self, id: &str) -> Value {
        self.events(&self.master, &format!("{}/events?limit=1", path(id))).await.remove(0)
    }

    /// Posts an event, and returns its id.
    pub async fn post_event(&self, token: &str, event: &Value) -> String {
        self.post("/v2/storage/events").token(token).json(event).send().await.expect(201).field("uuid")
    }

    /// A token of another project.
    pub async fn foreign(&self) -> Held {
        let path = "/manage/organizations/12/projects";
        let project = self.post(path).manage(&self.manage).json(&json!({"name": "Other"})).send().await;
        let path = format!("/manage/projects/{}/tokens", project.expect(201).json()["id"]);
        let wish = json!({"canManageTokens": true});
        Held::from(&self.post(&path).manage(&self.manage).json(&wish).send().await.expect(201))
    }
}

/// The values of a text field in a list of objects.
pub fn pluck(list: &[Value], field: &str) -> Vec<String> {
    list.iter().map(|item| item[field].as_str().unwrap().to_owned()).collect()
}
