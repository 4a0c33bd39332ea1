//! A secret in the clear.

use std::fmt;

use zeroize::Zeroizing;

/// A secret in the clear, on its way to the one answer or mail that carries it.
///
/// It prints as `***`, cannot be serialised, and is wiped when dropped.
#[derive(Clone)]
pub struct PlainSecret(Zeroizing<String>);

impl PlainSecret {
    /// Takes charge of a secret.
    pub fn new(secret: String) -> Self {
        Self(Zeroizing::new(secret))
    }

    /// The secret itself. Every call is a place where it may leave the process.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PlainSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}
