//! `jeton token share`: shares a token by e-mail.

use clap::Args;
use jeton_client::{PlainSecret, ShareToken};
use serde_json::json;

use crate::{complete, connection::Connection, duration, failure::Failure, id, secret};

/// Mails a link and a code. The mail does not contain the token.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  jeton token share 123456 colleague@example.org --message 'For the nightly import'"
)]
pub struct Share {
    /// The id of the token
    #[arg(value_parser = id::token, add = complete::tokens())]
    id: String,
    /// The e-mail address of the recipient
    email: String,
    /// A message for the recipient
    #[arg(long, default_value = "")]
    message: String,
    /// How long the link works, at most 7d (default: 1d)
    #[arg(long, value_name = "DURATION", value_parser = duration::seconds)]
    expires: Option<i64>,
    /// Print the code instead of mailing it, to send it another way
    #[arg(long)]
    separate_code: bool,
}

impl Share {
    pub(super) async fn run(self, connection: &Connection) -> Result<(), Failure> {
        let share = ShareToken {
            recipient_email: Some(self.email.clone()),
            message: Some(self.message),
            expires_in: self.expires,
            separate_code: Some(self.separate_code),
            ..ShareToken::default()
        };
        let jeton = connection.storage()?;
        if self.separate_code {
            secret::CODE.could_be_printed()?;
        }
        let awaited = secret::awaited(&format!(
            "the link may have been sent: `jeton token shares {}` lists it before you repeat it",
            self.id
        ));
        let code = jeton.share(&self.id, &share).await?.map(PlainSecret::new);
        let answer = code.as_ref().map_or_else(|| json!({}), |code| json!({"code": code.expose()}));
        let handed_out = secret::CODE.handed_out(
            format!("a link was sent to {}, and its code", self.email),
            code.as_ref(),
            awaited,
        );
        let unprinted = secret::CODE.print(connection, &answer, handed_out, || {
            eprintln!("A link was sent to {}.", self.email);
            if code.is_some() {
                eprintln!("The page behind the link asks for this code:");
            }
        });
        secret::kept(unprinted)
    }
}
