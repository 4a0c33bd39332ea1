//! The folder of the configuration file, and files in it that are replaced as a whole.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{self, Read as _, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use jeton_private_file as private_file;

use super::profiles::{self, Place, Profiles};
use crate::{environment::Environment, failure::Failure, unfinished::Unfinished};

/// The longest file that is read. A profile takes some hundred bytes.
const LONGEST: u64 = 1 << 20;

/// What to do about a configuration file that cannot be read.
const MENDS: &str = "correct or remove this file";

/// The folder.
#[derive(Debug)]
pub struct Folder(PathBuf);

/// An exclusive lock on the folder. It ends on drop.
pub struct Locked {
    _folder: File,
    keyring: Option<File>,
}

impl Locked {
    /// Waits until no command with another configuration of this user changes the keyring, either.
    pub fn and_keyring(mut self) -> Self {
        let lock = |path: PathBuf| {
            DirBuilder::new().recursive(true).mode(0o700).create(path.parent()?).ok()?;
            locked(&path, "changes the keyring").ok()
        };
        // A keyring without it is used all the same.
        self.keyring = Environment::read().keyring_lock.and_then(lock);
        self
    }
}

impl Folder {
    /// What the name of an unfinished file has at its end.
    pub const UNFINISHED: &str = ".new";

    /// The folder at a path, which need not exist.
    pub fn new(path: PathBuf) -> Self {
        Self(path)
    }

    /// The path of the configuration file.
    pub fn config(&self) -> PathBuf {
        self.0.join("config.toml")
    }

    /// The path of a file for a secret.
    pub fn secret(&self, name: &str) -> PathBuf {
        self.secrets().join(name)
    }

    /// The folder of secrets.
    pub fn secrets(&self) -> PathBuf {
        self.0.join("tokens")
    }

    /// Reads the configuration file. Without one there are no profiles.
    pub fn profiles(&self) -> Result<Profiles, Failure> {
        let path = self.config();
        let failed = |error: io::Error| {
            let why = io::Error::new(error.kind(), format!("{error}; {MENDS}"));
            Failure::File(path.display().to_string(), why)
        };
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Profiles::default()),
            Err(error) => return Err(failed(error)),
        };
        let mut text = String::new();
        file.take(LONGEST + 1).read_to_string(&mut text).map_err(failed)?;
        if text.len() as u64 > LONGEST {
            return Err(Failure::Missing(format!(
                "{}: it is longer than {LONGEST} bytes; {MENDS}",
                path.display()
            )));
        }
        profiles::parse(&text).map_err(|why| Failure::Missing(format!("{}: {why}; {MENDS}", path.display())))
    }

    /// Whether a profile of this configuration ever kept a token in the keyring: one may be left there.
    pub fn uses_keyring(&self) -> bool {
        self.keyring_mark().exists() || self.profiles().is_ok_and(|profiles| profiles.uses_keyring())
    }

    /// An empty file that is there once a token was kept in the keyring.
    fn keyring_mark(&self) -> PathBuf {
        self.0.join("keyring-used")
    }

    /// Makes the folder, and waits until no other command changes it.
    pub fn lock(&self) -> Result<Locked, Failure> {
        let failed = |error| Failure::File(self.0.display().to_string(), error);
        for folder in [self.0.clone(), self.secrets()] {
            DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
        }
        let file = locked(&self.0.join("lock"), "changes the profiles").map_err(failed)?;
        Ok(Locked { _folder: file, keyring: None })
    }

    /// The same, and the keyring if that is the place.
    pub fn lock_for(&self, place: Place) -> Result<Locked, Failure> {
        let locked = self.lock()?;
        Ok(if place == Place::Keyring { locked.and_keyring() } else { locked })
    }

    /// Changes the profiles. Changes that other commands make meanwhile are kept.
    pub fn change(&self, locked: &Locked, change: impl FnOnce(&mut Profiles)) -> Result<(), Failure> {
        self.prepare(locked, change)?.put()
    }

    /// Writes changed profiles completely, beside the configuration file.
    pub fn prepare(&self, _: &Locked, change: impl FnOnce(&mut Profiles)) -> Result<Prepared, Failure> {
        let mut profiles = self.profiles()?;
        let used_keyring = profiles.uses_keyring();
        change(&mut profiles);
        if used_keyring || profiles.uses_keyring() {
            // Without it a warning is missing, no more.
            drop(File::create(self.keyring_mark()));
        }
        let path = self.config();
        // A link to a file that is kept elsewhere stays one.
        let path = fs::canonicalize(&path).unwrap_or(path);
        Prepared::write(path, &profiles::text(&profiles)?)
    }
}

/// A file that is locked for this process alone. Says what another command does that is waited for.
fn locked(path: &Path, other: &str) -> io::Result<File> {
    let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path)?;
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => {
            eprintln!("Waiting for another command that {other}.");
            file.lock()?;
        }
        locked => locked.map_err(io::Error::from)?,
    }
    Ok(file)
}

/// The file that is written before it replaces one.
pub fn unfinished(path: &Path) -> PathBuf {
    PathBuf::from(format!("{}{}", path.display(), Folder::UNFINISHED))
}

/// A file that is written and synced, and replaces another one when it is put in its place. An error or a signal before leaves nothing.
pub struct Prepared {
    path: PathBuf,
    file: Unfinished,
}

impl Prepared {
    fn write(path: PathBuf, text: &str) -> Result<Self, Failure> {
        let unfinished = unfinished(&path);
        // Of a crash.
        let written = private_file::remove(&unfinished).and_then(|()| {
            let mut file = Unfinished::create(unfinished)?;
            file.file().write_all(text.as_bytes())?;
            file.file().sync_all()?;
            Ok(file)
        });
        match written {
            Ok(file) => Ok(Self { path, file }),
            Err(error) => Err(Failure::File(path.display().to_string(), error)),
        }
    }

    /// Puts it in its place. A crash leaves either of them.
    pub fn put(self) -> Result<(), Failure> {
        self.file.put(&self.path).map_err(|error| Failure::File(self.path.display().to_string(), error))
    }
}

/// Replaces a file by a private one.
pub fn replace(path: &Path, text: &str) -> Result<(), Failure> {
    Prepared::write(path.to_owned(), text)?.put()
}
