//! `jeton token update`: changes a token.

use clap::Args;
use jeton_client::TokenSettings;

use super::{edit::Edit, settings::Settings, show};
use crate::{complete, connection::Connection, duration, failure::Failure, id, output};

/// Changes the given fields and leaves the others.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  jeton token update 123456 --description 'Nightly import'
  jeton token update 123456 --read in.c-main --write out.c-reports    replaces all of its bucket rights
  jeton token update 123456 --no-components --jobs=false
  jeton token update 123456 --expires 7d                              it expires in seven days
  jeton token update 123456 --disabled                                it is refused until it is enabled")]
pub struct Update {
    /// The id of the token
    #[arg(value_parser = id::token, add = complete::tokens())]
    id: String,
    #[command(flatten)]
    settings: Settings,
    #[command(flatten)]
    edit: Edit,
    /// Disable the token; it is refused until `--disabled=false`
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", add = complete::booleans())]
    disabled: Option<bool>,
    /// New lifetime from now on, such as 1h, 7d or 4w; only a master token may change it
    #[arg(long, value_name = "DURATION", value_parser = duration::seconds)]
    expires: Option<i64>,
}

impl Update {
    pub(super) async fn run(self, connection: &Connection) -> Result<(), Failure> {
        let changes = self.settings.with(TokenSettings {
            is_disabled: self.disabled,
            expires_in: self.expires.into(),
            ..self.edit.changes().unwrap_or_default()
        });
        if changes == TokenSettings::default() {
            return Err(Failure::Missing(
                "nothing to change: pass at least one option; `jeton token update --help` lists them"
                    .to_owned(),
            ));
        }
        let token = connection.storage()?.update(&self.id, &changes).await?;
        if connection.format.json {
            output::json(&token.json);
        } else {
            output::facts(&show::facts(&token));
        }
        Ok(())
    }
}
