//! `jeton logout` beside other commands, and where no keyring can be expected.

use std::fs::{self, File};

use jeton_tests::process::{Ended, jeton_asks_before};

use crate::{
    files,
    home::Home,
    remote::{Remote, failed, said},
};

/// Logs out of all profiles on a terminal, where something happens while it asks.
fn logs_out_of_all_while(home: &Home, meanwhile: impl FnOnce()) -> Ended {
    let logout = ["logout", "--all"];
    jeton_asks_before("from this machine? [y/N]", meanwhile, "y\n", home.folder(), &logout, &home.variables())
}

#[test]
fn a_profile_that_is_gone_meanwhile_is_not_in_the_way_of_the_others() {
    let (remote, home) = (Remote::start(), Home::new());
    for name in ["aa", "p2", "p3"] {
        home.log_in(remote.url(), &remote.master, &["--profile", name]);
    }
    let ended = logs_out_of_all_while(&home, || drop(home.run("", &["logout", "--profile", "aa"])));
    assert!(ended.status.success(), "{}", ended.said);
    for told in ["Profile aa is gone", "Profile p2 is removed", "Profile p3 is removed"] {
        assert!(ended.said.contains(told), "{told}: {}", ended.said);
    }
    assert_eq!((files(&home.path("tokens")), home.read("config.toml")), (Vec::new(), String::new()));
    // Nor is it in the way of a failure being told.
    for name in ["aa", "p2"] {
        home.log_in(remote.url(), &remote.master, &["--profile", name]);
    }
    let ended = logs_out_of_all_while(&home, || {
        drop(home.run("", &["logout", "--profile", "aa"]));
        fs::create_dir_all(home.path("tokens/p2.token.new/x")).unwrap();
    });
    assert_eq!(ended.status.code(), Some(1), "{}", ended.said);
    assert!(ended.said.contains("Profile aa is gone") && ended.said.contains("p2.token"), "{}", ended.said);
    assert!(home.read("config.toml").contains("[profiles.p2]"));
}

#[test]
fn a_profile_that_was_made_meanwhile_stays_the_current_one() {
    let (remote, home) = (Remote::start(), Home::new());
    home.log_in(remote.url(), &remote.master, &["--profile", "one"]);
    let ended = logs_out_of_all_while(&home, || {
        home.log_in(remote.url(), &remote.master, &["--profile", "two"]);
    });
    assert!(ended.status.success(), "{}", ended.said);
    assert!(home.read("config.toml").starts_with("current = \"two\""), "{}", home.read("config.toml"));
    said(&home.run("", &["token", "verify"]));
}

#[test]
fn a_keyring_is_warned_of_only_where_one_was_used_or_can_be_expected() {
    let (remote, home) = (Remote::start(), Home::new());
    let never = [("DBUS_SESSION_BUS_ADDRESS", ""), ("XDG_RUNTIME_DIR", "/nonexistent")];
    let warning = "a token that an earlier login kept in it, if there is one, stays there";
    home.log_in(remote.url(), &remote.master, &[]);
    let ended = home.run_with(&never, "", &["logout"]);
    assert!(ended.status.success() && !ended.logged.contains("warning"), "{}", ended.logged);
    assert!(!home.run_with(&never, "", &["logout"]).logged.contains("keyring"));
    let without_profile = home.run("", &["logout"]);
    assert!(failed(&without_profile, 2).contains(warning), "{}", without_profile.logged);
    // An earlier login kept a token in it.
    home.log_in(remote.url(), &remote.master, &[]);
    home.edit(|text| text.replace("\"file\"", "\"keyring\""));
    home.log_in(remote.url(), &remote.master, &[]);
    let ended = home.run_with(&never, "", &["logout"]);
    assert!(ended.logged.contains(warning), "{}", ended.logged);
}

#[test]
fn the_warning_of_one_profile_does_not_suggest_all() {
    let (remote, home) = (Remote::start(), Home::new());
    home.log_in(remote.url(), &remote.master, &[]);
    fs::create_dir_all(home.path("tokens/default.token.new/x")).unwrap();
    let ended = home.run("", &["logout"]);
    let told = failed(&ended, 1);
    assert!(told.contains("`jeton logout --profile default`") && !told.contains("--all"), "{told}");
}

#[test]
fn a_token_that_the_configuration_does_not_name_is_replaced_only_when_that_is_meant() {
    let (remote, home) = (Remote::start(), Home::new());
    let (_, other) = remote.create(&["-d", "Import"]);
    home.log_in(remote.url(), &other, &[]);
    fs::remove_file(home.path("config.toml")).unwrap();
    let before = home.read("tokens/default.token");
    let ended = home.run(&remote.master, &["login", "--url", remote.url()]);
    assert!(failed(&ended, 2).contains("keeps another storage token, "), "{}", ended.logged);
    assert_eq!(home.read("tokens/default.token"), before);
    home.log_in(remote.url(), &other, &[]);
}

#[test]
fn a_file_of_a_token_that_its_profile_does_not_use_is_named() {
    let (remote, home) = (Remote::start(), Home::new());
    home.log_in(remote.url(), &remote.master, &[]);
    home.log_in(remote.url(), remote.manage(), &[]);
    assert_eq!(home.run("", &["profile", "list"]).logged, "");
    home.edit(|text| text.replace("\ntoken = \"file\"", "\ntoken = \"keyring\""));
    let file = home.path("tokens/default.token");
    let told = format!("there are files of tokens that no profile uses: {}. ", file.display());
    let listed = home.run("", &["profile", "list"]);
    assert!(listed.logged.contains(&told), "{}", listed.logged);
    fs::remove_file(file).unwrap();
    assert_eq!(home.run("", &["profile", "list"]).logged, "");
}

#[test]
fn a_token_that_an_interrupted_login_picked_up_is_named_and_can_be_kept() {
    let (remote, home) = (Remote::start(), Home::new());
    let (_, other) = remote.create(&["-d", "Import"]);
    home.log_in(remote.url(), &remote.master, &[]);
    let file = home.path("tokens/jeton-picked-up");
    fs::write(&file, format!("{other}\n")).unwrap();
    let keeps = format!("`jeton login --url ADDRESS --profile NAME < {}` keeps it", file.display());
    for command in [&["profile", "list"][..], &["doctor"], &["logout"]] {
        let ended = home.run("", command);
        let told = format!("{}{}", said(&ended), ended.logged);
        assert!(
            told.contains("a login that was interrupted left a token") && told.contains(&keeps),
            "{told}"
        );
    }
    home.log_in(remote.url(), &fs::read_to_string(&file).unwrap(), &[]);
    // A login that is not done has it.
    let login = File::open(&file).unwrap();
    login.try_lock().unwrap();
    assert_eq!(home.run("", &["profile", "list"]).logged, "");
}
