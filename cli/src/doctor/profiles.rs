//! The check of the profiles of this user.

use super::check::Check;
use crate::{
    environment::Environment,
    profile::{folder_of, leftovers, told},
};

/// A finding if tokens are kept here that no profile names. A configuration that cannot be read is the finding of another check, and
/// so is the lack of a folder.
pub fn check() -> Option<Check> {
    let folder = folder_of(&Environment::read()).ok()?;
    let (found, advice) = told(&leftovers(&folder, &folder.profiles().ok()?).ok()?)?;
    Some(Check::warning("profiles", found, advice))
}
