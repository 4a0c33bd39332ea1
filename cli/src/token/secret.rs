//! Secrets on standard output: they are shown once, so none may get lost on its way there.

use jeton_client::{Client, Credential, PlainSecret, TokenInfo};

use crate::{failure::Failure, output, reveal};

/// Fails before a secret is made that standard output could not take.
pub fn could_be_written() -> Result<(), Failure> {
    output::could_take().map_err(|error| Failure::Output(format!("{error}; nothing is changed")))
}

/// Prints the secret of a token that was just made, alone on standard output.
pub fn print(token: &TokenInfo) {
    if let Some(secret) = &token.token {
        println!("{}", secret.expose());
    }
}

/// Deletes a new token whose secret could not be written, and says so.
pub async fn written_or_deleted(jeton: &Client, created: &TokenInfo) -> Result<(), Failure> {
    let (Some(error), Some(secret)) = (output::lost(), &created.token) else { return Ok(()) };
    // By itself: a manage token that made it could not.
    let own = jeton.with(Credential::Storage(secret.clone()));
    let id = &created.id;
    let outcome = match own.delete(id).await {
        Ok(_) => format!("token {id} is deleted"),
        Err(failure) => format!("token {id} goes on, since it could not be deleted: {failure}"),
    };
    Err(Failure::SecretLost { why: error.to_string(), outcome })
}

/// Keeps a secret in a file that could not be written and that nothing can make undone, and says so.
pub fn written_or_kept(file: &str, secret: Option<&PlainSecret>) -> Result<(), Failure> {
    let (Some(error), Some(secret)) = (output::lost(), secret) else { return Ok(()) };
    let outcome = match reveal::keep(file, secret) {
        Ok(path) => format!("it is in {}, which only you can read", path.display()),
        Err(failure) => format!("it is lost, since it could not be put into a file either: {failure}"),
    };
    Err(Failure::SecretLost { why: error.to_string(), outcome })
}
