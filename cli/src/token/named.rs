//! Which token a command is about.

use jeton_client::Client;

use crate::failure::Failure;

/// The token that is named, or else the one that asks.
pub async fn named(jeton: &Client, id: Option<String>) -> Result<String, Failure> {
    match id {
        Some(id) => Ok(id),
        None => Ok(jeton.verify().await?.id.clone()),
    }
}
