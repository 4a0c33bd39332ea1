//! Whether other tokens may be replaced.

use std::io::ErrorKind;

use jeton_client::PlainSecret;

use super::{Login, Tokens};
use crate::{
    connection,
    failure::Failure,
    presented,
    profile::{Locked, Place, Slot},
    prompt,
};

impl Login {
    /// Asks before other tokens are replaced, which may be kept nowhere else. `given` is the new one; without it, it is of a link.
    /// `allowed` may be replaced already. Returns those that may be. Fails where nobody can be asked.
    pub(super) fn may_replace(
        &self,
        slot: &Slot<'_>,
        given: Option<&PlainSecret>,
        allowed: Tokens,
    ) -> Result<Tokens, Failure> {
        let others = self.others(slot, given)?;
        if self.yes || others.is_subset(&allowed) {
            return Ok(allowed);
        }
        let (name, kind) = (slot.profile, slot.kind);
        let shown = others.iter().cloned().collect::<Vec<_>>().join(" and ");
        if !prompt::can_ask() {
            return Err(Failure::Missing(format!(
                "profile {name} keeps another {kind}, {shown}: pass --profile OTHER to keep both, or --yes to replace it"
            )));
        }
        let question =
            format!("Profile {name} keeps another {kind}, {shown}. Replace it? (--profile OTHER keeps both)");
        connection::confirm(&question, false)?;
        Ok(others)
    }

    /// The other tokens that a login replaces: what the profile keeps now, and what is where the new one is kept though the
    /// configuration does not name it, as after that was removed, or of another configuration of this user.
    fn others(&self, slot: &Slot<'_>, given: Option<&PlainSecret>) -> Result<Tokens, Failure> {
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
        let mut others = Tokens::new();
        match slot.read(Place::File) {
            Ok(kept) => drop(others.insert(presented::masked(&kept))),
            Err(Failure::File(_, error)) if error.kind() == ErrorKind::NotFound => {}
            Err(_) => drop(others.insert("which cannot be read".to_owned())),
        }
        let asks_keyring = self.keep_in != Some(Place::File) || place == Some(Place::Keyring);
        if asks_keyring && self.keyring_fails.get().is_none() {
            match slot.in_keyring() {
                Ok(kept) => others.extend(kept.as_ref().map(presented::masked)),
                // It stays in the keyring, if there is one.
                Err(why) => drop(self.keyring_fails.set(why)),
            }
        }
        if let Some(given) = given {
            others.remove(&presented::masked(given));
        }
        Ok(others)
    }

    /// Locks the folder, with no token in the way that may not be replaced. Asks without the lock: other commands need it meanwhile.
    pub(super) fn locked(
        &self,
        slot: &Slot<'_>,
        secret: &PlainSecret,
        replaced: Tokens,
    ) -> Result<Locked, Failure> {
        let mut replaced = replaced;
        loop {
            let locked = slot.folder.lock()?;
            let others = self.others(slot, Some(secret))?;
            if self.yes || others.is_subset(&replaced) {
                return Ok(locked);
            }
            drop(locked);
            replaced = self.may_replace(slot, Some(secret), replaced)?;
        }
    }
}
