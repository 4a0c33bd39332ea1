//! The connection of a command to Jeton: the address and the token, from options, the environment or a profile.

use std::{
    fs::{self, File},
    io::{self, BufRead as _, IsTerminal as _, Read as _, Write as _},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use clap::Args;
use jeton_client::{Client, Credential, PlainSecret};
use jeton_service::{config::known_variables, runtime::StartError};

use crate::{
    complete,
    environment::Environment,
    failure::Failure,
    guarded::guarded,
    output::FormatOptions,
    presented,
    profile::{self, Folder, Kind, Name, Profile, Slot},
    retries::retrying,
    shell::quoted,
};

/// The address of Jeton if nothing says another.
pub const DEFAULT_URL: &str = "http://127.0.0.1:3000";

/// The longest file of a token.
const LONGEST: u64 = 8192;

/// The options of all commands that call Jeton. None takes a secret, since everyone on the machine can see the arguments of
/// a process.
#[derive(Debug, Args)]
pub struct Connection {
    /// Use this profile of `jeton login`, whatever the environment says
    #[arg(long, value_name = "NAME", global = true, add = complete::profiles())]
    profile: Option<Name>,
    /// The address of Jeton
    #[arg(long, value_name = "URL", global = true, conflicts_with = "profile")]
    url: Option<String>,
    /// Read the token from this file, or from standard input if it is -
    #[arg(long, value_name = "FILE", global = true, conflicts_with = "profile")]
    token_file: Option<PathBuf>,
    #[command(flatten)]
    pub format: FormatOptions,
}

/// A client, with where its parts are from.
pub struct Resolved {
    /// The client.
    pub client: Client,
    /// The token.
    pub secret: PlainSecret,
    /// Where the token is, for people.
    pub place: String,
    /// The profile that the address or the token is from.
    pub profile: Option<Name>,
    /// Whether the token is one that the profile keeps.
    pub is_kept: bool,
}

/// The profile of a command.
struct Chosen {
    folder: Folder,
    name: Name,
    profile: Profile,
}

impl Connection {
    /// Sets how answers are printed. Called before the command runs, so that a wrong filter changes nothing.
    pub fn ready(self) -> Result<Self, Failure> {
        Ok(Self { format: self.format.ready()?, ..self })
    }

    /// The connection of a profile.
    pub fn of(profile: Name) -> Self {
        Self { profile: Some(profile), url: None, token_file: None, format: FormatOptions::default() }
    }

    /// Whether an option names a file with a token.
    pub fn names_file(&self) -> bool {
        self.token_file.is_some()
    }

    /// Whether options name a token: by a profile or a file.
    pub fn names_token(&self) -> bool {
        self.profile.is_some() || self.token_file.is_some()
    }

    /// A client with a storage token.
    pub fn storage(&self) -> Result<Client, Failure> {
        Ok(self.resolve(Kind::Storage)?.client)
    }

    /// A client with a manage token.
    pub fn manage(&self) -> Result<Client, Failure> {
        Ok(self.resolve(Kind::Manage)?.client)
    }

    /// A client without a token.
    pub fn anonymous(&self) -> Result<Client, Failure> {
        known_variables().map_err(StartError::from)?;
        let environment = Environment::read();
        let url = match self.url(&environment) {
            Some(url) => Some(url),
            None => self.chosen(&environment)?.map(|chosen| chosen.profile.url),
        };
        client(url.as_deref().unwrap_or(DEFAULT_URL), &environment)
    }

    /// The address of an option or a variable.
    pub fn url(&self, environment: &Environment) -> Option<String> {
        let of_environment = || environment.url.clone().filter(|_| self.profile.is_none());
        self.url.clone().or_else(of_environment)
    }

    /// The kinds of tokens that it may have. A file has one token only.
    pub fn kinds(&self) -> &'static [Kind] {
        if self.token_file.is_some() { &[Kind::Storage] } else { &Kind::ALL }
    }

    /// Finds the address and a token of this kind. Options come before variables, and these before a profile; a profile that is
    /// named as an option is one.
    pub fn resolve(&self, kind: Kind) -> Result<Resolved, Failure> {
        known_variables().map_err(StartError::from)?;
        let environment = Environment::read();
        let url = self.url(&environment);
        let mut secret = None;
        if let Some(file) = &self.token_file {
            let is_stdin = file.as_os_str() == "-";
            let place = if is_stdin { "standard input".to_owned() } else { file.display().to_string() };
            secret = Some((presented::pasted(&from(file)?), place));
        }
        if self.profile.is_none() {
            let variable = match kind {
                Kind::Storage => &environment.token,
                Kind::Manage => &environment.manage_token,
            };
            secret =
                secret.or_else(|| Some((presented::pasted(variable.as_ref()?), kind.variable().to_owned())));
        }
        // Only who lacks something needs a profile: a broken file does not get in the way of others.
        let chosen = if url.is_some() && secret.is_some() { None } else { self.chosen(&environment)? };
        let address = url.as_deref().or(chosen.as_ref().map(|chosen| chosen.profile.url.as_str()));
        let client = client(address.unwrap_or(DEFAULT_URL), &environment)?;
        let is_kept = secret.is_none();
        let (secret, place) = match secret {
            Some(given) => given,
            None if self.profile.is_none() && environment.blank.contains(&kind.variable()) => {
                let variable = kind.variable();
                return Err(Failure::Missing(format!(
                    "{variable} is empty; unset it to use the token of a profile"
                )));
            }
            None => kept(chosen.as_ref(), kind, client.url())?,
        };
        if let Some(what) = presented::mistaken(&secret, kind) {
            return Err(Failure::Missing(format!("{place} holds {what}")));
        }
        let client = client.with(presented::credential(kind, secret.clone()));
        Ok(Resolved { client, secret, place, profile: chosen.map(|chosen| chosen.name), is_kept })
    }

    fn chosen(&self, environment: &Environment) -> Result<Option<Chosen>, Failure> {
        if environment.config_folder.is_none() && self.profile.is_none() && environment.profile.is_none() {
            return Ok(None);
        }
        let folder = profile::folder_of(environment)?;
        let profiles = folder.profiles()?;
        let Some(name) = profile::chosen(self.profile.as_ref(), environment, &profiles)? else {
            return Ok(None);
        };
        let profile = profile::get(&profiles, &name)?.clone();
        Ok(Some(Chosen { folder, name, profile }))
    }
}

/// A client without a token.
pub fn client(url: &str, environment: &Environment) -> Result<Client, Failure> {
    Ok(guarded(retrying(Client::new(url, Credential::None)?, environment)?))
}

/// The token of a profile, with where it is. It goes only to the address of its profile.
fn kept(chosen: Option<&Chosen>, kind: Kind, url: &str) -> Result<(PlainSecret, String), Failure> {
    let variable = kind.variable();
    let Some(Chosen { folder, name, profile }) = chosen else {
        return Err(Failure::NoToken(format!(
            "set {variable} to a token, log in with `jeton login`, or name a file that holds a token: --token-file FILE"
        )));
    };
    let Some(place) = profile.place(kind) else {
        return Err(Failure::NoToken(format!(
            "profile {name} has no {kind}: `jeton login --profile {name}` keeps one, or set {variable}"
        )));
    };
    if profile.url != url {
        return Err(Failure::Missing(format!(
            "the {kind} of profile {name} is for {}, and is not sent to {url}; set {variable}, or log in there with `jeton login --url {url} --profile OTHER`",
            profile.url
        )));
    }
    let slot = Slot { folder, profile: name, kind, url };
    Ok((slot.read(place)?, slot.described(place)))
}

/// Reads a token from a file, or from the first line of standard input if it is `-`.
pub fn from(file: &PathBuf) -> Result<String, Failure> {
    let failed = |error| Failure::File(file.display().to_string(), error);
    let text = if file.as_os_str() == "-" {
        let mut line = String::new();
        io::stdin().lock().take(LONGEST).read_line(&mut line).map_err(failed)?;
        line
    } else {
        warn_of_readers(file);
        let mut text = String::new();
        File::open(file).and_then(|file| file.take(LONGEST).read_to_string(&mut text)).map_err(failed)?;
        text
    };
    if text.len() as u64 >= LONGEST {
        return Err(Failure::Missing(format!("{} is too long to hold a token", file.display())));
    }
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
            "jeton: warning: {who} on this machine can read {name}; `chmod 600 {}` makes it private",
            quoted(file)
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
