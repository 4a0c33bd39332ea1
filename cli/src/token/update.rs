//! `jeton token update`.

use clap::Args;
use jeton_client::Changes;

use super::{rights::Scope, show};
use crate::{connection::Connection, failure::Failure, output};

/// Replaces what is named and leaves the rest.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  jeton token update 123456 --description 'Nightly import'
  jeton token update 123456 --read in.c-main --write out.c-reports    all that it may do with buckets
  jeton token update 123456 --no-components --jobs=false")]
pub struct Update {
    /// The id of the token
    id: String,
    /// What it is for
    #[arg(long, short)]
    description: Option<String>,
    #[command(flatten)]
    scope: Scope,
    /// No bucket at all
    #[arg(long, conflicts_with_all = ["read", "write"])]
    no_buckets: bool,
    /// No component at all
    #[arg(long, conflicts_with = "components")]
    no_components: bool,
    /// Read files that other tokens uploaded
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    files: Option<bool>,
    /// Empty the trash
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    trash: Option<bool>,
    /// Start jobs
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    jobs: Option<bool>,
}

impl Update {
    pub(super) async fn run(self, connection: &Connection) -> Result<(), Failure> {
        let changes = Changes {
            description: self.description,
            bucket_permissions: if self.no_buckets { Some([].into()) } else { self.scope.buckets() },
            component_access: if self.no_components { Some([].into()) } else { self.scope.components() },
            can_read_all_file_uploads: self.files,
            can_purge_trash: self.trash,
            can_create_jobs: self.jobs,
        };
        if changes == Changes::default() {
            return Err(Failure::Missing(
                "say what to change; `jeton token update --help` lists it".to_owned(),
            ));
        }
        let token = connection.storage()?.update(&self.id, &changes).await?;
        if connection.json {
            output::json(&token.json);
        } else {
            output::facts(&show::facts(&token));
        }
        Ok(())
    }
}
