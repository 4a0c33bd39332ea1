//! Why the answer of an authenticator is not accepted.

/// Why the answer of an authenticator is not accepted. The text is for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Rejected {
    /// It is not what `WebAuthn` describes.
    #[error("The answer of the passkey cannot be read: {0}")]
    Malformed(&'static str),
    /// It answers another question, such as a registration instead of a sign-in.
    #[error("The answer of the passkey is one to another question")]
    OtherQuestion,
    /// It comes from a page of another origin, or from a frame in one.
    #[error("The passkey was used on a page of another site")]
    OtherOrigin,
    /// It is for another relying party.
    #[error("The passkey is one of another site")]
    OtherSite,
    /// Nobody touched the authenticator.
    #[error("The passkey was used without a person who confirms it")]
    NotPresent,
    /// The authenticator did not verify its user.
    #[error("The passkey was used without a PIN, a fingerprint or a face")]
    NotVerified,
    /// Its key has an algorithm that was not offered.
    #[error("The passkey uses an algorithm that is not supported here")]
    Algorithm,
    /// No passkey has this credential id, or it has another user handle.
    #[error("This passkey is not registered here, or was removed")]
    Unknown,
    /// The signature is not one of this passkey.
    #[error("The signature of the passkey is wrong")]
    Signature,
    /// The signature counter does not go on.
    #[error("The passkey has counted fewer sign-ins than were made with it: there may be a copy of it")]
    Counter,
}
