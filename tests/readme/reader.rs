//! A reader who follows a page, command by command.

use std::{fs, path::PathBuf};

use jeton_tests::{
    process::{Served, wait_until},
    program::root,
    store::fresh_folder,
};

use crate::{compare, page::Step, shell::Shell};

/// The server address on a page.
const WRITTEN: &str = "127.0.0.1:3000";

pub struct Reader {
    folder: PathBuf,
    shell: Shell,
    server: Option<Served>,
    master: String,
    manage: String,
}

/// The kind of a page's command.
#[derive(Debug, PartialEq, Eq)]
pub enum Kind {
    /// It starts the server, with these variables.
    Serve(Vec<(String, String)>),
    /// It is for the source tree and not typed.
    Tree,
    /// It is typed.
    Shell,
}

impl Reader {
    pub fn new() -> Self {
        let folder = fresh_folder();
        let shell = Shell::new(&folder);
        Self { folder, shell, server: None, master: String::new(), manage: String::new() }
    }

    /// Does one step, and fails if the result differs from the page.
    pub fn follow(&mut self, step: &Step) {
        match kind(&step.command) {
            Kind::Serve(variables) => self.serve(step, &variables),
            Kind::Tree => names_what_exists(step),
            Kind::Shell => self.type_in(step),
        }
    }

    fn serve(&mut self, step: &Step, variables: &[(String, String)]) {
        // A running server would keep its file locked: readers press Ctrl-C first.
        if let Some(server) = self.server.take() {
            assert!(server.end().success());
        }
        let variables: Vec<_> = variables.iter().map(|(name, value)| (&**name, &**value)).collect();
        let server = if step.command.contains('>') {
            Served::start_with(&self.folder, &variables)
        } else {
            Served::start_on_terminal(&self.folder, &variables)
        };
        let address = server.address().to_string();
        let said = || server.said().replace(&address, WRITTEN);
        // A server keeps running, so its output has no end to wait for.
        wait_until(
            &format!("line {}: the output is as shown:\n{}", step.line, step.output.join("\n")),
            || compare::begins(&step.output, &said()).then_some(()),
        );
        let said = server.has_said("/outbox?key=");
        for (name, secret) in [("master token", &mut self.master), ("manage token", &mut self.manage)] {
            if let Some((_, after)) = said.split_once(&format!("  {name}: ")) {
                let shown = after.lines().next().unwrap();
                // Either the secret, or the file with it.
                let file = fs::read_to_string(shown);
                *secret = file.as_deref().unwrap_or(shown).trim().into();
            }
        }
        self.server = Some(server);
    }

    fn type_in(&mut self, step: &Step) {
        let address = self.server.as_ref().map(|server| server.address().to_string());
        let address = address.as_deref().unwrap_or(WRITTEN);
        let command = self.pasted(&step.command).replace("localhost:3000", WRITTEN).replace(WRITTEN, address);
        let command = command.replace("cargo run -q --", "jeton").replace("cargo run --", "jeton");
        let (printed, status) = self.shell.run(&command);
        let printed = printed.replace(address, WRITTEN);
        let at = step.line;
        assert!(status == 0, "line {at}: `{}` ended with status {status}:\n{printed}", step.command);
        assert!(
            compare::same(&step.output, &printed),
            "line {at}: `{}` printed\n{printed}\nand not, as shown,\n{}",
            step.command,
            step.output.join("\n")
        );
    }

    /// The command with the secrets in place of the dots.
    fn pasted(&self, command: &str) -> String {
        let mut pasted = String::new();
        for (number, part) in command.split('…').enumerate() {
            if number > 0 {
                let manage = pasted.lines().last().unwrap_or_default().to_lowercase().contains("manage");
                pasted.push_str(if manage { &self.manage } else { &self.master });
            }
            pasted.push_str(part);
        }
        pasted
    }
}

/// The kind of a command.
pub fn kind(command: &str) -> Kind {
    let mut variables = Vec::new();
    let mut words = command.split_whitespace().peekable();
    while let Some((name, value)) = words.peek().and_then(|word| word.split_once('=')) {
        if !name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_') {
            break;
        }
        if name != "JETON_LISTEN" && name != "PORT" {
            variables.push((name.to_owned(), value.to_owned()));
        }
        words.next();
    }
    let words: Vec<_> = words.take_while(|word| !word.starts_with(['>', '&'])).collect();
    match words[..] {
        ["jeton"] | ["jeton", "serve"] | ["cargo", "run"] | ["cargo", "run", "--release" | "-q"] => {
            Kind::Serve(variables)
        }
        // `cargo run -- init …` runs a command of `jeton`, so it is typed as one.
        ["git", "clone", ..] | ["cd" | "./test", ..] => Kind::Tree,
        ["cargo", command, ..] if command != "run" => Kind::Tree,
        _ => Kind::Shell,
    }
}

/// Checks that the files named in a command that is not typed exist.
fn names_what_exists(step: &Step) {
    let at = step.line;
    let mut words = step.command.split_whitespace();
    match words.next() {
        Some("./test") => {
            let parts = ["tests/harness/suites.py", "tests/harness/command.py"];
            let script = parts.map(|part| fs::read_to_string(root().join(part)).unwrap()).concat();
            for word in words.take_while(|word| *word != "--" && !word.starts_with('#')) {
                let known = script.contains(&format!("\"{word}\"")) || script.contains(&format!("\"{word}-"));
                assert!(known, "line {at}: ./test knows no {word}");
            }
        }
        Some("cargo") => {
            let words: Vec<_> = words.collect();
            for pair in words.windows(2).filter(|pair| pair[0] == "--path") {
                assert!(root().join(pair[1]).exists(), "line {at}: there is no {}", pair[1]);
            }
        }
        _ => {}
    }
}

#[test]
fn commands_are_told_apart() {
    assert_eq!(kind("cargo run"), Kind::Serve(vec![]));
    let store = ("JETON_STORE".to_owned(), "sqlite:other.db".to_owned());
    assert_eq!(kind("JETON_STORE=sqlite:other.db PORT=1 jeton serve > log &"), Kind::Serve(vec![store]));
    for tree in ["git clone https://example.org/jeton", "./test store", "cargo test", "cd jeton"] {
        assert_eq!(kind(tree), Kind::Tree, "{tree}");
    }
    for typed in ["cargo run -- init --help", "jeton sweep", "TOKEN=…", "curl -d a=b http://x", "export A=1"]
    {
        assert_eq!(kind(typed), Kind::Shell, "{typed}");
    }
}

#[test]
fn the_secret_is_pasted_that_the_words_before_the_dots_ask_for() {
    let mut reader = Reader::new();
    (reader.master, reader.manage) = ("1-2-jtx".to_owned(), "jtm-1-x".to_owned());
    assert_eq!(reader.pasted("TOKEN=…"), "TOKEN=1-2-jtx");
    assert_eq!(
        reader.pasted("curl -H 'X-KBC-ManageApiToken: …' x"),
        "curl -H 'X-KBC-ManageApiToken: jtm-1-x' x"
    );
}

#[test]
#[should_panic(expected = "line 7: ./test knows no storr")]
fn a_suite_that_is_not_there_is_a_mistake_of_the_page() {
    names_what_exists(&Step { line: 7, command: "./test storr".to_owned(), output: vec![] });
}
