//! Settings of a token that are no rights: the options that create and update share, and how they are shown.

use clap::Args;
use jeton_client::{TokenInfo, TokenSettings};

/// Settings that are no rights. An expiry is not among them, since a new token and an update say it in other words.
#[derive(Debug, Args)]
pub struct Settings {
    /// The description
    #[arg(long, short)]
    description: Option<String>,
}

impl Settings {
    /// These settings, with the rights in `rights`.
    pub fn with(self, rights: TokenSettings) -> TokenSettings {
        TokenSettings { description: self.description, ..rights }
    }
}

/// The settings of a token, for people.
pub fn facts(token: &TokenInfo) -> Vec<(&'static str, String)> {
    vec![("Description", token.description.to_string())]
}
