//! Why nobody is signed in.

/// Why nobody is signed in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The provider does not answer, or its configuration or ours is wrong.
    #[error("the identity provider cannot be used: {0}")]
    Unavailable(String),
    /// The answer of the provider is not accepted.
    #[error("the answer of the identity provider is not accepted: {0}")]
    Rejected(String),
    /// The provider does not say that the address is verified.
    #[error("the identity provider does not say that the e-mail address is verified")]
    Unverified,
    /// The provider names no e-mail address, or one that does not parse here.
    #[error(
        "the identity provider names no e-mail address of ASCII characters, which is all that is accepted here"
    )]
    Address,
    /// Too many others wait for the provider.
    #[error("too many sign-ins wait for the identity provider")]
    Busy,
}
