//! `jeton token create`: creates a token.

use clap::Args;
use jeton_client::TokenSettings;

use super::{
    capabilities::{Granted, GrantedByManageToken},
    rights::{self, Scope},
    settings::Settings,
    show,
};
use crate::{connection::Connection, duration, failure::Failure, id, output, secret};

const EXAMPLES: &str = "\
Examples:
  jeton token create --description 'Nightly import' --write in.c-main --component keboola.ex-db-mysql --expires 7d
  T=$(jeton token create --read out.c-reports --quiet)
  jeton token create --project 5 --manage-tokens        by the manage token in JETON_MANAGE_TOKEN";

/// Only the secret goes to standard output; everything else goes to standard error.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Create {
    #[command(flatten)]
    settings: Settings,
    #[command(flatten)]
    scope: Scope,
    #[command(flatten)]
    granted: Granted,
    /// Lifetime, such as 1h, 7d or 4w (default: no expiry)
    #[arg(long, value_name = "DURATION", value_parser = duration::seconds)]
    expires: Option<i64>,
    #[command(flatten)]
    by_manage_token: GrantedByManageToken,
    /// Create it in this project, with the manage token
    #[arg(long, value_parser = id::number)]
    project: Option<u64>,
    /// Print only the secret
    #[arg(long, short)]
    quiet: bool,
}

impl Create {
    pub(super) async fn run(self, connection: &Connection) -> Result<(), Failure> {
        let settings = self.settings.with(TokenSettings {
            capabilities: self.granted.0.union(self.by_manage_token.0).into(),
            expires_in: self.expires.into(),
            ..self.scope.settings()
        });
        let jeton = if self.project.is_some() { connection.manage()? } else { connection.storage()? };
        secret::TOKEN.could_be_printed()?;
        let awaited = secret::awaited(
            "the token may have been created: look at `jeton token list` before you repeat it",
        );
        let created = match self.project {
            Some(project) => jeton.create_in(project, &settings).await?,
            None => jeton.create(&settings).await?,
        };
        let what = format!("token {} is created, and its secret", created.id);
        let secret = secret::TOKEN.handed_out(what, created.token.as_ref(), awaited);
        if !self.quiet && rights::is_empty(&created) {
            eprintln!(
                "jeton: warning: this token may do nothing but show itself: grant rights by --read, --write, --component or others, \
                 or now by `jeton token update {} --read BUCKET`",
                created.id
            );
        }
        let unprinted = secret::TOKEN.print(connection, &created.json, secret, || {
            if !self.quiet {
                output::aside(&show::facts(&created));
                eprintln!("\nThis is its secret. Save it now: it won't be shown again:");
            }
        });
        secret::deleted(&jeton, &created.id.to_string(), unprinted).await
    }
}
