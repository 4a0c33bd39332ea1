//! Secrets that an answer has once. A call that gives one must not lose it, whatever output was asked for.

use jeton_client::{Client, Credential, PlainSecret, TokenInfo};
use serde_json::Value;

use crate::{connection::Connection, failure::Failure, output, reveal};

/// The secret of an answer.
#[derive(Debug, Clone, Copy)]
pub struct Once {
    /// Its field.
    field: &'static str,
    /// The name of a file for it, after `jeton-`.
    file: &'static str,
}

/// The secret of a token.
pub const TOKEN: Once = Once { field: "token", file: "token" };

/// The secret of a manage token.
pub const MANAGE_TOKEN: Once = Once { field: "token", file: "manage-token" };

/// The code of a share.
pub const CODE: Once = Once { field: "code", file: "code" };

impl Once {
    /// Fails if the fields that were chosen leave the secret out, or if standard output cannot take it. Called before the call.
    pub fn could_be_printed(self) -> Result<(), Failure> {
        let field = self.field;
        if let Some(fields) = output::fields_without(field) {
            return Err(Failure::Missing(format!(
                "--json={fields} leaves out the field {field}: it is a secret, which is shown only once; pass --json={fields},{field}"
            )));
        }
        output::could_take().map_err(|error| Failure::Output(format!("{error}; nothing is changed")))
    }

    /// Prints an answer with its secret: as JSON, or the secret alone after what `beside` tells people. A secret that a filter of
    /// `--jq` leaves out is kept in a file.
    pub fn print(
        self,
        connection: &Connection,
        answer: &Value,
        secret: Option<&PlainSecret>,
        beside: impl FnOnce(),
    ) {
        if !connection.format.json {
            beside();
            if let Some(secret) = secret {
                println!("{}", output::printable(secret.expose()));
            }
            return;
        }
        let Some(secret) = secret else { return output::json(answer) };
        let is_shown = output::json_with(answer, secret.expose());
        if !is_shown && output::lost().is_none() {
            self.keep_beside(secret);
        }
    }

    /// Keeps a secret that a filter has left out. Not on standard error at first, which a log may capture.
    fn keep_beside(self, secret: &PlainSecret) {
        let why = format!(
            "--jq leaves out the field {}, or changes it: it is a secret, shown only once",
            self.field
        );
        match reveal::keep(self.file, secret) {
            Ok(path) => {
                eprintln!("jeton: warning: {why}, and is now in {}, which only you can read", path.display());
            }
            Err(error) => {
                eprintln!("jeton: warning: {why}. No file could be written ({error}). It is");
                eprintln!("{}", secret.expose());
            }
        }
    }

    /// Writes a secret that could not be printed to a file, since the call cannot be undone. Returns a message about it.
    pub fn written_or_kept(self, secret: Option<&PlainSecret>) -> Result<(), Failure> {
        let (Some(lost), Some(secret)) = (output::lost(), secret) else { return Ok(()) };
        let outcome = match reveal::keep(self.file, secret) {
            Ok(path) => format!("it is in {}, which only you can read", path.display()),
            Err(failure) => {
                format!("it is lost, because it could not be written to a file either: {failure}")
            }
        };
        Err(Failure::SecretLost { why: lost.to_string(), outcome })
    }
}

/// Deletes a new token whose secret could not be printed. Returns a message about it.
pub async fn written_or_deleted(jeton: &Client, created: &TokenInfo) -> Result<(), Failure> {
    let (Some(lost), Some(secret)) = (output::lost(), &created.token) else { return Ok(()) };
    // The new token deletes itself: the manage token that created it cannot.
    let own = jeton.with(Credential::Storage(secret.clone()));
    let id = &created.id;
    let outcome = match own.delete(id).await {
        Ok(_) => format!("token {id} is deleted"),
        Err(failure) => format!("token {id} could not be deleted and keeps working: {failure}"),
    };
    Err(Failure::SecretLost { why: lost.to_string(), outcome })
}
