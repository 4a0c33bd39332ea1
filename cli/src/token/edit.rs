//! What an update changes of the rights, as people type it.

use clap::Args;
use jeton_client::Changes;

use super::rights::Scope;

/// Rights that are replaced. What is not named stays.
#[derive(Debug, Args)]
pub struct Edit {
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

impl Edit {
    /// The changes; none when nothing is named.
    pub fn changes(self) -> Option<Changes> {
        let changes = Changes {
            description: None,
            bucket_permissions: if self.no_buckets { Some([].into()) } else { self.scope.buckets() },
            component_access: if self.no_components { Some([].into()) } else { self.scope.components() },
            can_read_all_file_uploads: self.files,
            can_purge_trash: self.trash,
            can_create_jobs: self.jobs,
            ..Changes::default()
        };
        Some(changes).filter(|changes| *changes != Changes::default())
    }
}
