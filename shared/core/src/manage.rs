//! Manage tokens: keys for operations outside any one project.

use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    error::Error,
    id::ManageTokenId,
    secret::{self, Label, PlainSecret, SecretHash},
    time::Timestamp,
};

/// A key for making projects and adding or removing members.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ManageToken {
    /// Its id.
    pub id: ManageTokenId,
    /// The hash of its string.
    pub hash: SecretHash,
    /// What it is for.
    pub description: String,
    /// When it was made.
    pub created: Timestamp,
    /// When it ends, if it does.
    pub expires: Option<Timestamp>,
    /// Fields written by a newer Jeton, kept as they are.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

impl ManageToken {
    /// Makes a manage token. The second value is its string, to be shown once.
    pub fn create(description: &str, now: Timestamp, rng: &mut impl CryptoRng) -> (Self, PlainSecret) {
        let id = ManageTokenId::random(rng);
        let secret = secret::mint_manage_token(id, rng);
        let hash = SecretHash::of(Label::ManageToken, &[secret.expose()]);
        let token = Self {
            id,
            hash,
            description: description.to_owned(),
            created: now,
            expires: None,
            unknown: Map::new(),
        };
        (token, secret)
    }

    /// Whether the presented string opens this manage token now.
    ///
    /// Errors: [`Error::InvalidToken`], and [`Error::TokenExpired`] only for the right string.
    pub fn authenticate(&self, presented: &str, now: Timestamp) -> Result<(), Error> {
        if !self.hash.matches(&SecretHash::of(Label::ManageToken, &[presented])) {
            return Err(Error::InvalidToken);
        }
        if self.expires.is_some_and(|end| now >= end) {
            return Err(Error::TokenExpired);
        }
        Ok(())
    }
}
