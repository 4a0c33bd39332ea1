//! `jeton token events`.

use serde_json::Value;

use crate::remote::{Remote, json, redacted, said};

#[test]
fn it_lists_the_newest_the_oldest_of_them_first() {
    let remote = Remote::start();
    let (id, _) = remote.create(&["-d", "Import"]);
    for description in ["One", "Two"] {
        said(&remote.run(&["token", "update", &id, "-d", description]));
    }
    insta::assert_snapshot!(redacted(said(&remote.run(&["token", "events", &id, "--limit", "2"]))));
    let events = json(&remote.run(&["token", "events", &id, "--json"]));
    let names: Vec<_> = events.as_array().unwrap().iter().map(|event| &event["event"]).collect();
    assert_eq!(names, ["storage.tokenCreated", "storage.tokenUpdated", "storage.tokenUpdated"]);
}

#[test]
fn it_lists_those_of_the_project_that_match() {
    let remote = Remote::start();
    let (id, _) = remote.create(&["-d", "Import"]);
    remote.create(&["-d", "Other"]);
    said(&remote.run(&["token", "delete", &id, "--yes"]));
    let deleted = ["token", "events", "--project", "--json", "--query", "event:storage.tokenDeleted"];
    let deleted = json(&remote.run(&deleted));
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
