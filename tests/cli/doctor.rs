//! `jeton doctor`: what is wrong, and what to do.

use std::{fs, os::unix::fs::PermissionsExt as _};

use jeton_tests::{
    process::{Ended, jeton},
    random::mistyped,
    store::fresh_folder,
};
use serde_json::Value;

use crate::{
    home::Home,
    remote::{Remote, failed, said},
    stub::{Stub, answer},
};

/// The checks by name.
#[track_caller]
fn level<'a>(checks: &'a Value, name: &str) -> &'a str {
    let named = |check: &&Value| check["check"] == name;
    checks.as_array().unwrap().iter().find(named).unwrap_or_else(|| panic!("{name}: {checks}"))["level"]
        .as_str()
        .unwrap()
}

#[track_caller]
fn checks(ended: &Ended, code: i32) -> Value {
    assert_eq!(ended.status.code(), Some(code), "{}{}", ended.said, ended.logged);
    serde_json::from_str(&ended.said).unwrap_or_else(|error| panic!("{error}: {}", ended.said))
}

#[test]
fn where_all_is_well_each_line_says_ok() {
    let (remote, home) = (Remote::start(), Home::new());
    home.log_in(remote.url(), &remote.master, &[]);
    let ended = home.run("", &["doctor"]);
    let lines: Vec<_> = said(&ended).lines().collect();
    assert!(lines.len() >= 5 && lines.iter().all(|line| line.starts_with("ok ")), "{}", ended.said);
    assert!(!ended.said.contains(&remote.master), "{}", ended.said);
}

#[test]
fn an_address_that_nobody_answers_at_is_a_failure_with_advice() {
    let home = Home::new();
    let ended = home.run("", &["doctor", "--url", "http://127.0.0.1:9"]);
    assert_eq!(ended.status.code(), Some(1));
    assert!(ended.said.contains("failure  address") && ended.said.contains("jeton serve"), "{}", ended.said);
    assert!(ended.logged.contains("checks that failed: 1"), "{}", ended.logged);
}

#[test]
fn a_token_that_is_missing_is_a_warning_and_one_that_is_not_valid_a_failure() {
    let (remote, home) = (Remote::start(), Home::new());
    let none = checks(&home.run("", &["doctor", "--json", "--url", remote.url()]), 0);
    assert_eq!(level(&none, "token"), "warning");
    let wrong = mistyped(&remote.master);
    let variables = [("JETON_URL", remote.url()), ("JETON_TOKEN", wrong.as_str())];
    let found = checks(&home.run_with(&variables, "", &["doctor", "--json"]), 1);
    assert_eq!((level(&found, "token"), level(&found, "store")), ("failure", "ok"));
    let (_, short) = remote.create(&["--expires", "1h"]);
    let variables = [("JETON_URL", remote.url()), ("JETON_TOKEN", short.as_str())];
    let found = checks(&home.run_with(&variables, "", &["doctor", "--json"]), 0);
    assert_eq!(level(&found, "token"), "warning");
}

#[test]
fn a_manage_token_is_checked_too_and_enough() {
    let (remote, home) = (Remote::start(), Home::new());
    home.log_in(remote.url(), remote.manage(), &[]);
    let found = checks(&home.run("", &["doctor", "--json"]), 0);
    assert_eq!(level(&found, "manage token"), "ok");
    assert!(!found.to_string().contains("there is none"), "{found}");
    home.log_in(remote.url(), &remote.master, &[]);
    let wrong = mistyped(remote.manage());
    let found = checks(&home.run_with(&[("JETON_MANAGE_TOKEN", &wrong)], "", &["doctor", "--json"]), 1);
    assert_eq!((level(&found, "manage token"), level(&found, "token")), ("failure", "ok"));
    assert!(found.to_string().contains("JETON_MANAGE_TOKEN"), "{found}");
    // The one that the profile keeps ends.
    said(&remote.run(&["manage-token", "refresh", "--yes", "--quiet"]));
    let found = checks(&home.run("", &["doctor", "--json"]), 1);
    assert_eq!((level(&found, "manage token"), level(&found, "token")), ("failure", "ok"));
    let found = checks(&home.run_with(&[("JETON_TOKEN", " ")], "", &["doctor", "--json"]), 1);
    assert_eq!(level(&found, "token"), "failure");
}

#[test]
fn another_name_of_the_address_and_a_proxy_are_warnings() {
    let (remote, home) = (Remote::start(), Home::new());
    let other = remote.url().replace("127.0.0.1", "localhost");
    let variables = [("JETON_URL", other.as_str()), ("https_proxy", "http://proxy.example.org")];
    let found = checks(&home.run_with(&variables, "", &["doctor", "--json"]), 0);
    assert_eq!((level(&found, "public address"), level(&found, "proxy")), ("warning", "warning"));
    assert_eq!(level(&found, "address"), "ok");
}

#[test]
fn a_store_that_does_not_answer_its_server_is_a_failure() {
    let index = answer(200, "", r#"{"revision": "1", "services": [{"url": "http://127.0.0.1"}]}"#);
    let unready = answer(503, "", r#"{"error": "The store does not answer", "code": "serviceUnavailable"}"#);
    // A read is tried three times.
    let stub = Stub::answering(vec![index, unready.clone(), unready.clone(), unready]);
    let found = checks(&Home::new().run("", &["doctor", "--json", "--url", stub.url()]), 1);
    assert_eq!((level(&found, "store"), level(&found, "clock")), ("failure", "warning"));
}

#[test]
fn each_kind_of_failure_has_advice_of_its_own() {
    let busy = r#"{"error": "Not available at the moment", "code": "serviceUnavailable"}"#;
    for (answer, told) in [
        (answer(502, "", "<html>Bad gateway"), "a proxy answers there"),
        (answer(500, "", busy), "read its log"),
        (answer(429, "", busy), "try again later"),
        (answer(404, "", "<html>Not found"), "another program answers there"),
    ] {
        let stub = Stub::answering(vec![answer; 3]);
        let found = checks(&Home::new().run("", &["doctor", "--json", "--url", stub.url()]), 1);
        assert!(found[0]["advice"].as_str().unwrap().contains(told), "{found}");
    }
    let unknown = Home::new().run_with(&[("JETON_FOO", "1")], "", &["doctor", "--json"]);
    let found = checks(&unknown, 1);
    assert_eq!(level(&found, "environment"), "failure");
    assert!(!found.to_string().contains("--url"), "{found}");
    let no_unit = Home::new().run_with(&[("JETON_RETRY_FOR", "90")], "", &["doctor", "--json"]);
    let found = checks(&no_unit, 1);
    assert_eq!(level(&found, "environment"), "failure");
    assert!(found.to_string().contains("JETON_RETRY_FOR") && !found.to_string().contains("--url"), "{found}");
}

/// The advice of the check of this name.
#[track_caller]
fn advice<'a>(checks: &'a Value, name: &str) -> &'a str {
    level(checks, name);
    let named = checks.as_array().unwrap().iter().find(|check| check["check"] == name);
    named.unwrap()["advice"].as_str().unwrap_or_else(|| panic!("{name}: {checks}"))
}

#[test]
fn a_token_that_cannot_be_read_from_its_file_has_advice_that_helps() {
    let (remote, home) = (Remote::start(), Home::new());
    home.log_in(remote.url(), &remote.master, &[]);
    let file = home.path("tokens/default.token");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let chmod = format!("`chmod 600 {}`", file.display());
    let found = checks(&home.run("", &["doctor", "--json"]), 1);
    assert!(advice(&found, "token").starts_with(&chmod), "{found}");
    let status = home.run("", &["status"]);
    assert!(failed(&status, 1).contains(&chmod), "{}", status.logged);
    fs::remove_file(&file).unwrap();
    let again = "`jeton login --profile default`";
    let found = checks(&home.run("", &["doctor", "--json"]), 1);
    assert!(advice(&found, "token").starts_with(again), "{found}");
    let status = home.run("", &["status"]);
    assert!(failed(&status, 1).contains(again), "{}", status.logged);
    home.log_in(remote.url(), &remote.master, &["--profile", "default"]);
    checks(&home.run("", &["doctor", "--json"]), 0);
}

#[test]
fn a_configuration_that_cannot_be_read_is_to_be_mended_or_removed() {
    let (remote, home) = (Remote::start(), Home::new());
    home.log_in(remote.url(), &remote.master, &[]);
    home.edit(|text| format!("{text}tokn = 1\n"));
    let mend = "correct or remove this file";
    for more in [&[][..], &["--url", remote.url()]] {
        let found = checks(&home.run("", &[&["doctor", "--json"], more].concat()), 1);
        let failing = found.as_array().unwrap().iter().find(|check| check["level"] == "failure").unwrap();
        assert!(failing["found"].as_str().unwrap().contains("config.toml: line "), "{found}");
        assert_eq!(failing["advice"], mend, "{found}");
    }
    for words in [&["status"][..], &["login", "--url", remote.url()], &["profile", "list"]] {
        let ended = home.run(&remote.master, words);
        assert!(failed(&ended, 2).contains(mend), "{}", ended.logged);
    }
    fs::remove_file(home.path("config.toml")).unwrap();
    home.log_in(remote.url(), &remote.master, &[]);
    checks(&home.run("", &["doctor", "--json"]), 0);
}

/// Checks the configuration of a server in a folder. Nobody answers at its address.
fn of_server(folder: &std::path::Path, variables: &[(&str, &str)]) -> Ended {
    let nobody = [("JETON_URL", "http://127.0.0.1:9")];
    jeton(folder, &["doctor", "--server", "--json"], &[&nobody[..], variables].concat())
}

#[test]
fn the_configuration_of_a_server_is_checked_and_nothing_changed() {
    let folder = fresh_folder();
    let missing = checks(&of_server(&folder, &[]), 1);
    assert_eq!((level(&missing, "store"), level(&missing, "seal key")), ("failure", "warning"));
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 0, "it makes no file");

    said(&jeton(&folder, &["init", "project", "--name", "P", "--email", "eve@example.org"], &[]));
    let key = "ab".repeat(32);
    let before = fs::read(folder.join("jeton.db")).unwrap();
    let found = checks(&of_server(&folder, &[("JETON_SEAL_KEY", &key)]), 1);
    for name in ["configuration", "store", "mail", "proxies", "seal key"] {
        assert_eq!(level(&found, name), "ok", "{name}");
    }
    assert!(!found.to_string().contains(&key), "{found}");
    // How full the disk is here is another matter.
    level(&found, "space");
    assert_eq!(fs::read(folder.join("jeton.db")).unwrap(), before);

    fs::set_permissions(folder.join("jeton.db"), fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(level(&checks(&of_server(&folder, &[]), 1), "permissions"), "warning");
}

#[test]
fn a_store_of_an_older_or_a_newer_version_is_told_and_left_as_it_is() {
    let folder = fresh_folder();
    said(&jeton(&folder, &["init", "project", "--name", "P", "--email", "eve@example.org"], &[]));
    for (version, is) in [(99, "failure"), (8, "warning")] {
        let file = rusqlite::Connection::open(folder.join("jeton.db")).unwrap();
        file.pragma_update(None, "user_version", version).unwrap();
        drop(file);
        assert_eq!(level(&checks(&of_server(&folder, &[]), 1), "store"), is, "{version}");
        let file = rusqlite::Connection::open(folder.join("jeton.db")).unwrap();
        let found: i64 = file.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
        assert_eq!(found, version);
    }
}

#[test]
fn what_does_not_suit_a_server_that_others_reach_is_told() {
    let folder = fresh_folder();
    let public = [("JETON_PUBLIC_URL", "https://tokens.example.org")];
    let found = checks(&of_server(&folder, &public), 1);
    assert_eq!((level(&found, "configuration"), level(&found, "mail")), ("failure", "failure"));
    assert_eq!(level(&found, "proxies"), "warning");
    let all = [public[0], ("JETON_TRUSTED_PROXIES", "0.0.0.0/0")];
    assert_eq!(level(&checks(&of_server(&folder, &all), 1), "proxies"), "failure");
    let smtp = [public[0], ("JETON_MAIL", "smtp://eve:hunter2@127.0.0.1:9?from=jeton@example.org")];
    let found = checks(&of_server(&folder, &smtp), 1);
    assert_eq!((level(&found, "configuration"), level(&found, "mail")), ("ok", "failure"));
    assert!(!found.to_string().contains("hunter2"), "{found}");
    let ses = [public[0], ("JETON_MAIL", "ses:jeton@example.org")];
    assert_eq!(level(&checks(&of_server(&folder, &ses), 1), "mail"), "warning");
    let keys = [("AWS_REGION", "eu-west-1"), ("AWS_ACCESS_KEY_ID", "k"), ("AWS_SECRET_ACCESS_KEY", "s")];
    let found = checks(&of_server(&folder, &[&ses[..], &keys].concat()), 1);
    assert_eq!(level(&found, "mail"), "ok", "{found}");
    let wrong = checks(&of_server(&folder, &[("JETON_STORE", "postgres:x")]), 1);
    assert_eq!(level(&wrong, "configuration"), "failure");
}
