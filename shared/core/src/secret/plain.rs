//! Secrets in plain text.

use std::fmt;

use zeroize::Zeroizing;

/// A secret in plain text, for the one answer or mail that contains it.
///
/// Its `Debug` output is `***`, it cannot be serialized, and its memory is cleared on drop:
///
/// ```
/// # use jeton_core::secret::PlainSecret;
/// let secret = PlainSecret::new("1-2-jt…".to_owned());
/// assert_eq!(format!("{secret:?}"), "***");
/// ```
///
/// ```compile_fail,E0277
/// # use jeton_core::secret::PlainSecret;
/// let secret = PlainSecret::new("1-2-jt…".to_owned());
/// serde_json::to_string(&secret); // it is not `Serialize`
/// ```
///
/// ```compile_fail,E0277
/// # use jeton_core::secret::PlainSecret;
/// let secret = PlainSecret::new("1-2-jt…".to_owned());
/// println!("{secret}"); // it is not `Display` either
/// ```
#[derive(Clone)]
pub struct PlainSecret(Zeroizing<String>);

impl PlainSecret {
    /// Wraps a secret.
    pub fn new(secret: String) -> Self {
        Self(Zeroizing::new(secret))
    }

    /// The secret itself. Each call is a place where it may leave the process.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PlainSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}
