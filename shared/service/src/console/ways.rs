//! How members sign in to the console.

use crate::oidc::Provider;

/// The ways of signing in.
#[derive(Debug)]
pub struct Ways {
    /// Whether a link and a code are mailed.
    pub mail: bool,
    /// The identity provider.
    pub provider: Option<Provider>,
}

impl Default for Ways {
    fn default() -> Self {
        Self { mail: true, provider: None }
    }
}
