//! Whether Jeton still accepts a secret.

use jeton_client::{Client, Error, PlainSecret};

use crate::{presented, profile::Kind};

/// Whether Jeton accepts a secret, by asking it. Any other answer than yes or "invalid token" is an error: nothing is known then.
pub async fn works(client: &Client, kind: Kind, secret: &PlainSecret) -> Result<bool, Error> {
    let client = client.with(presented::credential(kind, secret.clone()));
    let verified = match kind {
        Kind::Storage => client.verify().await.map(drop),
        Kind::Manage => client.verify_manage_token().await.map(drop),
    };
    match verified {
        Ok(()) => Ok(true),
        Err(error) if error.status() == Some(401) || matches!(error, Error::BadToken) => Ok(false),
        Err(error) => Err(error),
    }
}
