//! `jeton token update`.

use clap::Args;
use jeton_client::Changes;

use super::{edit::Edit, show};
use crate::{connection::Connection, duration, failure::Failure, id, output};

/// Replaces what is named and leaves the rest.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  jeton token update 123456 --description 'Nightly import'
  jeton token update 123456 --read in.c-main --write out.c-reports    all that it may do with buckets
  jeton token update 123456 --no-components --jobs=false
  jeton token update 123456 --expires 7d                              it ends in seven days
  jeton token update 123456 --disabled                                nobody gets in with it any more")]
pub struct Update {
    /// The id of the token
    #[arg(value_parser = id::token)]
    id: String,
    /// What it is for
    #[arg(long, short)]
    description: Option<String>,
    #[command(flatten)]
    edit: Edit,
    /// Switch it off: nobody gets in with it until `--disabled=false`
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    disabled: Option<bool>,
    /// How long it lives from now on, such as 1h, 7d or 4w; for master tokens to move
    #[arg(long, value_name = "DURATION", value_parser = duration::seconds)]
    expires: Option<u64>,
}

impl Update {
    pub(super) async fn run(self, connection: &Connection) -> Result<(), Failure> {
        let description = self.description;
        let rights = self.edit.changes();
        let (is_disabled, expires_in) = (self.disabled, self.expires);
        if description.is_none() && rights.is_none() && is_disabled.is_none() && expires_in.is_none() {
            return Err(Failure::Missing(
                "say what to change; `jeton token update --help` lists it".to_owned(),
            ));
        }
        let changes = Changes { description, is_disabled, expires_in, ..rights.unwrap_or_default() };
        let token = connection.storage()?.update(&self.id, &changes).await?;
        if connection.json {
            output::json(&token.json);
        } else {
            output::facts(&show::facts(&token));
        }
        Ok(())
    }
}
