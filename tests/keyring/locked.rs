//! A keyring that is locked, or slow.

use std::fs;

use jeton_tests::{
    process::{jeton, start_jeton},
    store::fresh_folder,
};

use crate::{User, desktop::Desktop};

#[test]
fn a_token_that_a_logout_cannot_remove_from_a_locked_keyring_is_told() {
    let user = User::new(Desktop::with_keyring());
    user.logs_in("work");
    user.desktop.lock();
    let ended = user.run("", &["logout"]);
    assert_eq!(ended.status.code(), Some(1), "{}", ended.logged);
    let stays = format!(
        "Profile work is removed from this machine.\nIts token stays in the keyring, as \"{}\" (",
        user.entry("work")
    );
    assert!(ended.logged.contains(&stays), "{}", ended.logged);
    assert!(!ended.logged.contains("where the configuration says"), "{}", ended.logged);
}

#[test]
fn a_keyring_that_nobody_unlocked_is_told_as_that() {
    let user = User::new(Desktop::with_keyring());
    user.logs_in("work");
    user.desktop.lock();
    let ended = user.run("", &["token", "verify"]);
    assert_eq!(ended.status.code(), Some(2), "{}", ended.logged);
    let told = "the keyring is locked, and nobody has unlocked it; unlock it, and try again";
    assert!(ended.logged.contains(told), "{}", ended.logged);
}

#[test]
fn a_logout_chooses_its_profile_before_it_waits_for_the_keyring() {
    let user = User::new(Desktop::with_keyring());
    user.logs_in("default");
    user.logs_in("work");
    user.desktop.stop();
    let config = user.config.to_str().unwrap();
    let variables = [("XDG_CONFIG_HOME", config), ("DBUS_SESSION_BUS_ADDRESS", user.desktop.bus())];
    let mut running = start_jeton(&fresh_folder(), &["logout"], &variables);
    running.has_logged("Waiting for the keyring");
    assert!(user.run_apart("", &["profile", "use", "default"]).status.success());
    user.desktop.go_on();
    let ended = running.ended();
    assert!(ended.logged.contains("Profile work is removed"), "{}", ended.logged);
    assert!(!fs::read_to_string(user.config.join("jeton/config.toml")).unwrap().contains("work"));
    user.succeeds("", &["token", "verify"]);
}

#[test]
fn a_list_of_profiles_and_a_completion_do_not_ask_for_the_password_of_a_locked_keyring() {
    let user = User::new(Desktop::with_keyring());
    user.logs_in("default");
    user.desktop.lock();
    let calls = user.desktop.calls();
    let listed = user.succeeds("", &["profile", "list"]);
    assert!(listed.logged.contains("the keyring is locked, and was not searched"), "{}", listed.logged);
    let config = user.config.to_str().unwrap();
    let variables = [
        ("XDG_CONFIG_HOME", config),
        ("DBUS_SESSION_BUS_ADDRESS", user.desktop.bus()),
        ("_JETON_COMPLETE", "fish"),
    ];
    let completed = jeton(&fresh_folder(), &["--", "jeton", "token", "show", "1"], &variables);
    assert_eq!(completed.said, "");
    // After all calls of these.
    user.desktop.lock();
    let told = calls.until_one_has("member=Lock");
    assert!(told.contains("member=SearchItems") && !told.contains("member=Unlock"), "{told}");
    // This one asks.
    user.run("", &["token", "verify"]);
    calls.until_one_has("member=Unlock");
}

#[test]
fn a_refresh_that_waited_for_the_keyring_leaves_a_newer_secret_of_a_login() {
    let user = User::new(Desktop::with_keyring());
    let token = user.another_token();
    user.succeeds(&token, &["login", "--url", user.server.url()]);
    let id = token.split('-').nth(1).unwrap();
    user.desktop.stop();
    let refresh = ["token", "refresh", id, "--yes", "--quiet"];
    let master = [("JETON_URL", user.server.url()), ("JETON_TOKEN", user.master.as_str())];
    let own = [
        ("XDG_CONFIG_HOME", user.config.to_str().unwrap()),
        ("DBUS_SESSION_BUS_ADDRESS", user.desktop.bus()),
    ];
    let mut running = start_jeton(&fresh_folder(), &refresh, &[&master[..], &own].concat());
    running.has_logged("Waiting for the keyring");
    let newer = jeton(&fresh_folder(), &refresh, &master);
    assert!(user.run_apart(&newer.said, &["login", "--yes"]).status.success());
    user.desktop.go_on();
    let ended = running.ended();
    let told = "profile default has another secret of this token meanwhile, and keeps it";
    assert!(ended.status.success() && ended.logged.contains(told), "{}", ended.logged);
    assert!(user.is_in_a_file(newer.said.trim_end()));
    user.succeeds("", &["token", "verify"]);
}

#[test]
fn a_refresh_asks_for_no_password_for_the_profiles_of_other_addresses() {
    let user = User::new(Desktop::with_keyring());
    user.logs_in("aa");
    let localhost = user.server.url().replace("127.0.0.1", "localhost");
    let login = ["login", "--url", &localhost, "--profile", "own"];
    user.succeeds(&user.another_token(), &[&login[..], &["--keep-in", "file"]].concat());
    user.desktop.lock();
    let calls = user.desktop.calls();
    let refreshed = user.succeeds("", &["token", "refresh", "--yes", "--quiet"]);
    assert_eq!(refreshed.logged, "");
    // After all calls of it.
    user.desktop.lock();
    let told = calls.until_one_has("member=Lock");
    assert!(!told.contains("member=Unlock"), "{told}");
}
