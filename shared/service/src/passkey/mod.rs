//! Passkeys (`WebAuthn`, level 2): the checks of what an authenticator answers.
//!
//! An answer is checked as the specification lists it, for one relying party, one origin, and with user verification. There is
//! no attestation: whatever a browser says about the make of an authenticator is neither asked for nor read.

mod answer;
mod authenticator_data;
mod client_data;
mod public_key;
mod rejected;
mod relying_party;

pub use answer::{NewCredential, RegistrationAnswer, SignInAnswer};
pub use rejected::Rejected;
pub use relying_party::RelyingParty;

use jeton_core::passkey::Passkey;

use self::{authenticator_data::AuthenticatorData, client_data::ClientData};

/// The longest signature, in bytes: of RSA with 4,096 bits.
const LONGEST_SIGNATURE: usize = 512;

impl RelyingParty {
    /// The challenge of an answer to a registration, which comes from a page of this origin.
    ///
    /// Errors: [`Rejected`].
    pub fn challenge_of_registration(&self, answer: &RegistrationAnswer) -> Result<String, Rejected> {
        ClientData::parse(&answer.client_data)?.challenge(client_data::CREATE, &self.origin)
    }

    /// The challenge of an answer to a sign-in, which comes from a page of this origin.
    ///
    /// Errors: [`Rejected`].
    pub fn challenge_of_sign_in(&self, answer: &SignInAnswer) -> Result<String, Rejected> {
        ClientData::parse(&answer.client_data)?.challenge(client_data::GET, &self.origin)
    }

    /// The credential of a registration. Whoever calls this has compared the challenge.
    ///
    /// Errors: [`Rejected`].
    pub fn registered(&self, answer: &RegistrationAnswer) -> Result<NewCredential, Rejected> {
        let data = AuthenticatorData::parse(&answer.authenticator_data)?;
        data.require(&self.id)?;
        data.credential()
    }

    /// Verifies a sign-in with a passkey, and returns the signature counter. Whoever calls this has compared the challenge.
    ///
    /// Errors: [`Rejected`].
    pub fn signed_in(&self, passkey: &Passkey, answer: &SignInAnswer) -> Result<u32, Rejected> {
        if answer.user != passkey.user {
            return Err(Rejected::Unknown);
        }
        if answer.signature.len() > LONGEST_SIGNATURE {
            return Err(Rejected::Malformed("the signature is too long"));
        }
        let data = AuthenticatorData::parse(&answer.authenticator_data)?;
        data.require(&self.id)?;
        public_key::verify(passkey, &answer.authenticator_data, &answer.client_data, &answer.signature)?;
        // An authenticator that counts has counted this signature. One that goes back is perhaps a copy of it.
        let counts = data.counter != 0 || passkey.counter != 0;
        if counts && data.counter <= passkey.counter {
            return Err(Rejected::Counter);
        }
        Ok(data.counter)
    }
}

#[cfg(test)]
mod tests;
