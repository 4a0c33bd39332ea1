//! `jeton manage-token`.

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
    assert_eq!(run(&["disable", &id]).logged, format!("Manage token {id} is disabled.\n"));
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
fn the_manage_token_of_the_environment_shows_and_keeps_itself() {
    let remote = Remote::start();
    let shown = json(&remote.run(&["manage-token", "show", "--json"]));
    let id = shown["id"].to_string();
    assert!(failed(&remote.run(&["manage-token", "delete", &id, "--yes"]), 1).contains("last manage token"));
}
