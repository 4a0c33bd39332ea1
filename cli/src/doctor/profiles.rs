//! The check of the profiles of this user.

use super::check::Check;
use crate::{
    environment::Environment,
    profile::{folder_of, in_open_keyring, leftovers, told},
};

/// A finding if tokens are kept here that no profile names. A configuration that cannot be read is the finding of another check, and
/// so is the lack of a folder.
pub fn check() -> Option<Check> {
    let folder = folder_of(&Environment::read()).ok()?;
    let in_keyring = in_open_keyring();
    let left = leftovers(&folder, &folder.profiles().ok()?, in_keyring.iter().flatten()).ok()?;
    let (found, advice) = told(&left)?;
    Some(Check::warning("profiles", found, advice))
}
