//! The keyring of the system: the Secret Service of a Linux desktop, the keychain of macOS.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

use jeton_client::PlainSecret;
use keyring::{Entry, Error};

/// The name of the application in the keyring.
const SERVICE: &str = "jeton";

/// What is wrong with a keyring that nobody unlocked when it asked.
const LOCKED: &str = "the keyring is locked, and nobody has unlocked it";

/// What is wrong with one that does not answer in time, as while its question is not answered.
const SLOW: &str = "the keyring did not answer";

/// How long the keyring may take. It may ask its user for a password.
const PATIENCE: Duration = Duration::from_mins(1);

/// Whether it took longer. It is not waited for again.
static LATE: AtomicBool = AtomicBool::new(false);

/// Whether nobody may be asked for its password.
static ASKS_NOBODY: AtomicBool = AtomicBool::new(false);

/// How long it takes before that is told.
const SHORT: Duration = Duration::from_secs(1);

/// Whether the keyring may have the secret all the same, for this reason why it could not be read.
pub fn may_open(why: &str) -> bool {
    why == LOCKED || why.starts_with(SLOW)
}

/// Keeps a secret under this name, in place of an earlier one. Returns whether there was one.
pub fn keep(name: &str, secret: &PlainSecret) -> Result<bool, String> {
    let secret = secret.clone();
    with(name, move |entry| {
        let had_one = !matches!(entry.get_secret(), Err(Error::NoEntry));
        entry.set_secret(secret.expose().as_bytes()).map(|()| had_one)
    })
}

/// Whether there is a keyring. The error says why not.
pub fn is_there() -> Result<(), String> {
    within(PATIENCE, || Ok(()))
}

/// Reads the secret of this name.
pub fn read(name: &str) -> Result<PlainSecret, String> {
    find(name)?.ok_or_else(|| told(&Error::NoEntry))
}

/// Reads the secret of this name, if there is one.
pub fn find(name: &str) -> Result<Option<PlainSecret>, String> {
    let bytes = with(name, |entry| match entry.get_secret() {
        Err(Error::NoEntry) => Ok(None),
        read => read.map(Some),
    })?;
    let text = bytes.map(String::from_utf8).transpose();
    text.map(|text| text.map(PlainSecret::new)).map_err(|_| "it is not a text".to_owned())
}

/// The secret of this name, if the keyring is not locked and answers at once. Later uses may take their time all the same.
pub fn read_at_once(name: &str) -> Option<PlainSecret> {
    let (done, outcome) = mpsc::channel();
    let name = name.to_owned();
    thread::spawn(move || {
        let read = || (!has_locked()).then(|| Entry::new(SERVICE, &name).ok()?.get_secret().ok()).flatten();
        drop(done.send(Entry::store_status().is_ok().then(read).flatten()));
    });
    let bytes = outcome.recv_timeout(SHORT).ok().flatten()?;
    String::from_utf8(bytes).ok().map(PlainSecret::new)
}

/// Removes the secret of this name. Returns whether there was one.
pub fn remove(name: &str) -> Result<bool, String> {
    with(name, |entry| match entry.delete_credential() {
        Err(Error::NoEntry) => Ok(false),
        done => done.map(|()| true),
    })
}

/// Asks nobody for the password of the keyring from now on: one that is locked fails.
pub fn ask_nobody() {
    ASKS_NOBODY.store(true, Ordering::Relaxed);
}

/// Whether the keyring is locked, as far as it says that at once.
pub fn is_locked() -> bool {
    within(SHORT, || Ok(has_locked())).unwrap_or(false)
}

/// Whether there are locked secrets. Asks nobody to unlock them, as the search of `keyring` does.
#[cfg(target_os = "linux")]
fn has_locked() -> bool {
    use secret_service::{EncryptionType, blocking::SecretService};
    let found = SecretService::connect(EncryptionType::Plain).and_then(|service| {
        let found = service.search_items(HashMap::from([("service", SERVICE)]))?;
        Ok(!found.locked.is_empty())
    });
    found.unwrap_or(false)
}

/// The keychain of macOS asks by itself.
#[cfg(not(target_os = "linux"))]
fn has_locked() -> bool {
    false
}

/// The names of all secrets. A keyring that does not answer at once is waited for, with `waits`.
pub fn names(waits: bool) -> Result<BTreeSet<String>, String> {
    within(if waits { PATIENCE } else { SHORT }, || {
        let entries = keyring_core::Entry::search(&HashMap::from([("service", SERVICE)]))?;
        let of_jeton = entries.iter().filter_map(keyring_core::Entry::get_specifiers);
        Ok(of_jeton.filter(|(service, _)| service == SERVICE).map(|(_, name)| name).collect())
    })
}

/// Uses the entry of this name.
fn with<T: Send + 'static>(
    name: &str,
    work: impl FnOnce(&Entry) -> Result<T, Error> + Send + 'static,
) -> Result<T, String> {
    let name = name.to_owned();
    within(PATIENCE, move || work(&Entry::new(SERVICE, &name)?))
}

/// Uses the keyring, in a thread of its own: a keyring that waits for its user does not return.
fn within<T: Send + 'static>(
    patience: Duration,
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, String> {
    let late = || {
        LATE.store(true, Ordering::Relaxed);
        format!("{SLOW} within {} s", patience.as_secs())
    };
    if LATE.load(Ordering::Relaxed) {
        return Err(late());
    }
    let (done, outcome) = mpsc::channel();
    thread::spawn(move || {
        let worked = match Entry::store_status() {
            Ok(()) if ASKS_NOBODY.load(Ordering::Relaxed) && has_locked() => Err("it is locked".to_owned()),
            Ok(()) => work().map_err(|error| match error {
                // Its own words are about a question of the keyring, and not about the lock.
                Error::PlatformFailure(_) | Error::NoStorageAccess(_) if has_locked() => LOCKED.to_owned(),
                error => told(&error),
            }),
            Err(error) => Err(told(error)),
        };
        // Nobody listens any more once it took too long.
        drop(done.send(worked));
    });
    if let Ok(worked) = outcome.recv_timeout(SHORT) {
        return worked;
    }
    if patience > SHORT {
        eprintln!("Waiting for the keyring of the system, which may ask for its password.");
    }
    outcome.recv_timeout(patience.saturating_sub(SHORT)).map_err(|_| late())?
}

/// What is wrong, without the bytes that some errors hold.
fn told(error: &Error) -> String {
    match error {
        Error::NoEntry => "it is not in the keyring".to_owned(),
        Error::Ambiguous(_) => "the keyring has it twice".to_owned(),
        Error::PlatformFailure(why) | Error::NoStorageAccess(why) => {
            let why = why.to_string();
            if why.contains("prompt dismissed") { LOCKED.to_owned() } else { why }
        }
        error => error.to_string(),
    }
}
