//! What an authenticator answers, before and after it is read.

use jeton_core::passkey::{Algorithm, CredentialId};

/// What an authenticator answers to a registration.
#[derive(Debug)]
pub struct RegistrationAnswer {
    /// `clientDataJSON`.
    pub client_data: Vec<u8>,
    /// The authenticator data, with the new credential.
    pub authenticator_data: Vec<u8>,
}

/// What an authenticator answers to a sign-in.
#[derive(Debug)]
pub struct SignInAnswer {
    /// `clientDataJSON`.
    pub client_data: Vec<u8>,
    /// The authenticator data.
    pub authenticator_data: Vec<u8>,
    /// The signature of both.
    pub signature: Vec<u8>,
    /// The user handle, in base64url.
    pub user: String,
}

/// A new credential.
#[derive(Debug)]
pub struct NewCredential {
    /// Its id.
    pub id: CredentialId,
    /// How its signatures are verified.
    pub algorithm: Algorithm,
    /// Its public key, in base64url.
    pub key: String,
    /// Its signature counter.
    pub counter: u32,
}
