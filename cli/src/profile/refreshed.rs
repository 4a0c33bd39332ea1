//! Profiles that keep a token whose secret was replaced.

use jeton_client::PlainSecret;

use super::{Folder, Kind, Name, Slot, folder_of};
use crate::{environment::Environment, failure::Failure, presented::masked};

/// Keeps the new secret of a token in each profile that keeps this token: the old one ends. Tells each on standard error, unless
/// `quiet`; one that could not be changed is told in any case.
pub fn keep_refreshed(url: &str, kind: Kind, secret: Option<&PlainSecret>, quiet: bool) {
    let (Some(secret), Ok(folder)) = (secret, folder_of(&Environment::read())) else { return };
    for (name, outcome) in kept_in(&folder, url, kind, secret) {
        match outcome {
            Ok(()) if quiet => {}
            Ok(()) => eprintln!("Profile {name} keeps the new secret."),
            Err(failure) => {
                eprintln!("jeton: warning: profile {name} still has the old secret: {failure}");
            }
        }
    }
}

fn kept_in(folder: &Folder, url: &str, kind: Kind, secret: &PlainSecret) -> Vec<(Name, Result<(), Failure>)> {
    // A file that cannot be read keeps others from their profiles, too, and is told there.
    let profiles = folder.profiles().unwrap_or_default().profiles;
    let mut kept = Vec::new();
    for (name, profile) in profiles.iter().filter(|(_, profile)| profile.url == url) {
        let slot = Slot { folder, profile: name, kind, url };
        let Some(place) = profile.place(kind) else { continue };
        let is_it = || slot.read(place).is_ok_and(|old| masked(&old) == masked(secret));
        if is_it() {
            // Another command may have changed it up to now.
            let outcome = folder
                .lock()
                .and_then(|_locked| if is_it() { slot.keep(secret, Some(place)).map(drop) } else { Ok(()) });
            kept.push((name.clone(), outcome));
        }
    }
    kept
}
