//! `jeton token share`.

use clap::Args;
use serde_json::json;

use crate::{connection::Connection, duration, failure::Failure, output};

/// Mails a link and a code, and never the token.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  jeton token share 123456 colleague@example.org --message 'For the nightly import'"
)]
pub struct Share {
    /// The id of the token
    id: String,
    /// Whom to mail
    email: String,
    /// What the mail says to them
    #[arg(long, default_value = "")]
    message: String,
    /// How long the link works, at most 7d; a day when absent
    #[arg(long, value_name = "DURATION", value_parser = duration::seconds)]
    expires: Option<u64>,
    /// Print the code here in place of mailing it, to be passed on in another way
    #[arg(long)]
    separate_code: bool,
}

impl Share {
    pub(super) async fn run(self, connection: &Connection) -> Result<(), Failure> {
        let share = jeton_client::Share {
            recipient_email: self.email.clone(),
            message: self.message,
            expires_in: self.expires,
            separate_code: self.separate_code,
        };
        let code = connection.storage()?.share(&self.id, &share).await?;
        if connection.json {
            output::json(&code.map_or_else(|| json!({}), |code| json!({"code": code})));
            return Ok(());
        }
        eprintln!("A link is on its way to {}.", self.email);
        if let Some(code) = code {
            eprintln!("The page it opens asks for this code:");
            println!("{code}");
        }
        Ok(())
    }
}
