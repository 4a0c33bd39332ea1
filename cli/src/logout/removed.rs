//! Removing the tokens of a profile, and what is said of them.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    failure::Failure,
    profile::{Folder, InKeyring, Kind, Name, Place, Profiles, Slot},
};

/// The tokens in the keyring. The error says why they are not known.
pub type InTheKeyring = Result<BTreeSet<InKeyring>, String>;

/// A profile whose files are removed.
pub struct Removed {
    /// Its name.
    pub name: Name,
    /// Whether a token was removed.
    pub had_tokens: bool,
    /// The entries that could not be removed from the keyring, and why.
    pub stays: BTreeMap<String, String>,
}

/// Removes the tokens of a profile, in the keyring those at any address. The profile does not depend on a keyring that cannot be
/// reached, as in a session of ssh.
pub fn remove(
    folder: &Folder,
    profiles: &Profiles,
    name: &Name,
    in_keyring: &InTheKeyring,
) -> Result<Removed, Failure> {
    let known = profiles.profiles.get(name);
    let url = known.map_or("", |profile| profile.url.as_str());
    let mut removed = Removed { name: name.clone(), had_tokens: false, stays: BTreeMap::new() };
    let slots = Kind::ALL.map(|kind| Slot { folder, profile: name, kind, url });
    for slot in &slots {
        // From both places, also where the configuration file was edited.
        removed.had_tokens |= slot.remove(Place::File)?;
    }
    for slot in &slots {
        if known.and_then(|profile| profile.place(slot.kind)) == Some(Place::Keyring) {
            match in_keyring {
                Ok(_) => removed.add(slot.name(), slot.remove_from_keyring()),
                Err(why) => removed.add(slot.name(), Err(why.clone())),
            }
        }
    }
    for token in in_keyring.iter().flatten().filter(|token| token.profile == *name) {
        removed.add(token.entry(), token.remove());
    }
    Ok(removed)
}

impl Removed {
    fn add(&mut self, entry: String, removed: Result<bool, String>) {
        match removed {
            Ok(had_one) => self.had_tokens |= had_one,
            Err(why) => drop(self.stays.insert(entry, why)),
        }
    }

    /// What became of the profile, for people. None if there was neither a profile nor a token.
    pub fn sentence(&self, profiles: &Profiles) -> Option<String> {
        let name = &self.name;
        Some(match (profiles.profiles.contains_key(name), self.had_tokens) {
            (true, _) if !self.stays.is_empty() => format!("Profile {name} is removed from this machine."),
            (true, true) => {
                format!("Profile {name} is removed from this machine. This ends none of its tokens.")
            }
            (true, false) => format!(
                "Profile {name} is removed from this machine. No token of it was where the configuration says."
            ),
            (false, true) => format!(
                "The tokens of profile {name}, which is not in the configuration, are removed from this machine. This ends none of them."
            ),
            (false, false) if !self.stays.is_empty() => {
                format!("Profile {name} is not in the configuration.")
            }
            (false, false) => return None,
        })
    }

    /// What is said of tokens that stay in the keyring.
    pub fn stay(&self) -> impl Iterator<Item = String> {
        let name = &self.name;
        self.stays.iter().map(move |(entry, why)| {
            format!(
                "Its token stays in the keyring, as \"{entry}\" ({why}). `jeton logout --profile {name}` removes it where the keyring can be reached."
            )
        })
    }
}
