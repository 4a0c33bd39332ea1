//! The keyring of the system: the Secret Service of a Linux desktop, the keychain of macOS.

use std::{
    collections::{BTreeSet, HashMap},
    sync::mpsc,
    thread,
    time::Duration,
};

use jeton_client::PlainSecret;
use keyring::{Entry, Error};

/// The name of the application in the keyring.
const SERVICE: &str = "jeton";

/// How long the keyring may take. It may ask its user for a password.
const PATIENCE: Duration = Duration::from_mins(1);

/// How long it takes before that is told.
const SHORT: Duration = Duration::from_secs(1);

/// Keeps a secret under this name, in place of an earlier one.
pub fn keep(name: &str, secret: &PlainSecret) -> Result<(), String> {
    let secret = secret.clone();
    with(name, move |entry| entry.set_secret(secret.expose().as_bytes()))
}

/// Whether there is a keyring. The error says why not.
pub fn is_there() -> Result<(), String> {
    within(PATIENCE, || Ok(()))
}

/// Reads the secret of this name.
pub fn read(name: &str) -> Result<PlainSecret, String> {
    let bytes = with(name, Entry::get_secret)?;
    String::from_utf8(bytes).map(PlainSecret::new).map_err(|_| "it is not a text".to_owned())
}

/// Removes the secret of this name. Returns whether there was one.
pub fn remove(name: &str) -> Result<bool, String> {
    with(name, |entry| match entry.delete_credential() {
        Err(Error::NoEntry) => Ok(false),
        done => done.map(|()| true),
    })
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
    let (done, outcome) = mpsc::channel();
    thread::spawn(move || {
        let worked = match Entry::store_status() {
            Ok(()) => work().map_err(|error| told(&error)),
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
    let late = |_| format!("the keyring did not answer within {} s", patience.as_secs());
    outcome.recv_timeout(patience.saturating_sub(SHORT)).map_err(late)?
}

/// What is wrong, without the bytes that some errors hold.
fn told(error: &Error) -> String {
    match error {
        Error::NoEntry => "it is not in the keyring".to_owned(),
        Error::Ambiguous(_) => "the keyring has it twice".to_owned(),
        Error::PlatformFailure(why) | Error::NoStorageAccess(why) => why.to_string(),
        error => error.to_string(),
    }
}
