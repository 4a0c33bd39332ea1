//! `jeton manage-token`.

use serde_json::Value;

use crate::remote::{Remote, failed, json, said};

#[test]
fn a_manage_token_is_created_listed_disabled_enabled_refreshed_and_deleted() {
    let remote = Remote::start();
    let run = |arguments: &[&str]| remote.run(&[&["manage-token"], arguments].concat());
    let made = json(&run(&["create", "--description", "CI", "--expires", "1h", "--json"]));
    let id = made["id"].to_string();
    assert!(made["token"].as_str().unwrap().starts_with("jtm-"));
    assert!(said(&run(&["list"])).contains("CI"));
    assert!(said(&run(&["show", &id])).contains("works"));
    assert!(failed(&run(&["disable", &id]), 2).contains("--yes"));
    assert_eq!(run(&["disable", &id, "--yes"]).logged, format!("Manage token {id} is disabled.\n"));
    assert_eq!(json(&run(&["show", &id, "--json"]))["isDisabled"], true);
    failed(&run(&["refresh", &id, "--yes"]), 1);
    assert_eq!(run(&["enable", &id]).logged, format!("Manage token {id} is enabled.\n"));
    let refreshed = run(&["refresh", &id, "--yes", "--quiet", "--grace", "1m"]);
    assert!(said(&refreshed).starts_with("jtm-") && said(&refreshed).trim() != made["token"]);
    let events = said(&run(&["events", &id])).to_owned();
    for name in
        ["manage.tokenCreated", "manage.tokenDisabled", "manage.tokenEnabled", "manage.tokenRefreshed"]
    {
        assert!(events.contains(name), "{events}");
    }
    assert!(failed(&run(&["delete", &id]), 2).contains("--yes"));
    assert_eq!(run(&["delete", &id, "--yes"]).logged, format!("Manage token {id} is deleted.\n"));
    failed(&run(&["show", &id]), 4);
}

#[test]
fn all_events_of_a_manage_token_are_exported_as_lines_or_as_a_table() {
    let remote = Remote::start();
    let run = |arguments: &[&str]| remote.run(&[&["manage-token"], arguments].concat());
    let id = json(&run(&["create", "--description", "=1+1", "--json"]))["id"].to_string();
    for _ in 0..12 {
        said(&run(&["disable", &id, "--yes"]));
        said(&run(&["enable", &id]));
    }
    let lines = run(&["events", &id, "--export", "ndjson"]);
    let events: Vec<Value> = said(&lines).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((events.len(), &events[24]["event"]), (25, &"manage.tokenCreated".into()));
    let table = run(&["events", &id, "--query", "event:manage.tokenDisabled", "--export=csv"]);
    assert_eq!(said(&table).lines().count(), 13, "{}", table.said);
    // Without an id, those of the one that makes the call, which has created the other.
    let own = run(&["events", "--export", "ndjson"]);
    assert!(said(&own).contains("manage.tokenCreated"), "{}", own.said);
    for more in [&["--json"][..], &["--jq", "."], &["--limit", "5"]] {
        failed(&run(&[&["events", &id, "--export", "csv"], more].concat()), 2);
    }
    failed(&run(&["events", "1", "--export", "csv"]), 4);
}

#[test]
fn the_manage_token_of_the_environment_shows_and_keeps_itself() {
    let remote = Remote::start();
    let shown = json(&remote.run(&["manage-token", "show", "--json"]));
    let id = shown["id"].to_string();
    assert!(failed(&remote.run(&["manage-token", "delete", &id, "--yes"]), 1).contains("last manage token"));
}
