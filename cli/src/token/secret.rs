//! Secrets on standard output. A secret is shown once, so a failed write must not lose it.

use jeton_client::{Client, Credential, PlainSecret, TokenInfo};

use crate::{failure::Failure, output, reveal};

/// Fails if standard output cannot take a secret. Called before one is created.
pub fn could_be_written() -> Result<(), Failure> {
    output::could_take().map_err(|error| Failure::Output(format!("{error}; nothing is changed")))
}

/// Prints the secret of a new token to standard output.
pub fn print(token: &TokenInfo) {
    if let Some(secret) = &token.token {
        println!("{}", secret.expose());
    }
}

/// Deletes a new token whose secret could not be printed. Returns a message about it.
pub async fn written_or_deleted(jeton: &Client, created: &TokenInfo) -> Result<(), Failure> {
    let (Some(error), Some(secret)) = (output::lost(), &created.token) else { return Ok(()) };
    // The new token deletes itself: the manage token that created it cannot.
    let own = jeton.with(Credential::Storage(secret.clone()));
    let id = &created.id;
    let outcome = match own.delete(id).await {
        Ok(_) => format!("token {id} is deleted"),
        Err(failure) => format!("token {id} could not be deleted and keeps working: {failure}"),
    };
    Err(Failure::SecretLost { why: error.to_string(), outcome })
}

/// Writes a secret that could not be printed to a file, since its refresh cannot be undone. Returns a message about it.
pub fn written_or_kept(file: &str, secret: Option<&PlainSecret>) -> Result<(), Failure> {
    let (Some(error), Some(secret)) = (output::lost(), secret) else { return Ok(()) };
    let outcome = match reveal::keep(file, secret) {
        Ok(path) => format!("it is in {}, which only you can read", path.display()),
        Err(failure) => format!("it is lost, because it could not be written to a file either: {failure}"),
    };
    Err(Failure::SecretLost { why: error.to_string(), outcome })
}
