//! Hashes of secrets, which is all that a store keeps.

use std::fmt;

use ring::digest::{Context, SHA256};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use subtle::ConstantTimeEq as _;

/// SHA-256 of a label and a secret. Secrets have 256 random bits, so no slow hash is needed.
#[derive(Clone, Copy)]
pub struct SecretHash([u8; 32]);

/// The purpose of a hash. It is part of the hashed text, so that a hash of one kind is not valid as another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Label {
    /// The secret of a copy of a token.
    Token,
    /// The secret of a manage token.
    ManageToken,
    /// The secret in the link of a share.
    Link,
    /// The secret in the link of a share, with its code.
    LinkAndCode,
    /// The session cookie.
    Session,
    /// The cookie of a browser that requested a sign-in.
    Browser,
    /// The cookie of a known browser, with the address that it signed in with.
    KnownBrowser,
    /// Not a secret: the address of the person who filled a form of the console, in its cookie.
    Author,
    /// The CSRF token of a form, derived from the session cookie.
    Form,
    /// An idempotency key.
    IdempotencyKey,
    /// The secret of the edge in front of the gateway.
    Edge,
    /// The state of a sign-in with an identity provider, derived from the cookie of the browser.
    SignInState,
    /// Its nonce.
    SignInNonce,
    /// Its PKCE verifier.
    SignInVerifier,
    /// The challenge of a sign-in with a passkey, derived from the cookie of the browser.
    PasskeySignIn,
    /// The challenge of the registration of a passkey, derived from the session cookie.
    PasskeyRegistration,
    /// The user handle of a first passkey, derived from the session cookie.
    PasskeyUser,
    /// The address of a member who has left. It is no secret, so its hash may be guessed.
    FormerAddress,
}

impl SecretHash {
    /// Hashes the parts of a secret with a label.
    ///
    /// Each part is preceded by its length, so that moving a character from one part to the next changes the hash.
    pub fn of(label: Label, parts: &[&str]) -> Self {
        // Each verify hashes a secret. Without instructions of the processor for it, this takes half as long as `sha2`.
        let mut hasher = Context::new(&SHA256);
        hasher.update(label.text());
        for part in parts {
            hasher.update(&(part.len() as u64).to_be_bytes());
            hasher.update(part.as_bytes());
        }
        let mut hash = [0; 32];
        hash.copy_from_slice(hasher.finish().as_ref());
        Self(hash)
    }

    /// A hash from bytes, such as a keyed hash.
    pub(crate) const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Compares in constant time.
    pub fn matches(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }

    /// The hash as 64 lower-case hexadecimal digits.
    pub fn hexadecimal(&self) -> String {
        hex::encode(self.0)
    }
}

impl Label {
    const fn text(self) -> &'static [u8] {
        match self {
            Self::Token => b"jeton token v1",
            Self::ManageToken => b"jeton manage token v1",
            Self::Link => b"jeton link v1",
            Self::LinkAndCode => b"jeton link and code v1",
            Self::Session => b"jeton session v1",
            Self::Browser => b"jeton browser v1",
            Self::KnownBrowser => b"jeton known browser v1",
            Self::Author => b"jeton author v1",
            Self::Form => b"jeton form v1",
            Self::IdempotencyKey => b"jeton idempotency key v1",
            Self::Edge => b"jeton edge v1",
            Self::SignInState => b"jeton sign-in state v1",
            Self::SignInNonce => b"jeton sign-in nonce v1",
            Self::SignInVerifier => b"jeton sign-in verifier v1",
            Self::PasskeySignIn => b"jeton passkey sign-in v1",
            Self::PasskeyRegistration => b"jeton passkey registration v1",
            Self::PasskeyUser => b"jeton passkey user v1",
            Self::FormerAddress => b"jeton former address v1",
        }
    }
}

impl fmt::Debug for SecretHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretHash(***)")
    }
}

impl Serialize for SecretHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.hexadecimal())
    }
}

impl<'de> Deserialize<'de> for SecretHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        let mut hash = [0; 32];
        hex::decode_to_slice(text.as_bytes(), &mut hash)
            .map_err(|_| D::Error::custom("a hash has 64 hexadecimal digits"))?;
        Ok(Self(hash))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn label_and_boundaries_are_part_of_the_hash() {
        let hash = SecretHash::of(Label::LinkAndCode, &["ab", "c"]);
        assert!(hash.matches(&SecretHash::of(Label::LinkAndCode, &["ab", "c"])));
        assert!(!hash.matches(&SecretHash::of(Label::LinkAndCode, &["a", "bc"])));
        assert!(!hash.matches(&SecretHash::of(Label::Link, &["ab", "c"])));
    }

    #[test]
    fn a_stored_hash_reads_back_as_itself() {
        let hash = SecretHash::of(Label::Token, &["1-2-jtx"]);
        let text = serde_json::to_string(&hash).unwrap();
        assert_eq!(text.len(), 66);
        assert!(serde_json::from_str::<SecretHash>(&text).unwrap().matches(&hash));
        assert!(serde_json::from_str::<SecretHash>(&text.replace('"', "")).is_err());
    }
}
