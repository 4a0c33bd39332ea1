//! `jeton logout`: forgets profiles and their tokens.

use std::collections::BTreeSet;

use clap::Args;

use crate::{
    complete,
    connection::confirm,
    environment::Environment,
    failure::Failure,
    profile::{self, Folder, Kind, Name, Place, Profiles, Slot},
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
        let mut names = self.names(&environment, &folder)?;
        let locked = folder.lock()?;
        let known = Known::read(&folder);
        let (mut had_tokens, mut failed) = (BTreeSet::new(), Vec::new());
        // What cannot be removed is not in the way of the others.
        names.retain(|name| match remove(&folder, &known.profiles, name) {
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
            if profile::keyring_is_there().is_ok() {
                eprintln!(
                    "jeton: warning: the keyring may have tokens of profiles that the configuration does not name. They would be there as \"jeton\"."
                );
            }
        }
        if let Some(broken) = known.broken {
            for failure in &failed {
                eprintln!("jeton: {}", failure.sentence());
            }
            let listed =
                |names: &BTreeSet<Name>| names.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            return Err(Failure::Missing(if !had_tokens.is_empty() {
                format!(
                    "{broken}; the tokens of {} are removed from this machine, and what this file says of profiles is not",
                    listed(&had_tokens)
                )
            } else if names.is_empty() {
                format!("{broken}; no file has a token")
            } else {
                format!("{broken}; no file has a token of {}", listed(&names))
            }));
        }
        for name in &names {
            match (known.profiles.profiles.contains_key(name), had_tokens.contains(name)) {
                (true, true) => {
                    eprintln!(
                        "Profile {name} is removed from this machine. Its tokens keep working elsewhere."
                    );
                }
                (true, false) => {
                    eprintln!(
                        "Profile {name} is removed from this machine. No token of it was where the configuration says."
                    );
                }
                (false, true) => eprintln!(
                    "The tokens of profile {name}, which is not in the configuration, are removed from this machine. They keep working elsewhere."
                ),
                // Neither is there.
                (false, false) => drop(profile::get(&known.profiles, name)?),
            }
        }
        folder.change(&locked, |profiles| {
            profiles.profiles.retain(|name, _| !names.contains(name));
            profiles.current.take_if(|current| self.all && failed.is_empty() || names.contains(current));
        })?;
        if let Some((left, advice)) = profile::told(&profile::leftovers(&folder, &folder.profiles()?)?) {
            eprintln!("jeton: warning: {left}. {advice}.");
        }
        let last = failed.pop();
        for failure in failed {
            eprintln!("jeton: {}", failure.sentence());
        }
        last.map_or(Ok(()), Err)
    }

    /// The profiles that are removed.
    fn names(&self, environment: &Environment, folder: &Folder) -> Result<BTreeSet<Name>, Failure> {
        let known = Known::read(folder);
        let left = profile::leftovers(folder, &known.profiles)?;
        if self.all {
            let names: BTreeSet<_> = known.profiles.profiles.into_keys().chain(left).collect();
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

/// Removes the tokens of a profile. Returns whether there were any.
fn remove(folder: &Folder, profiles: &Profiles, name: &Name) -> Result<bool, Failure> {
    let known = profiles.profiles.get(name);
    let url = known.map_or("", |profile| profile.url.as_str());
    let mut had_tokens = false;
    for kind in Kind::ALL {
        let slot = Slot { folder, profile: name, kind, url };
        // From both places, also where the configuration file was edited.
        had_tokens |= slot.remove(Place::File)?;
        had_tokens |= match known.map(|profile| profile.place(kind)) {
            Some(Some(Place::Keyring)) => slot.remove_or_warn(Place::Keyring)?,
            Some(_) => slot.remove_unnamed(),
            None => false,
        };
    }
    if known.is_none() && profile::keyring_is_there().is_ok() {
        eprintln!(
            "jeton: warning: the configuration does not say any more whether the keyring has a token of profile {name}. One would be there as \"jeton\"."
        );
    }
    Ok(had_tokens)
}
