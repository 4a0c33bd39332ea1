//! The connection of a command to Jeton: the URL, and the token from the environment or a file.

use std::{
    fs,
    io::{self, BufRead as _, IsTerminal as _, Write as _},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use clap::Args;
use jeton_client::{Client, Credential, PlainSecret};
use jeton_service::{config::known_variables, runtime::StartError};

use crate::{environment::Environment, failure::Failure};

/// The default of `JETON_URL`.
const DEFAULT_URL: &str = "http://127.0.0.1:3000";

/// The options of all commands that call Jeton. None takes a secret, since everyone on the machine can see the arguments of
/// a process.
#[derive(Debug, Args)]
pub struct Connection {
    /// Read the token from this file, or from standard input if it is -, instead of the environment
    #[arg(long, value_name = "FILE", global = true)]
    token_file: Option<PathBuf>,
    /// Print the answer as JSON
    #[arg(long, global = true)]
    pub json: bool,
}

impl Connection {
    /// A client with the storage token of the environment or the file.
    pub fn storage(&self) -> Result<Client, Failure> {
        self.client(
            |environment| environment.token,
            "JETON_TOKEN",
            Credential::Storage,
            |secret| {
                let mistaken = is_manage_token(secret)
                    .then_some("a manage token, but this command needs a storage token");
                let is_token = secret.split_once("-jt").is_some_and(|(ids, rest)| {
                    ids.split_once('-').is_some_and(|(project, id)| number(project) && number(id))
                        && letters(rest)
                });
                mistaken
                    .or((!is_token)
                        .then_some("not a token: a token starts like 1-23-jt and contains no spaces"))
            },
        )
    }

    /// A client with the manage token of the environment or the file.
    pub fn manage(&self) -> Result<Client, Failure> {
        self.client(
            |environment| environment.manage_token,
            "JETON_MANAGE_TOKEN",
            Credential::Manage,
            |secret| {
                let what =
                    "a storage token, but this command needs a manage token; `jeton init manage-token` creates one";
                let is_token = secret.strip_prefix("jtm-").and_then(|rest| rest.split_once('-'));
                if is_token.is_some_and(|(id, rest)| number(id) && letters(rest)) {
                    None
                } else if secret.contains("-jt") && !is_manage_token(secret) {
                    Some(what)
                } else {
                    Some("not a token: a manage token starts like jtm-1- and contains no spaces")
                }
            },
        )
    }

    fn client(
        &self,
        of_environment: fn(Environment) -> Option<String>,
        variable: &str,
        credential: fn(PlainSecret) -> Credential,
        mistaken: fn(&str) -> Option<&'static str>,
    ) -> Result<Client, Failure> {
        known_variables().map_err(StartError::from)?;
        let environment = Environment::read();
        let url = environment.url.clone().unwrap_or_else(|| DEFAULT_URL.to_owned());
        let (secret, place) = if let Some(file) = &self.token_file {
            let is_stdin = file.as_os_str() == "-";
            let place = if is_stdin { "standard input".to_owned() } else { file.display().to_string() };
            (from(file)?, place)
        } else {
            let secret = of_environment(environment).ok_or_else(|| {
                let sentence =
                    format!("set {variable} to a token, or name a file that holds one: --token-file FILE");
                Failure::Missing(sentence)
            })?;
            (secret, variable.to_owned())
        };
        let secret = PlainSecret::new(pasted(&secret).to_owned());
        if let Some(what) = mistaken(secret.expose()) {
            return Err(Failure::Missing(format!("{place} holds {what}")));
        }
        Ok(Client::new(&url, credential(secret))?)
    }
}

/// Prefixes that are pasted along with a token.
const AROUND: [&str; 7] = [
    "export ",
    "jeton_token=",
    "jeton_manage_token=",
    "authorization:",
    "x-storageapi-token:",
    "x-kbc-manageapitoken:",
    "bearer ",
];

/// Strips what was pasted along with a token: a byte order mark, spaces, quotation marks, the name of its variable or header.
fn pasted(text: &str) -> &str {
    let marks = |c: char| {
        c.is_whitespace()
            || matches!(c, '\u{feff}' | '"' | '\'' | '`' | '\u{201c}'..='\u{201e}' | '\u{2018}'..='\u{201a}')
    };
    let mut rest = text.trim_matches(marks);
    while let Some(begin) =
        AROUND.iter().find(|begin| rest.get(..begin.len()).is_some_and(|is| is.eq_ignore_ascii_case(begin)))
    {
        rest = rest[begin.len()..].trim_matches(marks);
    }
    rest
}

fn number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

fn letters(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// Whether a text looks like a manage token, even a mistyped one.
fn is_manage_token(secret: &str) -> bool {
    secret.starts_with("jtm-")
}

fn from(file: &PathBuf) -> Result<String, Failure> {
    let failed = |error| Failure::File(file.display().to_string(), error);
    let text = if file.as_os_str() == "-" {
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line).map_err(failed)?;
        line
    } else {
        warn_of_readers(file);
        fs::read_to_string(file).map_err(failed)?
    };
    if text.trim().is_empty() {
        return Err(Failure::Missing(format!("there is no token in {}", file.display())));
    }
    Ok(text)
}

/// Warns if others on this machine can read a file that holds a token.
fn warn_of_readers(file: &Path) {
    let Ok(found) = fs::metadata(file) else { return };
    let mode = found.permissions().mode();
    if found.is_file() && mode & 0o044 != 0 {
        let (name, who) = (file.display(), if mode & 0o004 == 0 { "its group" } else { "everyone" });
        eprintln!(
            "jeton: warning: {who} on this machine can read {name}; `chmod 600 {name}` makes it private"
        );
    }
}

/// Asks for confirmation before an action that cannot be undone, unless `--yes` was given.
pub fn confirm(question: &str, yes: bool) -> Result<(), Failure> {
    if yes {
        return Ok(());
    }
    if !io::stdin().is_terminal() {
        let sentence = format!("{question} stdin is not a terminal; pass --yes to confirm");
        return Err(Failure::Missing(sentence));
    }
    eprint!("{question} [y/N] ");
    let failed = |error| Failure::File("the terminal".to_owned(), error);
    io::stderr().flush().map_err(failed)?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer).map_err(failed)?;
    if matches!(answer.trim().to_lowercase().as_str(), "y" | "yes") {
        Ok(())
    } else {
        Err(Failure::NotConfirmed)
    }
}
