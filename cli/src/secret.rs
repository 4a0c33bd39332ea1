//! Secrets that an answer has once. A call that gives one must not lose it, whatever output was asked for.

use std::fmt::Display;

use jeton_client::{Client, Credential, Error, PlainSecret};
use serde_json::Value;

use crate::{at_signal::AtSignal, connection::Connection, failure::Failure, handed_out::HandedOut, output};

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

    /// Takes the secret of an answer. Until it is printed, a signal keeps it in a file.
    pub fn handed_out(
        self,
        what: String,
        secret: Option<&PlainSecret>,
        awaited: AtSignal,
    ) -> Option<HandedOut> {
        Some(HandedOut::here(what, self.file, secret?.clone(), awaited))
    }

    /// Prints an answer with its secret: as JSON, or the secret alone after what `beside` tells people. A secret that a filter of
    /// `--jq` leaves out is kept in a file. Returns one that standard output did not take.
    pub fn print(
        self,
        connection: &Connection,
        answer: &Value,
        secret: Option<HandedOut>,
        beside: impl FnOnce(),
    ) -> Option<HandedOut> {
        // A filter that recurses without end ends the program.
        let secret = secret.map(|secret| if output::is_filtered() { secret.written_ahead() } else { secret });
        let text = secret.as_ref().map_or("", |secret| secret.secret().expose());
        let mut is_shown = true;
        if connection.format.json {
            is_shown = output::json_with(answer, text);
        } else {
            beside();
            if !text.is_empty() {
                println!("{}", output::printable(text));
            }
        }
        let secret = secret?;
        if output::lost().is_some() {
            return Some(secret);
        }
        if is_shown {
            secret.done();
        } else {
            let field = self.field;
            eprintln!(
                "jeton: warning: --jq leaves out the field {field}, or changes it: it is a secret, shown only once. {}.",
                capital(&secret.rescued())
            );
        }
        None
    }
}

/// What a signal says while a call is on its way whose answer has a secret.
pub fn awaited(maybe: &str) -> AtSignal {
    AtSignal::says(maybe.to_owned())
}

/// Writes a secret that could not be printed to a file, since the call cannot be undone. Returns a message about it.
pub fn kept(unprinted: Option<HandedOut>) -> Result<(), Failure> {
    let (Some(lost), Some(secret)) = (output::lost(), unprinted) else { return Ok(()) };
    Err(Failure::SecretLost { why: lost.to_string(), outcome: secret.rescued() })
}

/// Deletes a new token whose secret could not be printed. Returns a message about it.
pub async fn deleted(jeton: &Client, id: &str, unprinted: Option<HandedOut>) -> Result<(), Failure> {
    let (Some(lost), Some(secret)) = (output::lost(), unprinted) else { return Ok(()) };
    // The new token deletes itself: the manage token that created it cannot.
    let own = jeton.with(Credential::Storage(secret.secret().clone()));
    let outcome = match own.delete(id).await {
        Ok(_) => {
            secret.done();
            format!("token {id} is deleted")
        }
        Err(failure) => not_deleted("token", &id, &failure, secret),
    };
    Err(Failure::SecretLost { why: lost.to_string(), outcome })
}

/// The same of a manage token.
pub async fn deleted_by(jeton: &Client, id: u64, unprinted: Option<HandedOut>) -> Result<(), Failure> {
    let (Some(lost), Some(secret)) = (output::lost(), unprinted) else { return Ok(()) };
    let outcome = match jeton.delete_manage_token(id).await {
        Ok(_) => {
            secret.done();
            format!("manage token {id} is deleted")
        }
        Err(failure) => not_deleted("manage token", &id, &failure, secret),
    };
    Err(Failure::SecretLost { why: lost.to_string(), outcome })
}

fn not_deleted(kind: &str, id: &dyn Display, failure: &Error, secret: HandedOut) -> String {
    let rescued = secret.rescued();
    format!("{kind} {id} could not be deleted and keeps working: {failure}; {rescued}")
}

/// A sentence with a capital at its beginning.
fn capital(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
