//! Command-line options that edit the rights of a token.

use clap::Args;
use jeton_client::TokenSettings;

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
    pub fn changes(self) -> Option<TokenSettings> {
        let mut changes = TokenSettings { capabilities: self.capabilities.0, ..self.scope.settings() };
        if self.no_buckets {
            changes.bucket_permissions = Some([].into());
        }
        if self.no_components {
            changes.component_access = Some([].into());
        }
        Some(changes).filter(|changes| *changes != TokenSettings::default())
    }
}
