//! What an update changes of the rights, as people type it.

use clap::Args;
use jeton_client::Changes;

use super::{capabilities::Changed, rights::Scope};

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
    #[command(flatten)]
    capabilities: Changed,
}

impl Edit {
    /// The changes; none when nothing is named.
    pub fn changes(self) -> Option<Changes> {
        let changes = Changes {
            description: None,
            bucket_permissions: if self.no_buckets { Some([].into()) } else { self.scope.buckets() },
            component_access: if self.no_components { Some([].into()) } else { self.scope.components() },
            capabilities: self.capabilities.0,
            ..Changes::default()
        };
        Some(changes).filter(|changes| *changes != Changes::default())
    }
}
