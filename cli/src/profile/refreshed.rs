//! Profiles that keep a token whose secret was replaced.

use std::io::ErrorKind;

use jeton_client::{Client, PlainSecret};

use super::{Folder, Kind, Name, Place, Profile, Slot, folder_of};
use crate::{
    at_signal::AtSignal, environment::Environment, failure::Failure, presented::masked, works::works,
};

/// A refresh, and the secrets that profiles kept before it.
pub struct Refreshed<'a> {
    jeton: &'a Client,
    kind: Kind,
    /// Whether older secrets go on working for a while.
    overlaps: bool,
    /// The one secret that is replaced, if it is of a copy that was picked up. Others of the token are of other copies, which go on, or have ended. They
    /// are not tried: their use could end another one.
    alone: Option<PlainSecret>,
    before: Vec<PlainSecret>,
}

/// What became of a profile that keeps the token.
enum Outcome {
    /// It keeps the new secret.
    New,
    /// Another command has kept another secret meanwhile, which works.
    Other,
    /// It keeps another secret, which is of another copy or has ended.
    Unknown,
    /// It is for another address, which may be another name of the same server.
    Elsewhere(String),
}

impl<'a> Refreshed<'a> {
    /// Reads what profiles keep, just before the call. The keyring is waited for only where old secrets overlap: others are known by their
    /// end afterwards, too.
    pub fn begins(jeton: &'a Client, kind: Kind, overlaps: bool, alone: Option<PlainSecret>) -> Self {
        let mut before = Vec::new();
        if let Ok(folder) = folder_of(&Environment::read())
            && let Ok(profiles) = folder.profiles()
        {
            for (name, profile) in profiles.profiles.iter().filter(|(_, profile)| profile.url == jeton.url())
            {
                let slot = Slot { folder: &folder, profile: name, kind, url: jeton.url() };
                let read = |place| if overlaps { slot.read(place).ok() } else { slot.read_at_once(place) };
                before.extend(profile.place(kind).and_then(read));
            }
        }
        Self { jeton, kind, overlaps, alone, before }
    }

    /// Keeps the new secret in each profile that keeps a replaced one of this token. Tells each on standard error, unless `quiet`; one
    /// that was not changed is told in any case. This may take as long as a keyring and other commands take, so it is done after the
    /// secret was printed, with this outcome.
    pub async fn keep(self, secret: Option<&PlainSecret>, quiet: bool, printed: &Result<(), Failure>) {
        let (Some(secret), Ok(folder)) = (secret, folder_of(&Environment::read())) else { return };
        let place =
            printed.as_ref().err().map_or_else(|| "the new one is printed".to_owned(), ToString::to_string);
        let profiles = match folder.profiles() {
            Ok(profiles) => profiles.profiles,
            Err(failure) => {
                eprintln!("jeton: warning: a profile may still have the old secret: {failure}");
                return;
            }
        };
        // Those of other addresses are only told: they come last.
        let is_elsewhere = |(_, profile): &(&Name, &Profile)| profile.url != self.jeton.url();
        let (elsewhere, here): (Vec<_>, Vec<_>) = profiles.iter().partition(is_elsewhere);
        for (name, _) in here.into_iter().chain(elsewhere) {
            let _at_signal =
                AtSignal::says(format!("profile {name} may still have the old secret of a token; {place}"));
            match self.keep_in(&folder, name, secret).await.transpose() {
                None => {}
                Some(Ok(Outcome::New)) if quiet => {}
                Some(Ok(Outcome::New)) => eprintln!("Profile {name} keeps the new secret."),
                Some(Ok(Outcome::Other)) => eprintln!(
                    "jeton: warning: profile {name} has another secret of this token meanwhile, and keeps it. {}",
                    if self.overlaps {
                        format!(
                            "It may not be the newest: `jeton login --profile {name}` keeps the one of this refresh."
                        )
                    } else {
                        "It works, so the one of this refresh may have ended.".to_owned()
                    }
                ),
                Some(Ok(Outcome::Unknown)) => eprintln!(
                    "Profile {name} has another secret of this token, and keeps it: it is of another copy, or has ended. If it is rejected, `jeton \
                     login --profile {name}` keeps the new one."
                ),
                Some(Ok(Outcome::Elsewhere(url))) => eprintln!(
                    "jeton: warning: profile {name} has an older secret of this token, for {url}, and keeps it. If that is this Jeton, `jeton \
                     login --profile {name}` keeps the new one."
                ),
                Some(Err(failure)) => {
                    eprintln!("jeton: warning: profile {name} may still have the old secret: {failure}");
                }
            }
        }
    }

    /// Keeps it in a profile. None if that has no secret of this token.
    async fn keep_in(
        &self,
        folder: &Folder,
        name: &Name,
        secret: &PlainSecret,
    ) -> Result<Option<Outcome>, Failure> {
        // Whether it is this token is asked without the lock, which others need meanwhile.
        let Some((url, place, kept)) = self.kept(folder, name)? else { return Ok(None) };
        if masked(&kept) != masked(secret) {
            return Ok(None);
        }
        if self.is_of_another_copy(&kept, secret) {
            return Ok(Some(Outcome::Unknown));
        }
        if url != self.jeton.url() {
            return Ok((kept.expose() != secret.expose()).then_some(Outcome::Elsewhere(url)));
        }
        let _locked = folder.lock_for(place)?;
        // Another command may have changed it up to now.
        let Some((url, place, kept)) = self.kept(folder, name)? else { return Ok(None) };
        if url != self.jeton.url() || masked(&kept) != masked(secret) {
            return Ok(None);
        }
        if kept.expose() == secret.expose() {
            return Ok(Some(Outcome::New));
        }
        if self.is_of_another_copy(&kept, secret) {
            return Ok(Some(Outcome::Unknown));
        }
        // One that came meanwhile and works may be newer than that of this refresh. Where old secrets overlap nobody is asked: both work, and
        // the use of one can end the other.
        let is_old = self.before.iter().any(|old| old.expose() == kept.expose());
        if !is_old && (self.overlaps || works(self.jeton, self.kind, &kept).await?) {
            return Ok(Some(Outcome::Other));
        }
        Slot { folder, profile: name, kind: self.kind, url: &url }.keep(secret, place)?;
        Ok(Some(Outcome::New))
    }

    /// Whether a secret is not of the one copy that was refreshed, as far as is known.
    fn is_of_another_copy(&self, kept: &PlainSecret, new: &PlainSecret) -> bool {
        let is_of_this = |old: &PlainSecret| [old, new].iter().any(|secret| secret.expose() == kept.expose());
        self.alone.as_ref().is_some_and(|old| !is_of_this(old))
    }

    /// What a profile keeps now, with its address and place.
    fn kept(&self, folder: &Folder, name: &Name) -> Result<Option<(String, Place, PlainSecret)>, Failure> {
        let profiles = folder.profiles()?.profiles;
        let Some(profile) = profiles.get(name) else { return Ok(None) };
        let Some(place) = profile.place(self.kind) else { return Ok(None) };
        let slot = Slot { folder, profile: name, kind: self.kind, url: &profile.url };
        // The keyring is not waited for, and nobody asked for a password, for what is only told.
        if profile.url != self.jeton.url() {
            let secret = slot.read_at_once(place);
            return Ok(secret.map(|secret| (profile.url.clone(), place, secret)));
        }
        match slot.read(place) {
            Ok(secret) => Ok(Some((profile.url.clone(), place, secret))),
            Err(Failure::File(_, error)) if error.kind() == ErrorKind::NotFound => Ok(None),
            // It was logged out of meanwhile, or moved by a login.
            Err(_) if folder.profiles()?.profiles.get(name) != Some(profile) => Ok(None),
            Err(failure) => Err(failure),
        }
    }
}
