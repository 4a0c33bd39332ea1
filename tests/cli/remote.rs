//! A server, and commands that a user runs against it.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
};

use jeton_tests::{
    client::Client,
    process::{
        Ended, Running, Served, jeton, jeton_asks, jeton_asks_before, jeton_closed, jeton_given, jeton_into,
        jeton_shown, start_jeton,
    },
    store::fresh_folder,
};
use serde_json::Value;

use crate::secret;

/// A server with one project, and a user's folder with its first secrets.
pub struct Remote {
    server: Served,
    server_folder: PathBuf,
    folder: PathBuf,
    /// The master token.
    pub master: String,
    manage: String,
}

impl Remote {
    pub fn start() -> Self {
        let server_folder = fresh_folder();
        let server = Served::start(&server_folder);
        let (master, manage) =
            (secret(&server_folder, "jeton-master-token"), secret(&server_folder, "jeton-manage-token"));
        Self { server, server_folder, folder: fresh_folder(), master, manage }
    }

    /// Runs a command with the master token and the manage token.
    pub fn run(&self, arguments: &[&str]) -> Ended {
        jeton(&self.folder, arguments, &self.variables(&self.master))
    }

    /// Runs one with another token.
    pub fn run_as(&self, token: &str, arguments: &[&str]) -> Ended {
        jeton(&self.folder, arguments, &self.variables(token))
    }

    /// Runs one with another URL of the server.
    pub fn run_over(&self, url: &str, arguments: &[&str]) -> Ended {
        jeton(&self.folder, arguments, &[("JETON_URL", url), ("JETON_TOKEN", &self.master)])
    }

    /// Runs one with the master token and the manage token, with its output to this file.
    pub fn run_into(&self, stdout: impl Into<Stdio>, arguments: &[&str]) -> Ended {
        jeton_into(stdout, &self.folder, arguments, &self.variables(&self.master))
    }

    /// The same with standard output closed.
    pub fn run_closed(&self, arguments: &[&str]) -> Ended {
        jeton_closed(&self.folder, arguments, &self.variables(&self.master))
    }

    /// The manage token.
    pub fn manage(&self) -> &str {
        &self.manage
    }

    /// The working folder of the commands.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The folder of the mails that the server sent.
    pub fn outbox(&self) -> PathBuf {
        self.server_folder.join("outbox")
    }

    /// The URL of the server.
    pub fn url(&self) -> &str {
        self.server.url()
    }

    /// Runs one without a token in its environment.
    pub fn run_given(&self, input: &str, arguments: &[&str]) -> Ended {
        jeton_given(input, &self.folder, arguments, &[("JETON_URL", self.server.url())])
    }

    /// Runs one on a terminal, where it asks a question.
    pub fn run_asked(&self, question: &str, typed: &str, arguments: &[&str]) -> Ended {
        jeton_asks(question, typed, &self.folder, arguments, &self.variables(&self.master))
    }

    /// The same, with something that happens before the answer.
    pub fn run_asked_before(
        &self,
        question: &str,
        meanwhile: impl FnOnce(),
        typed: &str,
        arguments: &[&str],
    ) -> Ended {
        let variables = self.variables(&self.master);
        jeton_asks_before(question, meanwhile, typed, &self.folder, arguments, &variables)
    }

    /// Runs one on a terminal of this width, with further variables, and returns what that shows.
    pub fn shown(&self, width: u16, variables: &[(&str, &str)], arguments: &[&str]) -> String {
        let variables = [&self.variables(&self.master)[..], variables].concat();
        jeton_shown(width, &self.folder, arguments, &variables)
    }

    /// Starts one that keeps running.
    pub fn start_command(&self, arguments: &[&str]) -> Running {
        start_jeton(&self.folder, arguments, &self.variables(&self.master))
    }

    /// Creates a token; returns its id and its secret.
    pub fn create(&self, arguments: &[&str]) -> (String, String) {
        let created = json(&self.run(&[&["token", "create", "--json"], arguments].concat()));
        let text = |name: &str| created[name].as_str().unwrap().to_owned();
        (text("id"), text("token"))
    }

    /// A second handle of the same server.
    pub fn client(&self) -> Client {
        self.server.client()
    }

    /// The project of the master token.
    pub fn project(&self) -> String {
        json(&self.run(&["token", "verify", "--json"]))["owner"]["id"].to_string()
    }

    /// The path of a new file with this name and text.
    pub fn file(&self, name: &str, text: &str) -> String {
        let path = self.folder.join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn variables<'a>(&'a self, token: &'a str) -> [(&'a str, &'a str); 3] {
        [("JETON_URL", self.server.url()), ("JETON_TOKEN", token), ("JETON_MANAGE_TOKEN", &self.manage)]
    }
}

/// The output of a command that must succeed.
#[track_caller]
pub fn said(ended: &Ended) -> &str {
    assert!(ended.status.success(), "{}", ended.logged);
    &ended.said
}

/// The same, parsed as JSON.
#[track_caller]
pub fn json(ended: &Ended) -> Value {
    serde_json::from_str(said(ended)).unwrap_or_else(|error| panic!("{error}: {}", ended.said))
}

/// The error output of a command that must fail with this code, without other output.
#[track_caller]
pub fn failed(ended: &Ended, code: i32) -> &str {
    assert_eq!(ended.status.code(), Some(code), "{}{}", ended.said, ended.logged);
    assert_eq!(ended.said, "");
    &ended.logged
}

/// A text with placeholders for ids and times.
pub fn redacted(text: &str) -> String {
    let word = |word: &str| {
        // Also if all of its digits are decimal: other ids are shorter.
        if word.len() == 16 && word.bytes().all(|b| b.is_ascii_hexdigit()) {
            return "[share]".to_owned();
        }
        let digits = word.trim_matches(|c| matches!(c, '(' | ')'));
        if digits.len() > 1 && digits.bytes().all(|b| b.is_ascii_digit()) {
            return word.replace(digits, "[id]");
        }
        let date = word.len() >= 10 && word.bytes().take(4).all(|b| b.is_ascii_digit());
        match word.len() {
            24 if date => "[time]".to_owned(),
            10 if date => "[day]".to_owned(),
            _ => word.to_owned(),
        }
    };
    // The width of a column depends on its values, whose lengths differ in every run.
    let line = |line: &str| {
        let words: Vec<_> = line.split(' ').filter(|word| !word.is_empty()).map(word).collect();
        words.join(" ")
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}
