//! Tokens in a real keyring: GNOME's, on a D-Bus of its own. `./test` installs both programs.

mod configurations;
mod desktop;
mod locked;
mod unwritten;

use std::fs;

use jeton_tests::{
    process::{Ended, Served, jeton_given},
    store::fresh_folder,
};

use crate::desktop::Desktop;

/// A server, and a user with a keyring.
struct User {
    server: Served,
    desktop: Desktop,
    config: std::path::PathBuf,
    master: String,
    manage: String,
}

impl User {
    fn new(desktop: Desktop) -> Self {
        let folder = fresh_folder();
        let server = Served::start(&folder);
        let read = |name: &str| fs::read_to_string(folder.join(name)).unwrap().trim_end().to_owned();
        let (master, manage) = (read("jeton-master-token"), read("jeton-manage-token"));
        Self { server, desktop, config: fresh_folder(), master, manage }
    }

    fn run(&self, input: &str, arguments: &[&str]) -> Ended {
        self.run_at(self.desktop.bus(), input, arguments)
    }

    /// Runs a command where no keyring can be reached, as in a session of ssh.
    fn run_apart(&self, input: &str, arguments: &[&str]) -> Ended {
        self.run_at("unix:path=/nonexistent/bus", input, arguments)
    }

    fn run_at(&self, bus: &str, input: &str, arguments: &[&str]) -> Ended {
        let config = self.config.to_str().unwrap();
        let variables = [("XDG_CONFIG_HOME", config), ("DBUS_SESSION_BUS_ADDRESS", bus)];
        jeton_given(input, &fresh_folder(), arguments, &variables)
    }

    /// Creates another token.
    #[track_caller]
    fn another_token(&self) -> String {
        let variables = [("JETON_URL", self.server.url()), ("JETON_TOKEN", &self.master)];
        let create = ["token", "create", "-d", "another", "--jq", ".token"];
        let ended = jeton_given("", &fresh_folder(), &create, &variables);
        assert!(ended.status.success(), "{}", ended.logged);
        ended.said.trim().trim_matches('"').to_owned()
    }

    /// Whether the current profile has the master token.
    fn has_master(&self) -> bool {
        self.succeeds("", &["token", "verify"]).said.contains("master")
    }

    /// Logs in to a profile, whose token is kept in the keyring.
    #[track_caller]
    fn logs_in(&self, profile: &str) {
        let login = ["login", "--url", self.server.url(), "--profile", profile];
        let ended = self.succeeds(&self.master, &login);
        assert!(ended.logged.contains("kept in the keyring"), "{}", ended.logged);
    }

    /// The name of the token of a profile in the keyring.
    fn entry(&self, profile: &str) -> String {
        format!("storage token of profile {profile} at {}", self.server.url())
    }

    #[track_caller]
    fn succeeds(&self, input: &str, arguments: &[&str]) -> Ended {
        let ended = self.run(input, arguments);
        assert!(ended.status.success(), "{}", ended.logged);
        ended
    }

    /// Whether a file of the configuration contains a text.
    fn is_in_a_file(&self, text: &str) -> bool {
        let mut folders = vec![self.config.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if fs::read_to_string(&path).unwrap().contains(text) {
                    return true;
                }
            }
        }
        false
    }
}

#[test]
fn tokens_are_kept_in_the_keyring_and_in_no_file() {
    let user = User::new(Desktop::with_keyring());
    for token in [&user.master, &user.manage] {
        let ended = user.succeeds(token, &["login", "--url", user.server.url()]);
        assert!(ended.logged.contains("kept in the keyring of the system"), "{}", ended.logged);
        assert!(!user.is_in_a_file(token));
    }
    assert!(user.succeeds("", &["token", "verify"]).said.contains("master"));
    assert!(user.succeeds("", &["status"]).said.contains("the keyring of the system"));
    // The token of the keyring is replaced, not kept twice.
    user.succeeds(&user.master, &["login"]);
    user.succeeds("", &["token", "verify"]);
}

#[test]
fn a_token_moves_from_the_keyring_to_a_file_and_back() {
    let user = User::new(Desktop::with_keyring());
    user.succeeds(&user.master, &["login", "--url", user.server.url()]);
    user.succeeds(&user.master, &["login", "--keep-in", "file"]);
    assert!(user.is_in_a_file(&user.master));
    user.succeeds("", &["token", "verify"]);
    user.succeeds(&user.master, &["login"]);
    assert!(!user.is_in_a_file(&user.master));
    user.succeeds("", &["token", "verify"]);
}

#[test]
fn logout_removes_the_tokens_from_the_keyring() {
    let user = User::new(Desktop::with_keyring());
    user.succeeds(&user.master, &["login", "--url", user.server.url()]);
    let config = user.config.join("jeton/config.toml");
    let before = fs::read_to_string(&config).unwrap();
    user.succeeds("", &["logout"]);
    // Whoever brings the configuration back does not have the token.
    fs::write(&config, before).unwrap();
    let ended = user.run("", &["token", "verify"]);
    assert_eq!(ended.status.code(), Some(2));
    assert!(ended.logged.contains("it is not in the keyring"), "{}", ended.logged);
}

#[test]
fn logout_removes_a_token_from_the_keyring_whose_place_was_edited_and_says_where_there_was_none() {
    let user = User::new(Desktop::with_keyring());
    user.succeeds(&user.master, &["login", "--url", user.server.url()]);
    let config = user.config.join("jeton/config.toml");
    let before = fs::read_to_string(&config).unwrap();
    fs::write(&config, before.replace("\"keyring\"", "\"file\"")).unwrap();
    let ended = user.succeeds("", &["logout"]);
    assert!(ended.logged.contains("This ends none of its tokens."), "{}", ended.logged);
    fs::write(&config, before).unwrap();
    let ended = user.run("", &["token", "verify"]);
    assert!(ended.logged.contains("it is not in the keyring"), "{}", ended.logged);
    let ended = user.succeeds("", &["logout"]);
    assert!(ended.logged.contains("No token of it was where the configuration says"), "{}", ended.logged);
}

#[test]
fn a_token_that_stayed_in_the_keyring_is_named_and_removed_once_that_can_be_reached() {
    let user = User::new(Desktop::with_keyring());
    user.logs_in("ka");
    let login = ["login", "--url", user.server.url(), "--profile", "ka"];
    let ended = user.run_apart(&user.master, &login);
    assert!(ended.status.success(), "{}", ended.logged);
    assert!(ended.logged.contains(&format!("\"{}\" stays in it", user.entry("ka"))), "{}", ended.logged);
    // The profile uses its file, and its older token is named beside it.
    let unused = format!(
        "tokens in the keyring that no profile uses, and another configuration of this user may use: \"{}\"",
        user.entry("ka")
    );
    let listed = user.succeeds("", &["profile", "list"]);
    assert!(listed.logged.contains(&unused), "{}", listed.logged);
    let ended = user.run_apart("", &["logout", "--profile", "ka"]);
    assert!(ended.status.success(), "{}", ended.logged);
    assert!(
        ended.logged.contains("a token that an earlier login kept in it, if there is one, stays there"),
        "{}",
        ended.logged
    );
    for command in [&["profile", "list"][..], &["doctor"]] {
        let ended = user.run("", command);
        let told = format!("{}{}", ended.said, ended.logged);
        assert!(told.contains("not in the configuration: ka") && told.contains("--profile ka"), "{told}");
    }
    let ended = user.succeeds("", &["logout", "--profile", "ka"]);
    assert!(
        ended.logged.contains("The tokens of profile ka, which is not in the configuration, are removed")
    );
    let listed = user.succeeds("", &["profile", "list"]);
    assert_eq!(listed.logged, "");
    assert_eq!(user.run("", &["logout", "--profile", "ka"]).status.code(), Some(2));
}

#[test]
fn logout_removes_the_tokens_of_a_profile_at_any_address_and_leaves_those_of_others() {
    let user = User::new(Desktop::with_keyring());
    user.logs_in("ka");
    user.logs_in("kab");
    let config = user.config.join("jeton/config.toml");
    let before = fs::read_to_string(&config).unwrap();
    let (head, tail) = before.split_once("[profiles.ka]").unwrap();
    let moved = tail.replacen(user.server.url(), "http://127.0.0.1:9", 1);
    fs::write(&config, format!("{head}[profiles.ka]{moved}")).unwrap();
    user.succeeds("", &["logout", "--profile", "ka"]);
    fs::write(&config, before).unwrap();
    let ended = user.run("", &["token", "verify", "--profile", "ka"]);
    assert!(ended.logged.contains("it is not in the keyring"), "{}", ended.logged);
    user.succeeds("", &["token", "verify", "--profile", "kab"]);
}

#[test]
fn a_broken_configuration_keeps_no_token_in_the_keyring() {
    let user = User::new(Desktop::with_keyring());
    for profile in ["ka", "kb", "kc"] {
        user.logs_in(profile);
    }
    let config = user.config.join("jeton/config.toml");
    let before = fs::read_to_string(&config).unwrap();
    fs::write(&config, format!("{before}tokn = 1\n")).unwrap();
    let ended = user.run("", &["logout", "--profile", "kb"]);
    assert_eq!(ended.status.code(), Some(2));
    assert!(ended.logged.contains("the tokens of kb are removed from this machine"), "{}", ended.logged);
    let ended = user.run("", &["logout", "--all", "--yes"]);
    assert!(ended.logged.contains("the tokens of ka, kc are removed from this machine"), "{}", ended.logged);
    fs::write(&config, before).unwrap();
    for profile in ["ka", "kb", "kc"] {
        let ended = user.run("", &["token", "verify", "--profile", profile]);
        assert!(ended.logged.contains("it is not in the keyring"), "{}", ended.logged);
    }
}

#[test]
fn logout_of_all_finds_every_token_in_the_keyring() {
    let user = User::new(Desktop::with_keyring());
    user.logs_in("ka");
    user.logs_in("kb");
    fs::remove_file(user.config.join("jeton/config.toml")).unwrap();
    let ended = user.run("", &["logout"]);
    assert_eq!(ended.status.code(), Some(2));
    assert!(ended.logged.contains("not in the configuration: ka, kb"), "{}", ended.logged);
    let ended = user.succeeds("", &["logout", "--all", "--yes"]);
    assert!(!ended.logged.contains("warning"), "{}", ended.logged);
    assert_eq!(user.succeeds("", &["profile", "list"]).logged, "");
}

#[test]
fn a_token_of_the_keyring_goes_to_no_other_address() {
    let user = User::new(Desktop::with_keyring());
    user.succeeds(&user.master, &["login", "--url", user.server.url()]);
    let config = user.config.join("jeton/config.toml");
    let edited = fs::read_to_string(&config).unwrap().replace(user.server.url(), "http://127.0.0.1:9");
    fs::write(&config, edited).unwrap();
    let ended = user.run("", &["token", "verify"]);
    assert_eq!(ended.status.code(), Some(2), "{}", ended.logged);
    assert!(ended.logged.contains("it is not in the keyring"), "{}", ended.logged);
}

#[test]
fn a_desktop_without_a_keyring_keeps_tokens_in_a_file() {
    let user = User::new(Desktop::without_keyring());
    let ended = user.succeeds(&user.master, &["login", "--url", user.server.url()]);
    assert!(ended.logged.contains("No keyring can keep the token"), "{}", ended.logged);
    assert!(user.is_in_a_file(&user.master));
    user.succeeds("", &["token", "verify"]);
    let ended = user.run(&user.master, &["login", "--keep-in", "keyring"]);
    assert_eq!(ended.status.code(), Some(2), "{}", ended.logged);
}
