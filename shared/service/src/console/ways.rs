//! How members sign in to the console.

use crate::{oidc::Provider, passkey::RelyingParty};

/// The ways of signing in.
#[derive(Debug)]
pub struct Ways {
    /// Whether a link and a code are mailed.
    pub mail: bool,
    /// The identity provider.
    pub provider: Option<Provider>,
    /// The site that passkeys are for, if members can sign in with them.
    pub passkeys: Option<RelyingParty>,
}

impl Default for Ways {
    fn default() -> Self {
        Self { mail: true, provider: None, passkeys: None }
    }
}
