//! Profiles: addresses of Jeton with tokens that are kept for them, and `jeton profile`.

mod folder;
mod in_keyring;
mod kept;
mod keyring;
mod kind;
mod leftover;
mod name;
mod picked_up;
mod profiles;
mod refreshed;

use clap::Subcommand;
use serde_json::json;

pub use self::{
    folder::{Folder, Locked, Prepared},
    in_keyring::{InKeyring, in_keyring, in_open_keyring},
    kept::Slot,
    keyring::{ask_nobody as unlock_no_keyring, is_there as keyring_is_there},
    kind::Kind,
    leftover::{leftovers, told},
    name::Name,
    picked_up::{PICKED_UP, remove_picked_up},
    profiles::{Place, Profile, Profiles},
    refreshed::Refreshed,
};
use crate::{
    complete,
    environment::Environment,
    failure::Failure,
    output::{self, FormatOptions},
};

/// Profiles of this user. Calls no Jeton.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the profiles
    #[command(after_help = "Example:\n  jeton profile list")]
    List {
        #[command(flatten)]
        format: FormatOptions,
    },
    /// Make a profile the current one
    #[command(after_help = "Example:\n  jeton profile use work")]
    Use {
        /// The name of the profile
        #[arg(add = complete::profiles())]
        name: Name,
    },
}

/// Runs the command.
pub fn run(command: Command) -> Result<(), Failure> {
    let environment = Environment::read();
    let folder = folder_of(&environment)?;
    match command {
        Command::List { format } => {
            let profiles = folder.profiles()?;
            list(&profiles, format.ready()?.json);
            let in_keyring = in_open_keyring();
            if in_keyring.is_none() {
                eprintln!(
                    "jeton: warning: the keyring is locked, and was not searched for tokens that no profile uses."
                );
            }
            let left = leftovers(&folder, &profiles, in_keyring.iter().flatten())?;
            if let Some((left, advice)) = told(&left) {
                eprintln!("jeton: warning: {left}. {advice}.");
            }
        }
        Command::Use { name } => {
            let locked = folder.lock()?;
            get(&folder.profiles()?, &name)?;
            folder.change(&locked, |profiles| profiles.current = Some(name.clone()))?;
            eprintln!("Profile {name} is the current one.");
            warn_of_variables(&environment, &name);
        }
    }
    Ok(())
}

/// The folder of the configuration file.
pub fn folder_of(environment: &Environment) -> Result<Folder, Failure> {
    let folder = environment.config_folder.clone().map(Folder::new);
    folder.ok_or_else(|| Failure::Missing("profiles need a folder: set HOME or XDG_CONFIG_HOME".to_owned()))
}

/// Warns of variables that commands use instead of this profile, which was made the current one.
pub fn warn_of_variables(environment: &Environment, name: &Name) {
    let set = [
        ("JETON_URL", &environment.url),
        ("JETON_TOKEN", &environment.token),
        ("JETON_MANAGE_TOKEN", &environment.manage_token),
    ];
    for (variable, _) in set.iter().filter(|(_, value)| value.is_some()) {
        eprintln!("jeton: warning: {variable} is set, and commands use it instead of the profile.");
    }
    if let Some(other) = environment.profile.as_deref().filter(|other| other.trim() != name.to_string()) {
        eprintln!("jeton: warning: JETON_PROFILE is set, and commands use profile {} instead.", other.trim());
    }
}

/// The name of the profile to use: the given one, that of `JETON_PROFILE`, or the current one.
pub fn chosen(
    given: Option<&Name>,
    environment: &Environment,
    profiles: &Profiles,
) -> Result<Option<Name>, Failure> {
    if let Some(name) = given {
        return Ok(Some(name.clone()));
    }
    match environment.profile.as_deref() {
        Some(name) => match name.trim().parse() {
            Ok(name) => Ok(Some(name)),
            Err(why) => Err(Failure::Missing(format!("JETON_PROFILE: {why}"))),
        },
        None => Ok(profiles.current.clone()),
    }
}

/// A profile that must exist.
pub fn get<'a>(profiles: &'a Profiles, name: &Name) -> Result<&'a Profile, Failure> {
    profiles.profiles.get(name).ok_or_else(|| {
        Failure::Missing(format!("there is no profile {name}; `jeton profile list` lists them, and `jeton login --profile {name}` makes it"))
    })
}

fn list(profiles: &Profiles, as_json: bool) {
    let is_current = |name: &Name| profiles.current.as_ref() == Some(name);
    if as_json {
        let all = profiles.profiles.iter().map(|(name, profile)| {
            let place = |kind| profile.place(kind).map(word);
            json!({
                "name": name,
                "current": is_current(name),
                "url": profile.url,
                "token": place(Kind::Storage),
                "manageToken": place(Kind::Manage),
            })
        });
        return output::json(&all.collect());
    }
    let rows = profiles.profiles.iter().map(|(name, profile)| {
        let mark = if is_current(name) { "*" } else { "" };
        let place = |kind| profile.place(kind).map(word).unwrap_or_default().to_owned();
        vec![
            mark.to_owned(),
            name.to_string(),
            profile.url.clone(),
            place(Kind::Storage),
            place(Kind::Manage),
        ]
    });
    output::table(&["", "name", "address", "storage token", "manage token"], rows);
}

fn word(place: Place) -> &'static str {
    match place {
        Place::Keyring => "keyring",
        Place::File => "file",
    }
}
