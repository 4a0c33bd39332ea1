//! Completion of ids: what a shell asks for when somebody presses Tab.
//!
//! The service is asked with a token that a profile keeps, and that the command would use, only. All of it takes [`PATIENCE`] at
//! most and says nothing: what cannot be found out is not completed.

mod bash;

use std::{
    env,
    ffi::{OsStr, OsString},
    sync::{Arc, OnceLock, mpsc},
    thread,
    time::Duration,
};

use clap::{ArgMatches, Args as _, Command, FromArgMatches as _};
use clap_complete::{
    ArgValueCompleter, CompleteEnv, CompletionCandidate,
    env::{Elvish, Fish, Powershell, Shells, Zsh},
};
use jeton_client::{Client, ListTokens, TokenFilter};

use crate::{
    connection::Connection, environment::Environment, failure::Failure, output::printable, profile,
    profile::Kind, token,
};

/// The variable by which a shell asks. Not `JETON_…`, which configures.
pub const VARIABLE: &str = "_JETON_COMPLETE";

/// How long a completion may take, with the keyring.
const PATIENCE: Duration = Duration::from_millis(300);

/// The most tokens that are looked at: the newest.
const MOST: i64 = 1000;

/// The most characters of a description.
const LONGEST: usize = 60;

/// The shells that may ask.
pub const SHELLS: Shells<'_> = Shells(&[&bash::Bash, &Elvish, &Fish, &Powershell, &Zsh]);

/// The commands, from [`answer`].
static COMMANDS: OnceLock<fn() -> Command> = OnceLock::new();

/// An id with its description.
type Named = (String, String);

/// Answers a shell and ends the process, if one asks. Must be called before there are other threads.
pub fn answer(commands: fn() -> Command) {
    let commands = COMMANDS.get_or_init(|| commands);
    CompleteEnv::with_factory(commands).var(VARIABLE).shells(SHELLS).complete();
}

/// Ids of tokens.
pub fn tokens() -> ArgValueCompleter {
    completer(Kind::Storage, async |jeton, _| {
        let list =
            ListTokens { limit: Some(MOST), sort: Some("-created".to_owned()), ..ListTokens::default() };
        let page = jeton.find_tokens(&list, &TokenFilter::default()).await?.value;
        Ok(page.into_iter().map(|token| (token.id.to_string(), token.description.to_string())).collect())
    })
}

/// Ids of the copies of the token that the command names.
pub fn copies() -> ArgValueCompleter {
    completer(Kind::Storage, async |jeton, words| {
        let Some(token) = words.token else { return Ok(Vec::new()) };
        let copies = jeton.token(token).await?.value.info.copies.unwrap_or_default();
        Ok(copies.into_iter().map(|copy| (copy.id, copy.recipient.unwrap_or(copy.created))).collect())
    })
}

/// Ids of the pending shares of the token that the command names.
pub fn shares() -> ArgValueCompleter {
    completer(Kind::Storage, async |jeton, words| {
        let Some(token) = words.token else { return Ok(Vec::new()) };
        let shares = jeton.token(token).await?.value.info.shares.unwrap_or_default();
        Ok(shares.into_iter().map(|share| (share.id, share.recipient)).collect())
    })
}

/// Ids of manage tokens.
pub fn manage_tokens() -> ArgValueCompleter {
    completer(Kind::Manage, async |jeton, _| {
        let page = jeton.manage_tokens(u32::try_from(MOST).ok(), None).await?.value;
        Ok(page.into_iter().map(|token| (token.id.to_string(), token.description)).collect())
    })
}

/// E-mail addresses of the members of the project that the command names.
pub fn members() -> ArgValueCompleter {
    completer(Kind::Manage, async |jeton, words| {
        let Some(project) = words.project else { return Ok(Vec::new()) };
        let members = jeton.members(project).await?.value;
        Ok(members.into_iter().map(|member| (member.email.clone(), member.name.clone())).collect())
    })
}

/// Names of profiles. Asks no service.
pub fn profiles() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| {
        let profiles = profile::folder_of(&Environment::read()).and_then(|folder| folder.profiles());
        let profiles = profiles.map(|profiles| profiles.profiles).unwrap_or_default();
        candidates(current, profiles.into_iter().map(|(name, profile)| (name.to_string(), profile.url)))
    })
}

/// Orders of a list of tokens. Asks no service.
pub fn orders() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| {
        candidates(current, token::orders().map(|(name, about)| (name, about.to_owned())))
    })
}

/// The values of an option that may stand alone. Without `=` they are offered only if nothing else is: as a word of their own they would not be
/// its value.
pub fn booleans() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| {
        let found = ["true", "false"].map(|value| (value.to_owned(), String::new()));
        candidates(current, found).into_iter().map(|candidate| candidate.hide(true)).collect()
    })
}

/// What the words of the command say already.
struct Words {
    token: Option<String>,
    project: Option<u64>,
    connection: Connection,
}

fn completer<F>(kind: Kind, ask: F) -> ArgValueCompleter
where
    F: AsyncFn(Client, Words) -> Result<Vec<Named>, Failure> + Send + Sync + 'static,
{
    let ask = Arc::new(ask);
    ArgValueCompleter::new(move |current: &OsStr| {
        let (sender, receiver) = mpsc::channel();
        let (ask, typed) = (Arc::clone(&ask), current.to_owned());
        profile::unlock_no_keyring();
        // A keyring may be slow. The thread ends with the process.
        thread::spawn(move || drop(sender.send(found(kind, &*ask, &typed))));
        let found = receiver.recv_timeout(PATIENCE).ok().and_then(Result::ok).unwrap_or_default();
        candidates(current, found)
    })
}

fn found<F>(kind: Kind, ask: &F, current: &OsStr) -> Result<Vec<Named>, Failure>
where
    F: AsyncFn(Client, Words) -> Result<Vec<Named>, Failure>,
{
    let Some(words) = Words::read(current) else { return Ok(Vec::new()) };
    // A file of a token may be standard input.
    if words.connection.names_file() {
        return Ok(Vec::new());
    }
    let resolved = words.connection.resolve(kind)?;
    if !resolved.is_kept {
        return Ok(Vec::new());
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::Missing(error.to_string()))?;
    runtime.block_on(ask(resolved.client.within(PATIENCE), words))
}

impl Words {
    /// Parses the words of the shell, without the one that is completed.
    fn read(current: &OsStr) -> Option<Self> {
        let words = || env::args_os().skip_while(|word| word != "--").skip(1).collect();
        let mut words: Vec<OsString> = bash::WORDS.get().cloned().unwrap_or_else(words);
        words.remove(words.iter().rposition(|word| is_current(word, current))?);
        let mut command = COMMANDS.get()?().ignore_errors(true);
        let matches = command.try_get_matches_from_mut(words).ok()?;
        let (mut leaf, mut named): (&ArgMatches, &Command) = (&matches, &command);
        while let Some((name, below)) = leaf.subcommand() {
            (leaf, named) = (below, named.find_subcommand(name)?);
        }
        // Words that are wrong, such as an option before the command, may end at one without a connection.
        let needed = Connection::augment_args(Command::new(""));
        let has = |id| named.get_arguments().any(|argument| argument.get_id() == id);
        if !needed.get_arguments().all(|argument| has(argument.get_id())) {
            return None;
        }
        Some(Self {
            token: leaf.try_get_one("id").ok().flatten().cloned(),
            project: leaf.try_get_one("project").ok().flatten().copied(),
            connection: Connection::from_arg_matches(leaf).ok()?,
        })
    }
}

/// Whether this word is, or ends with the value, that is completed: `--copy=1`.
fn is_current(word: &OsStr, current: &OsStr) -> bool {
    let value = word.as_encoded_bytes().strip_suffix(current.as_encoded_bytes());
    value.is_some_and(|option| option.is_empty() || (option.starts_with(b"--") && option.ends_with(b"=")))
}

/// Those that begin with what was typed. A description is one line without control characters, since shells read lines.
fn candidates(current: &OsStr, found: impl IntoIterator<Item = Named>) -> Vec<CompletionCandidate> {
    let current = current.to_string_lossy();
    let found = found.into_iter().filter(|(id, _)| id.starts_with(&*current));
    // An id comes from a server, and a shell may run what it is given.
    let found =
        found.filter(|(id, _)| id.bytes().all(|b| b.is_ascii_alphanumeric() || b"@._+-".contains(&b)));
    let candidate = |(id, description): Named| {
        let description: String = printable(&description).chars().take(LONGEST).collect();
        CompletionCandidate::new(id).help(Some(description.into()))
    };
    found.map(candidate).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_says_is_no_command_and_no_further_line() {
        let found = [
            ("123", "a\nb\u{1b}[2J"),
            ("12$(reboot)", ""),
            ("12`x`", ""),
            ("124\n125", ""),
            ("eve@example.org", ""),
            ("4", ""),
        ];
        let found = found.map(|(id, description)| (id.to_owned(), description.to_owned()));
        let shown = candidates(OsStr::new("12"), found.clone());
        let ids: Vec<_> = shown.iter().map(CompletionCandidate::get_value).collect();
        assert_eq!(ids, ["123"]);
        assert_eq!(shown[0].get_help().unwrap().to_string(), "a\u{fffd}b\u{fffd}[2J");
        assert_eq!(candidates(OsStr::new("e"), found).len(), 1);
    }
}
