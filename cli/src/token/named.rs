//! The token id of a command.

use jeton_client::Client;

use crate::failure::Failure;

/// The id that was given, or else that of the token that makes the call.
pub async fn named(jeton: &Client, id: Option<String>) -> Result<String, Failure> {
    match id {
        Some(id) => Ok(id),
        None => Ok(jeton.clone().patient().verify().await?.id.to_string()),
    }
}
