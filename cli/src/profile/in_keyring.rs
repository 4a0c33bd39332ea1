//! Tokens in the keyring, also those that no profile names.

use std::collections::BTreeSet;

use super::{Kind, Name, Place, Profiles, keyring};

/// A token in the keyring, by the name of its entry.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct InKeyring {
    /// The name of its profile.
    pub profile: Name,
    kind: Kind,
    url: String,
}

/// The tokens in the keyring. The error says why they are not known.
pub fn in_keyring() -> Result<BTreeSet<InKeyring>, String> {
    Ok(read(&keyring::names(true)?))
}

/// The same without a question for the password of the keyring. None if it is locked, and none of them if it cannot be reached.
pub fn in_open_keyring() -> Option<BTreeSet<InKeyring>> {
    let names = || keyring::names(false).map(|names| read(&names)).unwrap_or_default();
    (!keyring::is_locked()).then(names)
}

/// The name of the entry of a token.
pub fn entry(kind: Kind, profile: &Name, url: &str) -> String {
    format!("{kind} of profile {profile} at {url}")
}

impl InKeyring {
    /// The name of its entry.
    pub fn entry(&self) -> String {
        entry(self.kind, &self.profile, &self.url)
    }

    /// Whether its profile uses it.
    pub fn is_used(&self, profiles: &Profiles) -> bool {
        let profile = profiles.profiles.get(&self.profile);
        profile.is_some_and(|profile| {
            profile.url == self.url && profile.place(self.kind) == Some(Place::Keyring)
        })
    }

    /// Removes it. Returns whether it was still there. The error says why it cannot be removed.
    pub fn remove(&self) -> Result<bool, String> {
        keyring::remove(&self.entry())
    }
}

fn read(names: &BTreeSet<String>) -> BTreeSet<InKeyring> {
    names.iter().filter_map(|name| token_of(name)).collect()
}

fn token_of(name: &str) -> Option<InKeyring> {
    Kind::ALL.into_iter().find_map(|kind| {
        let (profile, url) = name.strip_prefix(&format!("{kind} of profile "))?.split_once(" at ")?;
        Some(InKeyring { profile: profile.parse().ok()?, kind, url: url.to_owned() })
    })
}

#[cfg(test)]
pub fn of_names(names: &[&str]) -> BTreeSet<InKeyring> {
    read(&names.iter().map(|&name| name.to_owned()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::Profile;

    const URL: &str = "https://tokens.example.org";

    #[test]
    fn an_entry_names_its_token_and_those_of_others_name_none() {
        let work: Name = "work".parse().unwrap();
        for kind in Kind::ALL {
            let name = entry(kind, &work, URL);
            let token = token_of(&name).unwrap();
            assert_eq!((token.entry(), token.kind, &token.profile), (name, kind, &work));
        }
        for name in ["", "eve", "storage token of profile work", "storage token of profile ../x at http://h"]
        {
            assert_eq!(token_of(name), None, "{name}");
        }
    }

    #[test]
    fn a_token_is_used_by_the_profile_of_its_address_that_says_so() {
        let work: Name = "work".parse().unwrap();
        let token = token_of(&entry(Kind::Storage, &work, URL)).unwrap();
        let with = |url: &str, kind, place| {
            let mut profile = Profile::new(url.to_owned());
            profile.set_place(kind, place);
            Profiles { current: None, profiles: [(work.clone(), profile)].into() }
        };
        assert!(token.is_used(&with(URL, Kind::Storage, Place::Keyring)));
        for profiles in [
            Profiles::default(),
            with(URL, Kind::Storage, Place::File),
            with(URL, Kind::Manage, Place::Keyring),
            with("http://127.0.0.1:9", Kind::Storage, Place::Keyring),
        ] {
            assert!(!token.is_used(&profiles), "{profiles:?}");
        }
    }
}
