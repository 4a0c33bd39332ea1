//! Whether other tokens may be replaced.

use std::io::ErrorKind;

use jeton_client::{Client, PlainSecret};

use super::{
    Login,
    other::{Other, Tokens},
};
use crate::{
    connection,
    failure::Failure,
    presented::masked,
    profile::{Locked, Place, Slot},
    prompt,
    works::another_works,
};

impl Login {
    /// Asks before other tokens are replaced, which may be kept nowhere else. `given` is the new one; without it, it is of a link.
    /// `allowed` may be replaced already. Returns those that may be. Fails where nobody can be asked.
    pub(super) async fn may_replace(
        &self,
        slot: &Slot<'_>,
        client: &Client,
        given: Option<&PlainSecret>,
        allowed: Tokens,
    ) -> Result<Tokens, Failure> {
        let others = self.others(slot, client, given).await?;
        if others.iter().all(|other| other.is_among(&allowed)) {
            return Ok(allowed);
        }
        let name = slot.profile;
        let is_same = others.iter().all(|other| other.may_work);
        let mut shown: Vec<_> = others.iter().map(|other| other.shown.clone()).collect();
        shown.dedup();
        let (kind, shown) = (slot.kind, shown.join(" and "));
        let kept = if is_same {
            format!("rofile {name} keeps another secret of this {kind}, {shown}, which may still work")
        } else {
            format!("rofile {name} keeps another {kind}, {shown}")
        };
        if !prompt::can_ask() {
            return Err(Failure::Missing(format!(
                "p{kept}: pass --profile OTHER to keep both, or --yes to replace it"
            )));
        }
        let question = format!("P{kept}. Replace it? (--profile OTHER keeps both)");
        connection::confirm(&question, false)?;
        Ok(others)
    }

    /// The other tokens that a login replaces: what the profile keeps now, and what is where the new one is kept though the
    /// configuration does not name it, as after that was removed, or of another configuration of this user. The given token by a
    /// secret that has ended, as after a refresh, is none. With `--yes` none is in the way.
    async fn others(
        &self,
        slot: &Slot<'_>,
        client: &Client,
        given: Option<&PlainSecret>,
    ) -> Result<Tokens, Failure> {
        let mut others = Tokens::new();
        let kept = self.kept(slot)?;
        if self.yes {
            return Ok(others);
        }
        for secret in kept {
            let Some(secret) = secret else {
                others.push(Other {
                    secret: None,
                    shown: "which cannot be read".to_owned(),
                    may_work: false,
                });
                continue;
            };
            let mut shown = masked(&secret);
            let mut may_work = false;
            if let Some(given) = given {
                if secret.expose() == given.expose() {
                    continue;
                }
                if shown == masked(given) {
                    match another_works(client, slot.kind, given, &secret).await {
                        Ok(false) => continue,
                        Ok(true) => may_work = true,
                        Err(error) => {
                            shown = format!("{shown} (it is not known: {error})");
                            may_work = true;
                        }
                    }
                }
            }
            others.push(Other { secret: Some(secret), shown, may_work });
        }
        Ok(others)
    }

    /// What the profile keeps, and what is where the new token is kept. None is one that cannot be read.
    fn kept(&self, slot: &Slot<'_>) -> Result<Vec<Option<PlainSecret>>, Failure> {
        let profiles = slot.folder.profiles()?;
        let earlier = profiles.profiles.get(slot.profile);
        if let Some(other) = earlier.filter(|earlier| earlier.url != slot.url && !earlier.is_empty()) {
            let name = slot.profile;
            return Err(Failure::Missing(format!(
                "profile {name} is for {}: pass --profile OTHER to log in to {}, or `jeton logout --profile {name}` first",
                other.url, slot.url
            )));
        }
        let place = earlier.and_then(|profile| profile.place(slot.kind));
        let mut all = Vec::new();
        match slot.read(Place::File) {
            Ok(kept) => all.push(Some(kept)),
            Err(Failure::File(_, error)) if error.kind() == ErrorKind::NotFound => {}
            Err(_) => all.push(None),
        }
        if self.asks_keyring(place) {
            match slot.in_keyring() {
                Ok(kept) => all.extend(kept.map(Some)),
                // It stays in the keyring, if there is one.
                Err(why) => drop(self.keyring_fails.set(why)),
            }
        }
        Ok(all)
    }

    /// Whether this login looks into the keyring. `place` is where the profile keeps the token now.
    fn asks_keyring(&self, place: Option<Place>) -> bool {
        let may_use = self.keep_in != Some(Place::File) || place == Some(Place::Keyring);
        may_use && self.keyring_fails.get().is_none()
    }

    /// Locks the folder, and the keyring if that is used, with no token in the way that may not be replaced. Asks without the lock: other
    /// commands need it meanwhile.
    pub(super) async fn locked(
        &self,
        slot: &Slot<'_>,
        client: &Client,
        secret: &PlainSecret,
        replaced: Tokens,
    ) -> Result<Locked, Failure> {
        let mut replaced = replaced;
        loop {
            let mut locked = slot.folder.lock()?;
            let profiles = slot.folder.profiles()?.profiles;
            if self.asks_keyring(profiles.get(slot.profile).and_then(|profile| profile.place(slot.kind))) {
                locked = locked.and_keyring();
            }
            let others = self.others(slot, client, Some(secret)).await?;
            if others.iter().all(|other| other.is_among(&replaced)) {
                return Ok(locked);
            }
            drop(locked);
            replaced = self.may_replace(slot, client, Some(secret), replaced).await?;
        }
    }
}
