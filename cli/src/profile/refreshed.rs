//! Profiles that keep a token whose secret was replaced.

use std::io::ErrorKind;

use jeton_client::PlainSecret;

use super::{Folder, Kind, Name, Slot, folder_of};
use crate::{at_signal::AtSignal, environment::Environment, failure::Failure, presented::masked};

/// Keeps the new secret of a token in each profile that keeps this token: the old one ends. Tells each on standard error, unless
/// `quiet`; one that could not be changed is told in any case. This may take as long as a keyring and other commands take, so it is
/// done after the secret was printed, with this outcome.
pub fn keep_refreshed(
    url: &str,
    kind: Kind,
    secret: Option<&PlainSecret>,
    quiet: bool,
    printed: &Result<(), Failure>,
) {
    let (Some(secret), Ok(folder)) = (secret, folder_of(&Environment::read())) else { return };
    let place =
        printed.as_ref().err().map_or_else(|| "the new one is printed".to_owned(), ToString::to_string);
    for (name, outcome) in kept_in(&folder, url, kind, secret, &place) {
        match outcome {
            Ok(()) if quiet => {}
            Ok(()) => eprintln!("Profile {name} keeps the new secret."),
            Err(failure) => {
                eprintln!("jeton: warning: profile {name} may still have the old secret: {failure}");
            }
        }
    }
}

fn kept_in(
    folder: &Folder,
    url: &str,
    kind: Kind,
    secret: &PlainSecret,
    place: &str,
) -> Vec<(Name, Result<(), Failure>)> {
    // A file that cannot be read keeps others from their profiles, too, and is told there.
    let profiles = folder.profiles().unwrap_or_default().profiles;
    let mut kept = Vec::new();
    for (name, profile) in profiles.iter().filter(|(_, profile)| profile.url == url) {
        let slot = Slot { folder, profile: name, kind, url };
        let Some(kept_in) = profile.place(kind) else { continue };
        let _at_signal =
            AtSignal::says(format!("profile {name} may still have the old secret of a token; {place}"));
        let is_it = || slot.read(kept_in).map(|old| masked(&old) == masked(secret));
        let outcome = match is_it() {
            // Another command may have changed it up to now.
            Ok(true) => {
                folder.lock().and_then(|_locked| if is_it()? { slot.keep(secret, kept_in) } else { Ok(()) })
            }
            Ok(false) => continue,
            Err(Failure::File(_, error)) if error.kind() == ErrorKind::NotFound => continue,
            Err(failure) => Err(failure),
        };
        kept.push((name.clone(), outcome));
    }
    kept
}
