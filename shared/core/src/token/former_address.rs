//! What the address of a former member is recognized by.

use serde::{Deserialize, Serialize};

use crate::{
    email::Email,
    id::ProjectId,
    secret::{Label, SecretHash},
};

/// The SHA-256 of an address with a project, so that nobody reads the address in a token. It is not hard to guess.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FormerAddress(String);

impl FormerAddress {
    /// That of this address.
    pub fn of(project: ProjectId, email: &Email) -> Self {
        let hash = SecretHash::of(Label::FormerAddress, &[&project.to_string(), &email.key()]);
        Self(hash.hexadecimal())
    }
}
