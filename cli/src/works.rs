//! Whether Jeton still accepts a secret.

use jeton_client::{Client, Error, PlainSecret};

use crate::{presented, profile::Kind};

/// The code of an answer to a disabled token.
const DISABLED: &str = "storage.tokenDisabled";

/// Whether another secret of a token may still work than the given one. Jeton is asked about the copies of the token with the given secret
/// alone: the use of another one could end it.
pub async fn another_works(
    client: &Client,
    kind: Kind,
    given: &PlainSecret,
    other: &PlainSecret,
) -> Result<bool, Error> {
    let id = presented::token_id(given);
    // No use of a manage token ends another secret.
    let Some(id) = id else { return works(client, kind, other).await };
    match client.with(presented::credential(kind, given.clone())).token(id).await {
        Ok(token) => Ok(token.value.info.copies.is_none_or(|copies| copies.len() > 1)),
        // A copy that a newer one replaces soon may not see the copies.
        Err(error) if error.status() == Some(403) => Ok(true),
        Err(error) => Err(error),
    }
}

/// Whether Jeton accepts a secret, by asking it, which counts as a use. Any other answer than yes or no is an error: nothing is known then. A token
/// that is disabled may be enabled again.
pub async fn works(client: &Client, kind: Kind, secret: &PlainSecret) -> Result<bool, Error> {
    let client = client.with(presented::credential(kind, secret.clone()));
    let verified = match kind {
        Kind::Storage => client.verify().await.map(drop),
        Kind::Manage => client.verify_manage_token().await.map(drop),
    };
    match verified {
        Ok(()) => Ok(true),
        Err(Error::BadToken) => Ok(false),
        Err(Error::Rejected(why)) if why.status == 401 && why.code != DISABLED => Ok(false),
        Err(error) => Err(error),
    }
}
