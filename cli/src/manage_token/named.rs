//! The manage token that a command is about.

use jeton_client::Client;

use crate::failure::Failure;

/// The id that was given, or else that of the manage token that makes the call.
pub async fn named(jeton: &Client, id: Option<u64>) -> Result<u64, Failure> {
    match id {
        Some(id) => Ok(id),
        None => Ok(jeton.clone().patient().verify_manage_token().await?.id.into()),
    }
}
