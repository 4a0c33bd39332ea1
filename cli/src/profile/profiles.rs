//! The contents of the configuration file.

use std::collections::BTreeMap;

use jeton_client::BaseUrl;
use jeton_core::secret::redacted;
use serde::{Deserialize, Serialize};

use super::{kind::Kind, name::Name};
use crate::{address::normalized, failure::Failure};

/// The configuration file: profiles by name. It has no secrets.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profiles {
    /// The profile of commands without `--profile` and `JETON_PROFILE`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current: Option<Name>,
    /// All profiles.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub profiles: BTreeMap<Name, Profile>,
}

/// A profile: an address, and where its tokens are kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Profile {
    /// The address of Jeton.
    pub url: String,
    /// Where the storage token is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<Place>,
    /// Where the manage token is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manage_token: Option<Place>,
}

/// Where a token is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    /// In the keyring of the system.
    Keyring,
    /// In a file that only its owner can read.
    File,
}

impl Profiles {
    /// Whether a profile keeps a token in the keyring.
    pub fn uses_keyring(&self) -> bool {
        let in_keyring =
            |profile: &Profile| Kind::ALL.into_iter().any(|kind| profile.place(kind) == Some(Place::Keyring));
        self.profiles.values().any(in_keyring)
    }
}

impl Profile {
    /// A profile without tokens.
    pub fn new(url: String) -> Self {
        Self { url, token: None, manage_token: None }
    }

    /// Where the token of a kind is kept.
    pub fn place(&self, kind: Kind) -> Option<Place> {
        match kind {
            Kind::Storage => self.token,
            Kind::Manage => self.manage_token,
        }
    }

    /// Sets where it is kept.
    pub fn set_place(&mut self, kind: Kind, place: Place) {
        match kind {
            Kind::Storage => self.token = Some(place),
            Kind::Manage => self.manage_token = Some(place),
        }
    }

    /// Whether no token is kept.
    pub fn is_empty(&self) -> bool {
        self.token.is_none() && self.manage_token.is_none()
    }
}

/// Parses the file. The error has the line, and no token that somebody wrote into it.
pub fn parse(text: &str) -> Result<Profiles, String> {
    let parsed = toml::from_str(text).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start);
        let line = text.bytes().take(start).filter(|byte| *byte == b'\n').count() + 1;
        format!("line {line}: {}", redacted(error.message()))
    });
    let mut profiles: Profiles = parsed?;
    for (name, profile) in &mut profiles.profiles {
        // An address is shown in many places.
        if profile.url.contains('@') && BaseUrl::parse(&profile.url).is_err() {
            return Err(format!("the url of profile {name} must not contain a user name or a password"));
        }
        profile.url = normalized(&profile.url);
    }
    Ok(profiles)
}

/// The text of the file.
pub fn text(profiles: &Profiles) -> Result<String, Failure> {
    toml::to_string(profiles).map_err(|error| Failure::Missing(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_read_as_it_was_written() {
        let mut work = Profile::new("https://tokens.example.org".to_owned());
        work.set_place(Kind::Storage, Place::Keyring);
        work.set_place(Kind::Manage, Place::File);
        let name: Name = "acme.eu".parse().unwrap();
        let profiles = Profiles { current: Some(name.clone()), profiles: [(name, work)].into() };
        let text = text(&profiles).unwrap();
        assert_eq!(
            text,
            "current = \"acme.eu\"\n\n[profiles.\"acme.eu\"]\nurl = \"https://tokens.example.org\"\ntoken = \"keyring\"\nmanage-token = \"file\"\n"
        );
        assert_eq!(parse(&text), Ok(profiles));
        assert_eq!(parse(""), Ok(Profiles::default()));
    }

    #[test]
    fn a_password_in_an_address_is_told_and_not_repeated() {
        let told = parse("[profiles.a]\nurl = \"http://me:hunter2@h\"\n").unwrap_err();
        assert_eq!(told, "the url of profile a must not contain a user name or a password");
    }

    #[test]
    fn what_is_mistyped_is_told_with_its_line() {
        let wrong = parse("current = \"work\"\n\n[profiles.work]\nulr = \"http://127.0.0.1\"\n").unwrap_err();
        assert!(wrong.starts_with("line 4: unknown field `ulr`"), "{wrong}");
        for text in [
            "current = 5",
            "[profiles.\"../x\"]\nurl = \"http://h\"",
            "[profiles.a]\nurl = \"h\"\ntoken = \"1-2-jtx\"",
            "[",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
