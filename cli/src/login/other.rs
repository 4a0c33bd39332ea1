//! Tokens that a login replaces.

use jeton_client::PlainSecret;

/// Tokens that a login replaces.
pub type Tokens = Vec<Other>;

/// A token that a login replaces, which may be kept nowhere else.
#[derive(Debug, Clone)]
pub struct Other {
    /// None if it cannot be read.
    pub secret: Option<PlainSecret>,
    /// What is shown of it.
    pub shown: String,
    /// Whether it is the token of the login by another secret, which may work as well.
    pub may_work: bool,
}

impl Other {
    /// Whether one of these has the same secret.
    pub fn is_among(&self, others: &Tokens) -> bool {
        let secret = |other: &Self| other.secret.as_ref().map(|secret| secret.expose().to_owned());
        others.iter().any(|other| secret(other) == secret(self))
    }
}
