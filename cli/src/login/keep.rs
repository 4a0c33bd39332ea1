//! Keeping a token, and the profile that names it.

use jeton_client::{Client, PlainSecret};
use jeton_private_file as private_file;

use super::{Login, other::Tokens};
use crate::{
    at_signal::AtSignal,
    failure::Failure,
    profile::{Locked, Place, Prepared, Profile, Slot},
};

impl Login {
    /// Keeps a token, and returns where, for people. `replaced` are the tokens that it may replace; others were kept meanwhile by
    /// another login. The configuration is written before, so that a full disk changes nothing, and put in its place after.
    pub(super) async fn keep(
        &self,
        slot: &Slot<'_>,
        client: &Client,
        secret: &PlainSecret,
        replaced: Tokens,
    ) -> Result<String, Failure> {
        let locked = self.locked(slot, client, secret, replaced).await?;
        let profiles = slot.folder.profiles()?;
        let earlier = profiles.profiles.get(slot.profile).and_then(|profile| profile.place(slot.kind));
        let kept = match (self.keep_in, self.keyring_fails.get()) {
            (Some(Place::File), _) => None,
            (None, Some(why)) => Some(Err(why.clone())),
            _ => {
                let prepared = prepare(slot, &locked, Place::Keyring)?;
                Some(slot.keep_in_keyring(secret).map(|had_one| (prepared, had_one)))
            }
        };
        let why = match kept {
            Some(Ok((prepared, had_one))) => {
                put(slot, prepared, Place::Keyring, had_one)?;
                // Of an earlier login: what it replaces was asked about.
                slot.remove(Place::File).map_err(|failure| left(slot, Place::Keyring, &failure))?;
                return Ok(format!("The token is kept in {}.", slot.described(Place::Keyring)));
            }
            Some(Err(why)) if self.keep_in.is_some() => {
                return Err(Failure::Missing(format!("the keyring cannot keep the token: {why}")));
            }
            Some(Err(why)) => Some(why),
            None => None,
        };
        let prepared = prepare(slot, &locked, Place::File)?;
        let had_one = slot.path().symlink_metadata().is_ok();
        slot.keep_in_file(secret)?;
        put(slot, prepared, Place::File, had_one)?;
        // No other one of the keyring: another configuration may use it.
        if earlier == Some(Place::Keyring) {
            slot.remove_or_warn(Place::Keyring)?;
        }
        let place = slot.described(Place::File);
        Ok(match why {
            None => format!("The token is kept in {place}."),
            Some(why) => {
                format!("No keyring can keep the token ({why}). It is in {place}, which only you can read.")
            }
        })
    }
}

/// Writes the configuration with the profile, beside the one in use.
fn prepare(slot: &Slot<'_>, locked: &Locked, place: Place) -> Result<Prepared, Failure> {
    slot.folder.prepare(locked, |profiles| {
        let new = || Profile::new(slot.url.to_owned());
        let profile = profiles.profiles.entry(slot.profile.clone()).or_insert_with(new);
        if profile.url != slot.url {
            *profile = new();
        }
        profile.set_place(slot.kind, place);
        profiles.current = Some(slot.profile.clone());
    })
}

/// Puts the configuration in its place after a token was kept. If that fails, a token that replaced none is removed again.
fn put(slot: &Slot<'_>, prepared: Prepared, place: Place, had_one: bool) -> Result<(), Failure> {
    // Without its profile nothing would lead to it.
    let unnamed = (place == Place::File && !had_one).then(|| {
        let path = slot.path();
        AtSignal::new(move || {
            drop(private_file::remove(&path));
            None
        })
    });
    let changed = prepared.put();
    drop(unnamed);
    changed.map_err(|failure| {
        if !had_one && slot.remove(place).is_ok() { failure } else { left(slot, place, &failure) }
    })
}

/// A failure after the token was kept.
fn left(slot: &Slot<'_>, place: Place, failure: &Failure) -> Failure {
    let outcome = match place {
        Place::Keyring => format!("the new {} is in the keyring, as \"{}\"", slot.kind, slot.name()),
        Place::File => format!("the new {} is in {}", slot.kind, slot.described(place)),
    };
    Failure::NotKept { why: failure.to_string(), outcome }
}
