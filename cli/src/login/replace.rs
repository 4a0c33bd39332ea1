//! Whether another token that a profile keeps may be replaced.

use std::io::ErrorKind;

use jeton_client::PlainSecret;

use super::Login;
use crate::{
    connection,
    failure::Failure,
    presented,
    profile::{Locked, Place, Slot},
    prompt,
};

/// Another token that the profile keeps.
enum Earlier {
    /// There is none.
    None,
    /// This one may be replaced.
    Replaced(String),
    /// This one may be replaced after a question.
    Asks(String),
}

impl Login {
    /// Asks before another token is replaced, which may be kept nowhere else. `given` is the new one; without it, it is of a link.
    /// `allowed` is the one that may be replaced already. Returns the one that may be. Fails where nobody can be asked.
    pub(super) fn may_replace(
        &self,
        slot: &Slot<'_>,
        given: Option<&PlainSecret>,
        allowed: Option<&str>,
    ) -> Result<Option<String>, Failure> {
        let shown = match self.earlier(slot, given, allowed)? {
            Earlier::None => return Ok(None),
            Earlier::Replaced(shown) => return Ok(Some(shown)),
            Earlier::Asks(shown) => shown,
        };
        let (name, kind) = (slot.profile, slot.kind);
        if !prompt::can_ask() {
            return Err(Failure::Missing(format!(
                "profile {name} keeps another {kind}, {shown}: pass --profile OTHER to keep both, or --yes to replace it"
            )));
        }
        let question =
            format!("Profile {name} keeps another {kind}, {shown}. Replace it? (--profile OTHER keeps both)");
        connection::confirm(&question, false)?;
        Ok(Some(shown))
    }

    /// The token that the profile keeps now.
    fn earlier(
        &self,
        slot: &Slot<'_>,
        given: Option<&PlainSecret>,
        allowed: Option<&str>,
    ) -> Result<Earlier, Failure> {
        let profiles = slot.folder.profiles()?;
        let earlier = profiles.profiles.get(slot.profile);
        if let Some(other) = earlier.filter(|earlier| earlier.url != slot.url && !earlier.is_empty()) {
            let name = slot.profile;
            return Err(Failure::Missing(format!(
                "profile {name} is for {}: pass --profile OTHER to log in to {}, or `jeton logout --profile {name}` first",
                other.url, slot.url
            )));
        }
        let Some(place) = earlier.and_then(|profile| profile.place(slot.kind)) else {
            return Ok(Earlier::None);
        };
        let shown = match slot.read(place) {
            Ok(kept) => presented::masked(&kept),
            // It stays in the keyring, if there is one.
            Err(_) if place == Place::Keyring => return Ok(Earlier::None),
            Err(Failure::File(_, error)) if error.kind() == ErrorKind::NotFound => return Ok(Earlier::None),
            Err(_) => "which cannot be read".to_owned(),
        };
        let is_same = given.is_some_and(|given| presented::masked(given) == shown);
        let may_be_replaced = self.yes || is_same || allowed == Some(&shown);
        Ok(if may_be_replaced { Earlier::Replaced(shown) } else { Earlier::Asks(shown) })
    }

    /// Locks the folder, with no token in the way that may not be replaced. Asks without the lock: other commands need it meanwhile.
    pub(super) fn locked(
        &self,
        slot: &Slot<'_>,
        secret: &PlainSecret,
        replaced: Option<&str>,
    ) -> Result<Locked, Failure> {
        let mut replaced = replaced.map(str::to_owned);
        loop {
            let locked = slot.folder.lock()?;
            if !matches!(self.earlier(slot, Some(secret), replaced.as_deref())?, Earlier::Asks(_)) {
                return Ok(locked);
            }
            drop(locked);
            replaced = self.may_replace(slot, Some(secret), replaced.as_deref())?;
        }
    }
}
