//! `jeton token shares`, `withdraw-share` and `send-share`.

use clap::Args;
use jeton_client::{PlainSecret, SendShare};
use serde_json::json;

use super::named::named;
use crate::{complete, connection::Connection, duration, failure::Failure, id, output, secret};

/// Lists pending shares of a token.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  jeton token shares 123456")]
pub struct List {
    /// The id of the token (default: the token that makes the call)
    #[arg(value_parser = id::token, add = complete::tokens())]
    id: Option<String>,
}

/// Withdraws a pending share.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  jeton token withdraw-share 123456 0123456789abcdef")]
pub struct Withdraw {
    /// The id of the token
    #[arg(value_parser = id::token, add = complete::tokens())]
    id: String,
    /// The id of the share
    #[arg(value_parser = id::share, add = complete::shares())]
    share: String,
}

/// Sends a pending share again.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  jeton token send-share 123456 0123456789abcdef --expires 3d")]
pub struct Send {
    /// The id of the token
    #[arg(value_parser = id::token, add = complete::tokens())]
    id: String,
    /// The id of the share
    #[arg(value_parser = id::share, add = complete::shares())]
    share: String,
    /// A message for the recipient
    #[arg(long, short)]
    message: Option<String>,
    /// How long it stays open from now on, such as 1h or 3d, at most 7d (default: 1d)
    #[arg(long, value_name = "DURATION", value_parser = duration::seconds)]
    expires: Option<i64>,
    /// Print the code instead of mailing it
    #[arg(long)]
    separate_code: bool,
}

impl List {
    pub(super) async fn run(self, connection: &Connection) -> Result<(), Failure> {
        let jeton = connection.storage()?;
        let shares = jeton.shares(&named(&jeton, self.id).await?).await?;
        if connection.format.json {
            output::json(&shares.json);
            return Ok(());
        }
        let rows = shares.iter().map(|share| {
            vec![share.id.clone(), share.recipient.clone(), share.created.clone(), share.expires.clone()]
        });
        output::table(&["id", "for", "sent", "until"], rows);
        Ok(())
    }
}

impl Withdraw {
    pub(super) async fn run(self, connection: &Connection) -> Result<(), Failure> {
        connection.storage()?.withdraw_share(&self.id, &self.share).await?;
        connection.format.print_empty();
        eprintln!("Share {} is withdrawn.", output::printable(&self.share));
        Ok(())
    }
}

impl Send {
    pub(super) async fn run(self, connection: &Connection) -> Result<(), Failure> {
        let wish = SendShare {
            message: self.message,
            expires_in: self.expires,
            separate_code: Some(self.separate_code),
        };
        let jeton = connection.storage()?;
        if self.separate_code {
            secret::CODE.could_be_printed()?;
        }
        let awaited = secret::awaited(&format!(
            "a new link may have been sent: look at `jeton token shares {}` before you repeat it",
            self.id
        ));
        let code = jeton.send_share(&self.id, &self.share, &wish).await?.map(PlainSecret::new);
        let answer = code.as_ref().map_or_else(|| json!({}), |code| json!({"code": code.expose()}));
        let handed_out =
            secret::CODE.handed_out("a new link was sent, and its code".to_owned(), code.as_ref(), awaited);
        let unprinted = secret::CODE.print(connection, &answer, handed_out, || {
            eprintln!("A new link was sent; the older one no longer works. `jeton token shares {}` shows its new id.", output::printable(&self.id));
            if code.is_some() {
                eprintln!("The page behind the link asks for this code:");
            }
        });
        secret::kept(unprinted)
    }
}
