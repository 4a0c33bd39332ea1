//! The keys of seals: Ed25519 (RFC 8032).

use std::{fmt, str::FromStr, sync::Arc};

use jeton_core::{
    seal::{Head, SealProgress, SignedHead, SignedProgress},
    secret::PlainSecret,
};
use rand_core::Rng;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};

use crate::aws::ValueArn;

/// `JETON_SEAL_KEY`: the key itself, or where AWS keeps it. Only what seals reads it from there.
#[derive(Debug, Clone)]
pub enum SealKeySource {
    /// The key.
    Given(Arc<SealKey>),
    /// The ARN of a secret or of a `SecureString` parameter that has its digits.
    Stored(ValueArn),
}

/// The secret key: 32 bytes from the configuration. Someone with the key and the store can forge history, so it is not in the
/// store.
///
/// The signing key is derived when something is signed, because every function reads the configuration and only one signs.
pub struct SealKey(PlainSecret);

/// The public key, displayed as 64 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicKey([u8; 32]);

impl SealKeySource {
    /// Parses the variable.
    pub fn parse(text: &str) -> Option<Self> {
        let given = SealKey::parse(text).map(|key| Self::Given(Arc::new(key)));
        given.or_else(|| ValueArn::parse(text).map(Self::Stored))
    }
}

impl SealKey {
    /// Generates a key, as 64 hexadecimal digits.
    pub fn draw(rng: &mut impl Rng) -> PlainSecret {
        let mut seed = [0; 32];
        rng.fill_bytes(&mut seed);
        PlainSecret::new(hex::encode(seed))
    }

    /// Parses a key.
    pub fn parse(digits: &str) -> Option<Self> {
        let digits = digits.trim();
        hex::decode_to_slice(digits, &mut [0; 32]).ok()?;
        Some(Self(PlainSecret::new(digits.to_owned())))
    }

    /// The public key.
    pub fn public(&self) -> PublicKey {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(self.pair().public_key().as_ref());
        PublicKey(bytes)
    }

    /// Signs a head.
    pub fn sign(&self, head: Head) -> SignedHead {
        let signature = self.pair().sign(head.text().as_bytes());
        SignedHead { key: self.public().to_string(), signature: hex::encode(signature), head }
    }

    /// Signs how far the sealing of a day is.
    pub fn sign_progress(&self, progress: SealProgress) -> SignedProgress {
        let signature = self.pair().sign(progress.text().as_bytes());
        SignedProgress { signature: hex::encode(signature), progress }
    }

    /// Whether this key has signed the progress.
    pub fn has_signed_progress(&self, signed: &SignedProgress) -> bool {
        self.public().verified(&signed.progress.text(), &signed.signature)
    }

    fn pair(&self) -> Ed25519KeyPair {
        let mut seed = [0; 32];
        let decoded = hex::decode_to_slice(self.0.expose(), &mut seed);
        decoded.expect("the digits were decoded before");
        Ed25519KeyPair::from_seed_unchecked(&seed).expect("a seed has 32 bytes")
    }
}

impl PublicKey {
    /// Verifies a signature.
    pub fn signed(&self, head: &SignedHead) -> bool {
        self.verified(&head.head.text(), &head.signature)
    }

    fn verified(&self, text: &str, signature: &str) -> bool {
        let signature = hex::decode(signature).unwrap_or_default();
        UnparsedPublicKey::new(&ED25519, self.0).verify(text.as_bytes(), &signature).is_ok()
    }
}

impl fmt::Debug for SealKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealKey(***)")
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl FromStr for PublicKey {
    type Err = hex::FromHexError;

    fn from_str(digits: &str) -> Result<Self, Self::Err> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(digits, &mut bytes)?;
        Ok(Self(bytes))
    }
}

#[cfg(test)]
mod tests {
    use jeton_core::{id::ProjectId, time::Timestamp};

    use super::*;

    /// The first test of RFC 8032, section 7.1.
    const SEED: &str = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
    const PUBLIC: &str = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";

    #[test]
    fn a_key_has_the_public_key_that_the_standard_says_and_shows_nothing_else() {
        let key = SealKey::parse(SEED).unwrap();
        assert_eq!(key.public().to_string(), PUBLIC);
        assert_eq!(format!("{key:?}"), "SealKey(***)");
        for wrong in ["", "9d61", PUBLIC.get(1..).unwrap(), &format!("{SEED}00")] {
            assert!(SealKey::parse(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn a_signature_is_of_one_head_and_by_one_key() {
        let (key, other) = (SealKey::parse(SEED).unwrap(), SealKey::parse(PUBLIC).unwrap());
        let (project, now) = (ProjectId::new(5).unwrap(), Timestamp::from_millis(1_795_000_000_000));
        let signed = key.sign(Head::new(project, now.day(), &[], None, now));
        assert!(key.public().signed(&signed));
        assert!(!other.public().signed(&signed));
        let mut changed = signed.clone();
        changed.head.sealed = now.plus_seconds(1);
        assert!(!key.public().signed(&changed));
        changed = SignedHead { signature: "00".to_owned(), ..signed };
        assert!(!key.public().signed(&changed));
    }
}
