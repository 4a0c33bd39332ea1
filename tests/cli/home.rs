//! A user without a keyring: a folder for the configuration, and commands that find it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use jeton_tests::{
    process::{Ended, jeton_asks, jeton_given},
    store::fresh_folder,
};

/// No keyring, not even that of the developer who runs the tests.
const NO_KEYRING: (&str, &str) = ("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus");

/// The home of a user.
pub struct Home {
    config: PathBuf,
    folder: PathBuf,
}

impl Home {
    pub fn new() -> Self {
        Self { config: fresh_folder(), folder: fresh_folder() }
    }

    /// Runs a command with this standard input.
    pub fn run(&self, input: &str, arguments: &[&str]) -> Ended {
        self.run_with(&[], input, arguments)
    }

    /// Runs one with further variables.
    pub fn run_with(&self, variables: &[(&str, &str)], input: &str, arguments: &[&str]) -> Ended {
        jeton_given(input, &self.folder, arguments, &[&self.own()[..], variables].concat())
    }

    /// Runs one on a terminal, where it asks a question.
    pub fn run_asked(&self, question: &str, typed: &str, arguments: &[&str]) -> Ended {
        jeton_asks(question, typed, &self.folder, arguments, &self.own())
    }

    /// Logs in with a token.
    #[track_caller]
    pub fn log_in(&self, url: &str, token: &str, more: &[&str]) -> String {
        let ended = self.run(token, &[&["login", "--url", url], more].concat());
        assert!(ended.status.success(), "{}", ended.logged);
        assert_eq!(ended.said, "");
        ended.logged
    }

    /// The path of a file of the configuration.
    pub fn path(&self, name: &str) -> PathBuf {
        self.config.join("jeton").join(name)
    }

    /// A file of the configuration.
    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// Edits the configuration file.
    pub fn edit(&self, edited: impl FnOnce(String) -> String) {
        fs::write(self.path("config.toml"), edited(self.read("config.toml"))).unwrap();
    }

    /// Puts a file where the folder of the configuration would be.
    pub fn take_folder(&self) {
        fs::write(self.config.join("jeton"), "").unwrap();
    }

    /// The working folder of the commands.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The variables by which a command finds this home.
    pub fn variables(&self) -> [(&str, &str); 2] {
        self.own()
    }

    fn own(&self) -> [(&str, &str); 2] {
        [("XDG_CONFIG_HOME", self.config.to_str().unwrap()), NO_KEYRING]
    }
}
