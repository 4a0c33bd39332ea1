//! The state of one token as its caller knows it.

use jeton_tests::client::Client;
use serde_json::Value;

/// A call that changes a token or stores an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    Create,
    /// With this description.
    Update(String),
    Refresh,
    Share,
    /// With this name.
    Post(String),
    /// With this operation.
    Ask(String),
    Delete,
}

impl Change {
    /// The name of its event.
    pub fn event(&self) -> &str {
        match self {
            Self::Create => "storage.tokenCreated",
            Self::Update(_) => "storage.tokenUpdated",
            Self::Refresh => "storage.tokenRefreshed",
            Self::Share => "storage.tokenShared",
            Self::Post(name) | Self::Ask(name) => name,
            Self::Delete => "storage.tokenDeleted",
        }
    }
}

/// One token, from its creation on.
#[derive(Debug)]
pub struct Life {
    /// Its first description, which is unique.
    pub name: String,
    /// The answer to its creation.
    pub id: String,
    /// Its newest secret; `None` after a refresh whose answer was lost.
    pub secret: Option<String>,
    /// Its description.
    pub description: String,
    /// How many shares it has.
    pub shares: usize,
    /// Whether it is deleted.
    pub deleted: bool,
    /// The names of its events, oldest first.
    pub history: Vec<String>,
    /// The call without an answer.
    pub pending: Option<Change>,
}

impl Life {
    pub fn new(name: String) -> Self {
        Self {
            description: name.clone(),
            name,
            id: String::new(),
            secret: None,
            shares: 0,
            deleted: false,
            history: Vec::new(),
            pending: Some(Change::Create),
        }
    }

    /// Records that a change has happened; the secret is known if its answer arrived.
    pub fn happened(&mut self, change: Change, secret: Option<String>) {
        self.history.push(change.event().to_owned());
        match change {
            Change::Create => self.secret = secret,
            Change::Update(description) => self.description = description,
            Change::Refresh => (self.secret, self.shares) = (secret, 0),
            Change::Share => self.shares += 1,
            Change::Delete => self.deleted = true,
            Change::Post(_) | Change::Ask(_) => {}
        }
        self.pending = None;
    }

    /// Compares with the state after a restart. `None` if the token was never created.
    pub async fn settle(mut self, client: &Client, master: &str) -> Option<Self> {
        let before = self.secret.clone();
        if self.id.is_empty() {
            self.id = find(client, master, &self.name).await?;
        }
        let history = history(client, master, &self.id).await;
        if let Some(change) = self.pending.take()
            && history.len() > self.history.len()
        {
            self.happened(change, None);
        }
        assert_eq!(history, self.history, "the events of {self:?}");

        let path = format!("/v2/storage/tokens/{}", self.id);
        let detail = client.get(&path).token(master).send().await;
        if self.deleted {
            detail.expect_error(404, "storage.tokens.notFound");
        } else {
            let detail = detail.expect(200).json();
            assert_eq!(detail["description"], self.description, "{self:?}");
            assert_eq!(detail["shares"].as_array().unwrap().len(), self.shares, "{self:?} {detail}");
            assert_eq!(detail["copies"].as_array().unwrap().len(), 1, "{self:?} {detail}");
        }
        if let Some(secret) = before {
            let opens = client.get("/v2/storage/tokens/verify").token(&secret).send().await.status == 200;
            assert_eq!(opens, !self.deleted && self.secret.is_some(), "{self:?}");
        }
        Some(self)
    }
}

/// The id of the token with this description.
async fn find(client: &Client, master: &str, description: &str) -> Option<String> {
    let tokens = client.get("/v2/storage/tokens").token(master).send().await.expect(200).json();
    let mut tokens = tokens.as_array().unwrap().iter();
    let token = tokens.find(|token| token["description"] == description)?;
    token["id"].as_str().map(str::to_owned)
}

async fn history(client: &Client, master: &str, id: &str) -> Vec<String> {
    let path = format!("/v2/storage/tokens/{id}/events?sortOrder=asc&limit=1000");
    let events = client.get(&path).token(master).send().await.expect(200).json();
    let name = |event: &Value| event["event"].as_str().unwrap().to_owned();
    events.as_array().unwrap().iter().map(name).collect()
}
