//! A table with and without the proxy, and literal values to store.

use jeton_core::{
    email::Email,
    event::{Event, EventRange, Feed, Order},
    id::{ProjectId, TokenId},
    member::Member,
    share::Share,
    store::{Commit, CommitStore as _, HistoryStore as _, TokenStore as _, Write},
    token::Token,
};
use jeton_store_dynamodb::DynamoDb;
use jeton_tests::{
    dynamodb,
    fault_proxy::{Fault, FaultProxy},
};
use serde_json::{Value, json};
use uuid::Uuid;

/// A table, with and without the proxy.
pub struct Scene {
    pub proxy: FaultProxy,
    /// The name of the table.
    pub table: String,
    /// Through the proxy.
    pub store: DynamoDb,
    /// Without the proxy.
    pub direct: DynamoDb,
}

impl Scene {
    pub async fn new() -> Self {
        let table = dynamodb::create_table().await;
        let proxy = FaultProxy::start().await;
        let store = proxy.store(&table);
        let direct = dynamodb::table_at(&dynamodb::endpoint(), &table);
        Self { proxy, table, store, direct }
    }

    /// With a token in it, and this fault from now on.
    pub async fn with_token(fault: Fault) -> Self {
        let scene = Self::new().await;
        scene.direct.commit(&created()).await.unwrap();
        scene.proxy.inject(fault);
        scene
    }

    /// With batches, as in a process with many callers; through the proxy.
    pub fn shared(&self) -> DynamoDb {
        self.store.clone().shared()
    }

    /// The uuids of the token's history, newest first.
    pub async fn history(&self) -> Vec<Uuid> {
        self.history_in(Order::Descending, None, 10_000).await
    }

    pub async fn history_in(&self, order: Order, after: Option<Uuid>, limit: usize) -> Vec<Uuid> {
        self.feed_in(&Feed::Token(project(), token_id()), order, after, limit).await
    }

    /// The uuids of any feed.
    pub async fn feed_in(&self, feed: &Feed, order: Order, after: Option<Uuid>, limit: usize) -> Vec<Uuid> {
        let range = EventRange { after, bytes: usize::MAX, ..EventRange::all(order, limit) };
        let events = self.direct.events(feed, range).await.unwrap().events;
        events.iter().map(|event| event.uuid).collect()
    }

    pub async fn version(&self) -> u64 {
        self.direct.token(project(), token_id()).await.unwrap().unwrap().version
    }
}

pub fn project() -> ProjectId {
    ProjectId::new(7).unwrap()
}

pub fn token_id() -> TokenId {
    TokenId::new(9).unwrap()
}

/// The uuid of the n-th event. Its last bits count up, so events spread evenly over shards.
pub fn uuid(n: u128) -> Uuid {
    Uuid::from_u128(0x018b_cfe5_6800_7000_8000_0000_0000_0000 | n << 64 | n)
}

/// Token 9 of project 7, at this version.
pub fn token(version: u64) -> Token {
    from(json!({
        "project": 7, "id": 9, "version": version, "generation": 0, "copies": [], "lastCopy": 1,
        "identity": {
            "kind": "limited", "description": format!("version {version}"), "permissions": {},
            "created": 0, "refreshed": 0, "expires": 60_000,
            "owner": {"name": "Test", "organization": 1, "created": 0},
        },
    }))
}

/// The n-th event, by token 9.
pub fn event(n: u128, origin: &str) -> Event {
    from(json!({
        "uuid": uuid(n), "project": 7, "event": "storage.tableImported", "component": "storage",
        "message": "x", "type": "info", "created": 1_700_000_000_000_u64,
        "by": {"token": 9, "name": "x"}, "origin": origin,
    }))
}

/// The same about a bucket.
pub fn about_bucket(n: u128, origin: &str) -> Event {
    Event { object: Some(from(json!({"type": "bucket", "id": "in.c-main"}))), ..event(n, origin) }
}

/// The feed of that bucket.
pub fn bucket() -> Feed {
    Feed::Object(project(), "bucket".to_owned(), "in.c-main".to_owned())
}

/// The first commit of token 9, with event 1.
pub fn created() -> Commit {
    commit(1, vec![Write::InsertToken(token(1))])
}

/// The change of token 9 to version 2, with event 2.
pub fn changed() -> Commit {
    commit(2, vec![Write::ReplaceToken(token(2))])
}

/// These writes with the n-th event.
pub fn commit(n: u128, writes: Vec<Write>) -> Commit {
    Commit { writes, events: vec![event(n, "system")] }
}

/// A share of token 9, or an invitation.
pub fn share(id: &str, offer: &Value) -> Share {
    from(json!({
        "id": id, "project": 7, "projectName": "Test", "offer": offer, "link": "0".repeat(64),
        "linkAndCode": "1".repeat(64), "recipient": "Martin@example.org",
        "sender": {"by": {"token": 9}, "name": "x"}, "created": 0, "expires": 60_000, "state": "open",
    }))
}

/// Member 5, with the share's address in another spelling.
pub fn member() -> Member {
    from(json!({
        "project": 7, "id": 5, "email": "martin@example.org", "name": "Martin", "created": 0, "master": 9,
    }))
}

pub fn email() -> Email {
    Email::parse("martin@EXAMPLE.org").unwrap()
}

pub fn from<T: serde::de::DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap()
}
