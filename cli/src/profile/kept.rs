//! Tokens of profiles: in the keyring, or in private files.

use std::{
    io::{self, Read as _},
    os::unix::fs::PermissionsExt as _,
};

use jeton_client::PlainSecret;
use jeton_private_file as private_file;

use super::{
    folder::{self, Folder},
    in_keyring::entry,
    keyring,
    kind::Kind,
    name::Name,
    profiles::Place,
};
use crate::{address::normalized, failure::Failure, shell::quoted};

/// The longest file of a token.
const LONGEST: u64 = 4096;

/// A token of a profile. It belongs to the address too: a token is never sent to another one, whatever becomes of the
/// configuration file.
#[derive(Debug)]
pub struct Slot<'a> {
    /// The folder of its file.
    pub folder: &'a Folder,
    /// The name of its profile.
    pub profile: &'a Name,
    /// Its kind.
    pub kind: Kind,
    /// The address of its Jeton.
    pub url: &'a str,
}

impl Slot<'_> {
    /// Keeps a token where the last one is.
    pub fn keep(&self, secret: &PlainSecret, place: Place) -> Result<(), Failure> {
        match place {
            Place::File => self.keep_in_file(secret),
            Place::Keyring => self
                .keep_in_keyring(secret)
                .map(drop)
                .map_err(|why| Failure::Missing(format!("the keyring cannot keep the token: {why}"))),
        }
    }

    /// Keeps a token in the keyring. Returns whether it replaced one there.
    pub fn keep_in_keyring(&self, secret: &PlainSecret) -> Result<bool, String> {
        keyring::keep(&self.name(), secret)
    }

    /// Keeps a token in a file.
    pub fn keep_in_file(&self, secret: &PlainSecret) -> Result<(), Failure> {
        folder::replace(&self.path(), &format!("{}\n{}\n", self.url, secret.expose()))
    }

    /// The token in the keyring, if there is one. The error says why that is not known.
    pub fn in_keyring(&self) -> Result<Option<PlainSecret>, String> {
        keyring::find(&self.name())
    }

    /// The token, if it can be read without a wait for the keyring.
    pub fn read_at_once(&self, place: Place) -> Option<PlainSecret> {
        match place {
            Place::Keyring => keyring::read_at_once(&self.name()),
            Place::File => self.read_file().ok(),
        }
    }

    /// Reads the token.
    pub fn read(&self, place: Place) -> Result<PlainSecret, Failure> {
        match place {
            Place::Keyring => keyring::read(&self.name()).map_err(|why| {
                let mends = if keyring::may_open(&why) {
                    "unlock it, and try again".to_owned()
                } else {
                    format!("`jeton login --profile {}` keeps it anew", self.profile)
                };
                Failure::Missing(format!(
                    "the {} of profile {} cannot be read from the keyring: {why}; {mends}",
                    self.kind, self.profile
                ))
            }),
            Place::File => self.read_file(),
        }
    }

    /// Removes the token from this place. Returns whether there was one, or an unfinished file of one.
    pub fn remove(&self, place: Place) -> Result<bool, Failure> {
        match place {
            Place::Keyring => self.remove_from_keyring().map_err(|why| {
                Failure::Missing(format!("the {} cannot be removed from the keyring: {why}", self.kind))
            }),
            Place::File => {
                let paths = [folder::unfinished(&self.path()), self.path()];
                let had_one = paths.iter().any(|path| path.symlink_metadata().is_ok());
                let removed = paths.iter().try_for_each(|path| private_file::remove(path));
                removed.map(|()| had_one).map_err(|error| self.failed(error))
            }
        }
    }

    /// Removes the token from the keyring. Returns whether there was one. The error says why it cannot be removed.
    pub fn remove_from_keyring(&self) -> Result<bool, String> {
        let removed = keyring::remove(&self.name())?;
        if !removed {
            eprintln!(
                "jeton: warning: the keyring has no {} of profile {} at {}.",
                self.kind, self.profile, self.url
            );
        }
        Ok(removed)
    }

    /// Removes the token from this place, and warns if no keyring can be reached, as in a session of ssh: the profile does not depend on
    /// it.
    pub fn remove_or_warn(&self, place: Place) -> Result<bool, Failure> {
        if place == Place::File {
            return self.remove(place);
        }
        Ok(keyring::remove(&self.name()).unwrap_or_else(|why| {
            eprintln!(
                "jeton: warning: the {} cannot be removed from the keyring: {why}. If there is one, \"{}\" stays in it.",
                self.kind,
                self.name()
            );
            false
        }))
    }

    /// Where the token is, for people.
    pub fn described(&self, place: Place) -> String {
        match place {
            Place::Keyring => "the keyring of the system".to_owned(),
            Place::File => self.path().display().to_string(),
        }
    }

    fn read_file(&self) -> Result<PlainSecret, Failure> {
        let mut text = String::new();
        let file = private_file::open(&self.path()).map_err(|error| self.unread(&error))?;
        file.take(LONGEST).read_to_string(&mut text).map_err(|error| self.unread(&error))?;
        match text.split_once('\n') {
            Some((url, secret)) if normalized(url) == self.url => {
                Ok(PlainSecret::new(secret.trim().to_owned()))
            }
            _ => Err(Failure::Missing(format!(
                "{} has no token for {}; `jeton login --profile {}` keeps one",
                self.path().display(),
                self.url,
                self.profile
            ))),
        }
    }

    /// The name in the keyring.
    pub fn name(&self) -> String {
        entry(self.kind, self.profile, self.url)
    }

    /// The path of its file.
    pub fn path(&self) -> std::path::PathBuf {
        self.folder.secret(&format!("{}{}", self.profile, self.kind.file_end()))
    }

    /// What is wrong with its file, and what mends it.
    fn unread(&self, error: &io::Error) -> Failure {
        let (path, profile) = (self.path(), self.profile);
        let what = match error.kind() {
            io::ErrorKind::NotFound => "there is no such file".to_owned(),
            _ => error.to_string(),
        };
        let mends = match path.symlink_metadata() {
            Ok(found) if found.is_file() && found.permissions().mode() & 0o077 != 0 => {
                format!("`chmod 600 {}` makes it private", quoted(&path))
            }
            Err(_) => format!("`jeton login --profile {profile}` keeps the token anew"),
            Ok(_) => format!("remove it, and `jeton login --profile {profile}` keeps the token anew"),
        };
        self.failed(io::Error::new(error.kind(), format!("{what}; {mends}")))
    }

    fn failed(&self, error: io::Error) -> Failure {
        Failure::File(self.path().display().to_string(), error)
    }
}
