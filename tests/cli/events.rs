//! `jeton token events`.

use std::sync::{Arc, atomic::AtomicI64};

use jeton_core::time::Timestamp;
use jeton_service::{app::App, clock::Clock};
use jeton_tests::{
    jeton::Jeton,
    process::{Running, start_jeton},
    store::{fresh_folder, open_store},
};
use serde_json::{Value, json};

use crate::remote::{self, Remote, redacted, said};

#[test]
fn it_lists_the_newest_the_oldest_of_them_first() {
    let remote = Remote::start();
    let (id, _) = remote.create(&["-d", "Import"]);
    for description in ["One", "Two"] {
        said(&remote.run(&["token", "update", &id, "-d", description]));
    }
    insta::assert_snapshot!(redacted(said(&remote.run(&["token", "events", &id, "--limit", "2"]))));
    let events = remote::json(&remote.run(&["token", "events", &id, "--json"]));
    let names: Vec<_> = events.as_array().unwrap().iter().map(|event| &event["event"]).collect();
    assert_eq!(names, ["storage.tokenCreated", "storage.tokenUpdated", "storage.tokenUpdated"]);
}

#[tokio::test]
async fn it_lists_as_many_as_asked_for_however_large_they_are() {
    let remote = Remote::start();
    let (id, token) = remote.create(&["-d", "Import"]);
    let event = json!({"component": "test", "message": "large", "params": {"text": "x".repeat(190_000)}});
    for _ in 0..30 {
        remote.client().post("/v2/storage/events").token(&token).json(&event).send().await.expect(201);
    }
    let listed = remote::json(&remote.run(&["token", "events", &id, "--limit", "100", "--json"]));
    assert_eq!(listed.as_array().unwrap().len(), 31, "with that of its creation");
}

#[test]
fn it_lists_those_of_the_project_that_match() {
    let remote = Remote::start();
    let (id, _) = remote.create(&["-d", "Import"]);
    remote.create(&["-d", "Other"]);
    said(&remote.run(&["token", "delete", &id, "--yes"]));
    let deleted = ["token", "events", "--project", "--json", "--query", "event:storage.tokenDeleted"];
    let deleted = remote::json(&remote.run(&deleted));
    assert_eq!(deleted.as_array().unwrap().len(), 1);
    assert_eq!(deleted[0]["objectId"], id);
}

#[test]
fn followed_it_goes_on_with_what_happens_and_shows_each_once() {
    let remote = Remote::start();
    let (id, _) = remote.create(&["-d", "Import"]);
    let mut follows = remote.start_command(&["token", "events", &id, "--follow", "--json"]);
    follows.has_said("storage.tokenCreated");
    said(&remote.run(&["token", "update", &id, "-d", "Two"]));
    follows.has_said("storage.tokenUpdated");
    said(&remote.run(&["token", "share", &id, "eve@example.org"]));
    let said = follows.has_said("storage.tokenShared");
    let names: Vec<_> = said
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["event"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(names, ["storage.tokenCreated", "storage.tokenUpdated", "storage.tokenShared"]);
}

/// The texts of the printed events, once this one is among them.
fn descriptions(follows: &mut Running, last: &str) -> Vec<String> {
    let said = follows.has_said(&format!("{last}\""));
    let events = said.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    events.map(|event| event["description"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn followed_it_shows_no_older_event_after_a_newer_one() {
    let remote = Remote::start();
    let (_, token) = remote.create(&["-d", "Import"]);
    let client = remote.client();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let post = |text: &str| {
        let event = json!({"component": "test", "message": "posted", "description": text});
        runtime.block_on(client.post("/v2/storage/events").token(&token).json(&event).send()).expect(201);
    };
    ["one", "two", "three", "four"].into_iter().for_each(post);
    let query =
        ["token", "events", "--project", "--query", "event:ext.test.", "--follow", "--limit", "2", "--json"];
    let mut follows = remote.start_command(&query);
    assert_eq!(descriptions(&mut follows, "four"), ["three", "four"]);
    post("five");
    assert_eq!(descriptions(&mut follows, "five"), ["three", "four", "five"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn followed_it_shows_what_happens_behind_an_event_of_a_clock_that_is_ahead() {
    let store = open_store().await;
    let jeton = Jeton::start_on_as(store.clone(), |app| App { clock: Clock::System, ..app }).await;
    let soon = Timestamp::millis(Clock::System.now()) + 90_000;
    let ahead = |app| App { clock: Clock::Manual(Arc::new(AtomicI64::new(soon))), ..app };
    let ahead = Jeton::start_on_as(store, ahead).await;
    let post = async |by: &Jeton, text: &str| {
        let event = json!({"component": "test", "message": "posted", "description": text});
        by.post("/v2/storage/events").token(&jeton.master).json(&event).send().await.expect(201);
    };
    post(&jeton, "before").await;
    let variables = [("JETON_URL", jeton.url.as_str()), ("JETON_TOKEN", jeton.master.as_str())];
    let query = ["token", "events", "--project", "--query", "event:ext.test.", "--follow", "--json"];
    let mut follows = start_jeton(&fresh_folder(), &query, &variables);
    assert_eq!(descriptions(&mut follows, "before"), ["before"]);
    post(&ahead, "ahead").await;
    descriptions(&mut follows, "ahead");
    for text in ["one", "two", "three"] {
        post(&jeton, text).await;
    }
    let all = descriptions(&mut follows, "three");
    assert_eq!(all, ["before", "ahead", "one", "two", "three"]);
}
