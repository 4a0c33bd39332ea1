//! The public key of a passkey (COSE), and its signatures, by ring.
//!
//! `WebAuthn` prescribes the canonical encoding of a key, with these fields and no others. So a key of each algorithm begins with the
//! same bytes, and needs no parser of CBOR.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jeton_core::passkey::{Algorithm, Passkey};
use ring::{
    agreement,
    rand::SystemRandom,
    signature::{
        ECDSA_P256_SHA256_ASN1, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
        UnparsedPublicKey,
    },
};
use sha2::{Digest as _, Sha256};

use super::rejected::Rejected;

/// A key of P-256: type 2, algorithm -7, curve 1, and x of 32 bytes.
const ES256: &[u8] = b"\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20";

/// Then y, also of 32 bytes.
const ES256_Y: &[u8] = b"\x22\x58\x20";

/// A key of Ed25519: type 1, algorithm -8, curve 6, and x of 32 bytes.
const EDDSA: &[u8] = b"\xa4\x01\x01\x03\x27\x20\x06\x21\x58\x20";

/// A key of RSA: type 3, algorithm -257, and a modulus whose length is in the next two bytes.
const RS256: &[u8] = b"\xa4\x01\x03\x03\x39\x01\x00\x20\x59";

/// Then the exponent 65537.
const RS256_E: &[u8] = b"\x21\x43\x01\x00\x01";

/// The exponent alone.
const EXPONENT: &[u8] = &[1, 0, 1];

/// The bytes of a modulus: 2,048 to 4,096 bits.
const MODULUS: std::ops::RangeInclusive<usize> = 256..=512;

/// A public key, its algorithm, and what follows it.
type Parsed<'a> = (Algorithm, Vec<u8>, &'a [u8]);

/// Reads the key at the beginning of these bytes: the point of a curve, or the modulus of RSA.
///
/// Errors: [`Rejected::Algorithm`] for another algorithm, [`Rejected::Malformed`] for a key that is none.
pub(super) fn parse(bytes: &[u8]) -> Result<Parsed<'_>, Rejected> {
    let malformed = Rejected::Malformed("the public key is none of its algorithm");
    if let Some(rest) = bytes.strip_prefix(ES256) {
        let (x, rest) = rest.split_at_checked(32).ok_or(malformed)?;
        let (y, rest) =
            rest.strip_prefix(ES256_Y).and_then(|rest| rest.split_at_checked(32)).ok_or(malformed)?;
        let point = [&[4], x, y].concat();
        return if is_on_curve(&point) { Ok((Algorithm::Es256, point, rest)) } else { Err(malformed) };
    }
    if let Some(rest) = bytes.strip_prefix(EDDSA) {
        let (x, rest) = rest.split_at_checked(32).ok_or(malformed)?;
        return Ok((Algorithm::EdDsa, x.to_owned(), rest));
    }
    let Some(rest) = bytes.strip_prefix(RS256) else { return Err(Rejected::Algorithm) };
    let (length, rest) = rest.split_first_chunk().ok_or(malformed)?;
    let length = usize::from(u16::from_be_bytes(*length));
    let (modulus, rest) = rest.split_at_checked(length).ok_or(malformed)?;
    let rest = rest.strip_prefix(RS256_E).ok_or(malformed)?;
    // A modulus does not begin with a zero, and is odd.
    let is_modulus = MODULUS.contains(&length) && modulus[0] != 0 && modulus[length - 1] % 2 == 1;
    if is_modulus { Ok((Algorithm::Rs256, modulus.to_owned(), rest)) } else { Err(malformed) }
}

/// Whether a point is one of P-256: an address with a key that verifies nothing would be locked out. Ring says so where it agrees
/// on a key with somebody.
fn is_on_curve(point: &[u8]) -> bool {
    let peer = agreement::UnparsedPublicKey::new(&agreement::ECDH_P256, point);
    let own = agreement::EphemeralPrivateKey::generate(&agreement::ECDH_P256, &SystemRandom::new());
    own.is_ok_and(|own| agreement::agree_ephemeral(own, &peer, |_| ()).is_ok())
}

/// Verifies a signature of the data of an authenticator and of a browser. Errors: [`Rejected::Signature`].
pub(super) fn verify(
    passkey: &Passkey,
    authenticator_data: &[u8],
    client_data: &[u8],
    signature: &[u8],
) -> Result<(), Rejected> {
    let key = URL_SAFE_NO_PAD.decode(&passkey.key).map_err(|_| Rejected::Signature)?;
    let message = [authenticator_data, &Sha256::digest(client_data)].concat();
    let verified = match passkey.algorithm {
        Algorithm::Es256 => UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, key).verify(&message, signature),
        Algorithm::EdDsa => UnparsedPublicKey::new(&ED25519, key).verify(&message, signature),
        Algorithm::Rs256 => RsaPublicKeyComponents { n: key.as_slice(), e: EXPONENT }.verify(
            &RSA_PKCS1_2048_8192_SHA256,
            &message,
            signature,
        ),
    };
    verified.map_err(|_| Rejected::Signature)
}
