//! Command-line options that edit the rights of a token.

use clap::Args;
use jeton_client::Changes;

use super::{capabilities::Changed, rights::Scope};

/// The rights to replace. Those that are not given stay.
#[derive(Debug, Args)]
pub struct Edit {
    #[command(flatten)]
    scope: Scope,
    /// Remove all buckets
    #[arg(long, conflicts_with_all = ["read", "write"])]
    no_buckets: bool,
    /// Remove all components
    #[arg(long, conflicts_with = "components")]
    no_components: bool,
    #[command(flatten)]
    capabilities: Changed,
}

impl Edit {
    /// The changes; `None` if no option was given.
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
