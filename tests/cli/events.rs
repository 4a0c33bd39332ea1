//! `jeton token events`.

use std::sync::{Arc, atomic::AtomicI64};

use jeton_core::time::Timestamp;
use jeton_service::{app::App, clock::Clock};
use jeton_tests::{
    jeton::Jeton,
    process::{Ended, Running, jeton, start_jeton},
    store::{fresh_folder, open_store},
};
use serde_json::{Value, json};

use crate::{
    remote::{self, Remote, failed, redacted, said},
    stub::{Stub, answer},
};

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
fn a_range_is_given_by_times_or_by_how_long_ago() {
    let remote = Remote::start();
    let (id, _) = remote.create(&["-d", "Import"]);
    let manage = remote::json(&remote.run(&["manage-token", "show", "--json"]))["id"].to_string();
    for list in [
        &["token", "events", &id][..],
        &["token", "events", "--project"],
        &["manage-token", "events", &manage],
    ] {
        let count = |range: &[&str]| {
            let ended = remote.run(&[list, range, &["--json"]].concat());
            remote::json(&ended).as_array().unwrap().len()
        };
        let all = count(&[]);
        assert!(all > 0, "{list:?}");
        for (range, expected) in [
            (&["--since", "1h"][..], all),
            (&["--since=2020-01-31", "--until", "2120-01-31T12:00:00Z"], all),
            (&["--until", "1h"], 0),
            (&["--since", "2120-01-31"], 0),
            // As these options were called before.
            (&["--from", "2020-01-31", "--to", "2020-02-01"], 0),
        ] {
            assert_eq!(count(range), expected, "{list:?} {range:?}");
        }
        let ended = remote.run(&[list, &["--since", "yesterday"]].concat());
        assert!(failed(&ended, 2).contains("a duration before now, such as 7d"), "{}", ended.logged);
    }
}

#[tokio::test]
async fn a_range_is_listed_whole_and_a_list_without_one_says_that_there_is_more() {
    let remote = Remote::start();
    let (id, token) = remote.create(&["-d", "Import"]);
    let event = json!({"component": "test", "message": "posted"});
    for _ in 0..30 {
        remote.client().post("/v2/storage/events").token(&token).json(&event).send().await.expect(201);
    }
    for (more, count, note) in [
        (&[][..], 20, true),
        (&["--until", "2120-01-31"], 20, true),
        (&["--limit", "20"], 20, false),
        (&["--limit", "31"], 31, false),
        (&["--since", "1h"], 31, false),
        (&["--since", "1h", "--limit", "5"], 5, false),
        (&["--query", "event:storage.tokenCreated"], 1, false),
    ] {
        let ended = remote.run(&[&["token", "events", &id], more].concat());
        assert_eq!(said(&ended).lines().count(), count, "{more:?}");
        let told = "jeton: these are the newest 20 events, and there are older ones: --limit and --since print more.\n";
        assert_eq!(ended.logged, if note { told } else { "" }, "{more:?}");
    }
    let ended = remote.run(&["token", "events", &id, "--json"]);
    assert_eq!((remote::json(&ended).as_array().unwrap().len(), ended.logged.is_empty()), (20, false));
    let ended = remote.run(&["manage-token", "events", "--since", "1h"]);
    assert_eq!((said(&ended).lines().count() > 0, ended.logged.as_str()), (true, ""));
}

#[test]
fn all_events_of_a_range_are_exported_as_lines_or_as_a_table() {
    let remote = Remote::start();
    let (id, _) = remote.create(&["-d", "a\u{1b}[2J=1+1"]);
    for number in 0..12 {
        said(&remote.run(&["token", "update", &id, "-d", &format!("Two {number}")]));
    }
    let lines = remote.run(&["token", "events", &id, "--export", "ndjson"]);
    let events: Vec<Value> = said(&lines).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((events.len(), &events[12]["event"]), (13, &"storage.tokenCreated".into()));
    let table = remote.run(&[
        "token",
        "events",
        "--project",
        "--query",
        "event:storage.tokenUpdated",
        "--export=csv",
    ]);
    assert_eq!(said(&table).lines().count(), 13, "{}", table.said);
    let wrong = remote.run(&["token", "events", &id, "--since", "1d", "--until", "7d"]);
    assert!(failed(&wrong, 2).contains("--until must be a later time than --since"), "{}", wrong.logged);
    let none = remote.run(&["token", "events", &id, "--until", "1d", "--export", "ndjson"]);
    assert_eq!(said(&none), "");
    for more in [&["--json"][..], &["--jq", "."], &["--follow"], &["--limit", "5"]] {
        failed(&remote.run(&[&["token", "events", &id, "--export", "csv"], more].concat()), 2);
    }
}

const NDJSON: &str = "Content-Type: application/x-ndjson\r\n";
const CSV: &str = "Content-Type: text/csv; charset=utf-8\r\n";
const NEXT: &str = "Link: <https://elsewhere.example.org/v2/storage/events/export?maxId=2>; rel=\"next\"\r\n";

fn export(stub: &Stub, format: &str) -> Ended {
    let variables = [("JETON_URL", stub.url()), ("JETON_TOKEN", "1-23-jtABC")];
    jeton(&fresh_folder(), &["token", "events", "--project", "--export", format], &variables)
}

#[test]
fn an_export_in_pages_is_joined_without_what_says_so() {
    let page = |kind: &str, first: &str, more: &str| {
        let head = format!("{kind}{NEXT}");
        vec![answer(200, &head, &format!("{first}{more}")), answer(200, kind, &format!("{first}last\n"))]
    };
    let lines = Stub::answering(page(NDJSON, "{}\n", "{\"incomplete\":true}\n"));
    assert_eq!(said(&export(&lines, "ndjson")), "{}\n{}\nlast\n");
    assert!(lines.asked()[1].starts_with("GET /v2/storage/events/export?maxId=2 "), "{:?}", lines.asked());
    let table = Stub::answering(page(CSV, "id,created\n", "one\n# searched to …\n"));
    assert_eq!(said(&export(&table, "csv")), "id,created\none\nlast\n");
}

#[test]
fn an_export_begins_again_as_long_as_nothing_of_it_is_read() {
    let away = answer(503, "Retry-After: 0\r\n", r#"{"error": "Away", "code": "serviceUnavailable"}"#);
    let page = answer(200, &format!("{NDJSON}{NEXT}"), "{}\n{\"incomplete\":true}\n");
    let answers = vec![away.clone(), String::new(), page, away, String::new(), answer(200, NDJSON, "last\n")];
    let stub = Stub::answering(answers);
    assert_eq!(said(&export(&stub, "ndjson")), "{}\nlast\n");
    assert_eq!(stub.asked().len(), 6);
}

#[test]
fn a_page_of_another_program_is_not_written_as_an_export() {
    let html = "Content-Type: text/html\r\n";
    for (format, kind, first) in [("ndjson", NDJSON, "{}\n{}\n"), ("csv", CSV, "id,created\none\n# more\n")] {
        let page = answer(200, &format!("{kind}{NEXT}"), first);
        for other in [html, "", if format == "csv" { NDJSON } else { CSV }] {
            let other = answer(200, other, "<html>Sign in</html>\n");
            for answers in [vec![other.clone()], vec![page.clone(), other]] {
                let ended = export(&Stub::answering(answers), format);
                assert_eq!((ended.status.code(), ended.said.as_str()), (Some(1), ""), "{format}");
                assert!(ended.logged.contains("is not one of Jeton"), "{}", ended.logged);
            }
        }
    }
    let spelled = answer(200, "Content-Type: Application/X-NDJSON ; charset=utf-8\r\n", "{}\n");
    assert_eq!(said(&export(&Stub::answering(vec![spelled]), "ndjson")), "{}\n");
}

#[test]
fn an_export_that_ends_early_fails_and_what_arrived_is_kept() {
    let unfinished = format!("HTTP/1.1 200 OK\r\n{NDJSON}Transfer-Encoding: chunked\r\n\r\n3\r\n{{}}\n\r\n");
    let ended = export(&Stub::answering(vec![unfinished]), "ndjson");
    assert_eq!((ended.status.code(), ended.said.as_str()), (Some(1), "{}\n"));
    assert!(ended.logged.contains("ended early, and is not complete"), "{}", ended.logged);
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

#[test]
fn followed_it_goes_on_while_its_server_is_away_for_a_moment() {
    let remote = Remote::start();
    let made =
        remote::json(&remote.run(&["token", "events", "--project", "--limit", "1", "--json"]))[0].clone();
    let event = |uuid: &str| {
        let mut event = made.clone();
        event["uuid"] = uuid.into();
        event["id"] = uuid.into();
        event.to_string()
    };
    let (one, two) = ("019bc1b0-4c00-7abc-9def-000000000001", "019bc1b0-4c00-7abc-9def-000000000002");
    let list = |events: &[String]| answer(200, "", &format!("[{}]", events.join(",")));
    let before = list(&[event(one)]);
    let away = answer(503, "Retry-After: 0\r\n", r#"{"error": "Away", "code": "serviceUnavailable"}"#);
    let after = list(&[event(one), event(two)]);
    let mut answers = vec![before.clone(), before, list(&[])];
    answers.extend([away, after.clone(), after]);
    let stub = Stub::answering(answers);
    let variables = [("JETON_URL", stub.url()), ("JETON_TOKEN", "1-2-jtabc")];
    let words = ["token", "events", "--project", "--follow", "--json"];
    let mut follows = start_jeton(&fresh_folder(), &words, &variables);
    follows.has_said(one);
    let said = follows.has_said(two);
    assert_eq!(said.matches(&format!("\"uuid\":\"{one}\"")).count(), 1, "{said}");
    assert!(follows.logged().contains("asked again until it answers"));
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
