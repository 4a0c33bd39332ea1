//! `jeton logout`: forgets profiles and their tokens.

use std::collections::BTreeSet;

use clap::Args;

use crate::{
    complete,
    connection::confirm,
    environment::Environment,
    failure::Failure,
    profile::{self, Folder, InKeyring, Kind, Name, Place, Profiles, Slot},
};

/// Removes a profile and its tokens from this machine. The tokens themselves keep working.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  jeton logout                      the current profile
  jeton logout --profile work       also where the configuration does not name it any more
  jeton logout --all                every profile and every token that is kept here

Tokens that are not needed any more are ended by `jeton token delete`, before.")]
pub struct Logout {
    /// The profile (default: the current one)
    #[arg(long, value_name = "NAME", add = complete::profiles())]
    profile: Option<Name>,
    /// Remove all profiles, and the tokens that no profile names
    #[arg(long, conflicts_with = "profile")]
    all: bool,
    /// Skip the confirmation of --all
    #[arg(long, requires = "all")]
    yes: bool,
}

/// The profiles, and why they cannot be read. A broken file names none, and is not in the way of removing tokens.
struct Known {
    profiles: Profiles,
    broken: Option<Failure>,
}

impl Logout {
    /// Runs the command.
    pub fn run(self) -> Result<(), Failure> {
        let environment = Environment::read();
        let folder = profile::folder_of(&environment)?;
        let keyring = profile::in_keyring();
        let found = keyring.clone().unwrap_or_default();
        let mut names = self.names(&environment, &folder, &found)?;
        let locked = folder.lock()?;
        let known = Known::read(&folder);
        let (mut had_tokens, mut failed) = (BTreeSet::new(), Vec::new());
        // What cannot be removed is not in the way of the others.
        names.retain(|name| match remove(&folder, &known.profiles, name, &keyring) {
            Ok(had_some) => {
                if had_some {
                    had_tokens.insert(name.clone());
                }
                true
            }
            Err(failure) => {
                failed.push(failure);
                false
            }
        });
        if self.all {
            failed.extend(profile::remove_picked_up(&folder));
        }
        if let Err(why) = &keyring {
            let which = names
                .first()
                .filter(|_| !self.all)
                .map_or_else(|| "--all".to_owned(), |name| format!("--profile {name}"));
            eprintln!(
                "jeton: warning: the keyring cannot be searched ({why}): a token that an earlier login kept in it stays there. `jeton logout {which}` \
                 removes it where the keyring can be reached."
            );
        }
        if let Some(broken) = known.broken {
            told(&failed);
            return Err(Failure::Missing(without_profiles(&broken, &names, &had_tokens, keyring.is_ok())));
        }
        let mut sentences = Vec::new();
        for name in &names {
            sentences.push(match (known.profiles.profiles.contains_key(name), had_tokens.contains(name)) {
                (true, true) => {
                    format!("Profile {name} is removed from this machine. Its tokens keep working elsewhere.")
                }
                (true, false) => format!(
                    "Profile {name} is removed from this machine. No token of it was where the configuration says."
                ),
                (false, true) => format!(
                    "The tokens of profile {name}, which is not in the configuration, are removed from this machine. They keep working elsewhere."
                ),
                (false, false) => {
                    profile::get(&known.profiles, name)?;
                    continue;
                }
            });
        }
        let changed = folder.change(&locked, |profiles| {
            profiles.profiles.retain(|name, _| !names.contains(name));
            profiles.current.take_if(|current| self.all && failed.is_empty() || names.contains(current));
        });
        if let Err(failure) = changed {
            told(&failed);
            if !had_tokens.is_empty() {
                let profiles = if had_tokens.len() == 1 { "profile is" } else { "profiles are" };
                eprintln!(
                    "jeton: warning: the tokens of {} are removed from this machine, and the {profiles} not.",
                    listed(&had_tokens)
                );
            }
            return Err(failure);
        }
        for sentence in sentences {
            eprintln!("{sentence}");
        }
        let in_keyring = found.iter().filter(|token| !names.contains(&token.profile));
        if let Some((left, advice)) =
            profile::told(&profile::leftovers(&folder, &folder.profiles()?, in_keyring)?)
        {
            eprintln!("jeton: warning: {left}. {advice}.");
        }
        let last = failed.pop();
        told(&failed);
        last.map_or(Ok(()), Err)
    }

    /// The profiles that are removed.
    fn names(
        &self,
        environment: &Environment,
        folder: &Folder,
        in_keyring: &BTreeSet<InKeyring>,
    ) -> Result<BTreeSet<Name>, Failure> {
        let known = Known::read(folder);
        let left = profile::leftovers(folder, &known.profiles, in_keyring)?;
        if self.all {
            let names: BTreeSet<_> = known.profiles.profiles.into_keys().chain(left.profiles).collect();
            let count = match names.len() {
                1 => "1 profile".to_owned(),
                count => format!("{count} profiles"),
            };
            confirm(
                &format!("Remove {count} and all tokens that are kept here from this machine?"),
                self.yes,
            )?;
            return Ok(names);
        }
        if let Some(name) = profile::chosen(self.profile.as_ref(), environment, &known.profiles)? {
            return Ok(BTreeSet::from([name]));
        }
        Err(Failure::Missing(match (known.broken, profile::told(&left)) {
            (Some(broken), _) => format!(
                "{broken}; `jeton logout --profile NAME` removes the tokens of a profile also without this file, and --all those of all"
            ),
            (None, None) => "nobody is logged in: there is no current profile".to_owned(),
            (None, Some((left, advice))) => {
                format!("nobody is logged in: there is no current profile. But {left}. {advice}")
            }
        }))
    }
}

impl Known {
    fn read(folder: &Folder) -> Self {
        match folder.profiles() {
            Ok(profiles) => Self { profiles, broken: None },
            Err(failure) => Self { profiles: Profiles::default(), broken: Some(failure) },
        }
    }
}

/// Removes the tokens of a profile, in the keyring those at any address. Returns whether there were any.
fn remove(
    folder: &Folder,
    profiles: &Profiles,
    name: &Name,
    keyring: &Result<BTreeSet<InKeyring>, String>,
) -> Result<bool, Failure> {
    let known = profiles.profiles.get(name);
    let url = known.map_or("", |profile| profile.url.as_str());
    let mut had_tokens = false;
    for kind in Kind::ALL {
        let slot = Slot { folder, profile: name, kind, url };
        // From both places, also where the configuration file was edited.
        had_tokens |= slot.remove(Place::File)?;
        if known.and_then(|profile| profile.place(kind)) != Some(Place::Keyring) {
            continue;
        }
        match keyring {
            Ok(_) => had_tokens |= slot.remove(Place::Keyring)?,
            // The profile does not depend on a keyring that cannot be reached, as in a session of ssh.
            Err(why) => slot.warn_of_keyring(why),
        }
    }
    for token in keyring.iter().flatten().filter(|token| token.profile == *name) {
        had_tokens |= token.remove()?;
    }
    Ok(had_tokens)
}

/// What is said where the profiles are not known.
fn without_profiles(
    broken: &Failure,
    names: &BTreeSet<Name>,
    had_tokens: &BTreeSet<Name>,
    knows_keyring: bool,
) -> String {
    if !had_tokens.is_empty() {
        let removed = listed(had_tokens);
        return format!(
            "{broken}; the tokens of {removed} are removed from this machine, and what this file says of profiles is not"
        );
    }
    let nothing =
        if knows_keyring { "neither a file nor the keyring has a token" } else { "no file has a token" };
    if names.is_empty() {
        format!("{broken}; {nothing}")
    } else {
        format!("{broken}; {nothing} of {}", listed(names))
    }
}

fn listed(names: &BTreeSet<Name>) -> String {
    names.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn told(failures: &[Failure]) {
    for failure in failures {
        eprintln!("jeton: {}", failure.sentence());
    }
}
