//! `jeton logout`: forgets profiles and their tokens.

mod removed;

use std::collections::BTreeSet;

use clap::Args;

use self::removed::{InTheKeyring, Removed, remove};
use crate::{
    complete,
    connection::confirm,
    environment::{Environment, may_have_keyring},
    failure::Failure,
    profile::{self, Folder, Name, Profiles},
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

/// The profiles that are removed.
struct Chosen {
    names: BTreeSet<Name>,
    /// Those that were in the configuration, or had tokens here.
    found: BTreeSet<Name>,
    in_keyring: InTheKeyring,
}

impl Logout {
    /// Runs the command.
    pub fn run(self) -> Result<(), Failure> {
        let environment = Environment::read();
        let folder = profile::folder_of(&environment)?;
        let Chosen { names, found, in_keyring } = self.chosen(&environment, &folder)?;
        let locked = folder.lock()?;
        let known = Known::read(&folder);
        let mut failed = Vec::new();
        // What cannot be removed is not in the way of the others.
        let mut all = Vec::new();
        for name in &names {
            match remove(&folder, &known.profiles, name, &in_keyring) {
                Ok(removed) => all.push(removed),
                Err(failure) => failed.push(failure),
            }
        }
        if self.all {
            failed.extend(profile::remove_picked_up(&folder));
        }
        let is_told = !all.is_empty() && all.iter().all(|removed| !removed.stays.is_empty());
        if let Some(warning) = self.unsearched(&folder, &names, &in_keyring).filter(|_| !is_told) {
            eprintln!("jeton: warning: {warning}.");
        }
        let had_tokens: BTreeSet<_> =
            all.iter().filter(|removed| removed.had_tokens).map(|removed| removed.name.clone()).collect();
        if let Some(broken) = known.broken {
            told_of_rest(&failed, &all);
            let names = all.into_iter().map(|removed| removed.name).collect();
            return Err(Failure::Missing(without_profiles(&broken, &names, &had_tokens, in_keyring.is_ok())));
        }
        let changed = folder.change(&locked, |profiles| {
            profiles.profiles.retain(|name, _| !all.iter().any(|removed| removed.name == *name));
            let is_left = |name: &Name| profiles.profiles.contains_key(name);
            let was_there = |name: &Name| known.profiles.profiles.contains_key(name);
            // One that was never there is not in the way of a logout of all.
            profiles.current.take_if(|current| !is_left(current) && (self.all || was_there(current)));
        });
        if let Err(failure) = changed {
            told_of_rest(&failed, &all);
            if !had_tokens.is_empty() {
                let profiles = if had_tokens.len() == 1 { "profile is" } else { "profiles are" };
                eprintln!(
                    "jeton: warning: the tokens of {} are removed from this machine, and the {profiles} not.",
                    listed(&had_tokens)
                );
            }
            return Err(failure);
        }
        for removed in &all {
            match removed.sentence(&known.profiles) {
                Some(sentence) => eprintln!("{sentence}"),
                None if found.contains(&removed.name) => {
                    eprintln!("Profile {} is gone: another command removed it.", removed.name);
                }
                None => failed.extend(profile::get(&known.profiles, &removed.name).err()),
            }
            for sentence in removed.stay() {
                eprintln!("{sentence}");
            }
        }
        let others = in_keyring.iter().flatten().filter(|token| !names.contains(&token.profile));
        match folder.profiles().and_then(|profiles| profile::leftovers(&folder, &profiles, others)) {
            Ok(left) => {
                if let Some((left, advice)) = profile::told(&left) {
                    eprintln!("jeton: warning: {left}. {advice}.");
                }
            }
            Err(failure) => failed.push(failure),
        }
        let stay: usize = all.iter().map(|removed| removed.stays.len()).sum();
        if stay > 0 {
            failed.push(Failure::NotRemoved(stay));
        }
        let last = failed.pop();
        told(&failed);
        last.map_or(Ok(()), Err)
    }

    /// Chooses the profiles. A single one is chosen before the keyring is waited for: meanwhile another one may become the current one.
    fn chosen(&self, environment: &Environment, folder: &Folder) -> Result<Chosen, Failure> {
        let known = Known::read(folder);
        if !self.all
            && let Some(name) = profile::chosen(self.profile.as_ref(), environment, &known.profiles)?
        {
            let names = BTreeSet::from([name]);
            let found = known.profiles.profiles.into_keys().filter(|name| names.contains(name)).collect();
            return Ok(Chosen { names, found, in_keyring: profile::in_keyring() });
        }
        let in_keyring = profile::in_keyring();
        let left = profile::leftovers(folder, &known.profiles, in_keyring.iter().flatten())?;
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
            return Ok(Chosen { found: names.clone(), names, in_keyring });
        }
        if let Some(warning) = self.unsearched(folder, &BTreeSet::new(), &in_keyring) {
            eprintln!("jeton: warning: {warning}.");
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

    /// Why the keyring could not be searched, where it may have tokens: where one was kept in it, or a keyring can be expected.
    fn unsearched(
        &self,
        folder: &Folder,
        names: &BTreeSet<Name>,
        in_keyring: &InTheKeyring,
    ) -> Option<String> {
        let why = in_keyring.as_ref().err()?;
        if !folder.uses_keyring() && !may_have_keyring() {
            return None;
        }
        let which = match names.first() {
            _ if self.all => "--all".to_owned(),
            None => "--profile NAME".to_owned(),
            Some(name) => format!("--profile {name}"),
        };
        Some(format!(
            "the keyring cannot be searched ({why}): a token that an earlier login kept in it, if there is one, stays there. `jeton logout {which}` \
             removes it where the keyring can be reached"
        ))
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

/// Says what could not be removed, before the error of the command.
fn told_of_rest(failed: &[Failure], all: &[Removed]) {
    told(failed);
    for sentence in all.iter().flat_map(Removed::stay) {
        eprintln!("jeton: warning: {sentence}");
    }
}

fn told(failures: &[Failure]) {
    for failure in failures {
        eprintln!("jeton: {}", failure.sentence());
    }
}
