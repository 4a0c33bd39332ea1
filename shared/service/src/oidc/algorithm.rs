//! The algorithms of ID tokens that are accepted, by ring.
//!
//! Only those with a public key: who knows that key could make a signature by `HS256`.

use jsonwebtoken::{
    Algorithm, AlgorithmFamily, DecodingKey, DecodingKeyKind,
    crypto::{CryptoProvider, JwtVerifier, KeyUtils},
    errors::ErrorKind,
    signature,
};
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256,
    RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512, RsaParameters, RsaPublicKeyComponents,
    UnparsedPublicKey, VerificationAlgorithm,
};

/// How a signature is verified.
#[derive(Clone, Copy)]
enum Verification {
    Rsa(&'static RsaParameters),
    Point(&'static dyn VerificationAlgorithm),
}

/// The verification by an accepted algorithm; `None` for every other one.
fn verification(algorithm: Algorithm) -> Option<Verification> {
    Some(match algorithm {
        Algorithm::RS256 => Verification::Rsa(&RSA_PKCS1_2048_8192_SHA256),
        Algorithm::RS384 => Verification::Rsa(&RSA_PKCS1_2048_8192_SHA384),
        Algorithm::RS512 => Verification::Rsa(&RSA_PKCS1_2048_8192_SHA512),
        Algorithm::PS256 => Verification::Rsa(&RSA_PSS_2048_8192_SHA256),
        Algorithm::PS384 => Verification::Rsa(&RSA_PSS_2048_8192_SHA384),
        Algorithm::PS512 => Verification::Rsa(&RSA_PSS_2048_8192_SHA512),
        Algorithm::ES256 => Verification::Point(&ECDSA_P256_SHA256_FIXED),
        Algorithm::ES384 => Verification::Point(&ECDSA_P384_SHA384_FIXED),
        Algorithm::EdDSA => Verification::Point(&ED25519),
        _ => return None,
    })
}

/// Whether an algorithm is accepted.
pub(super) fn is_accepted(algorithm: Algorithm) -> bool {
    verification(algorithm).is_some()
}

/// The family of keys of an accepted algorithm.
pub(super) fn family(algorithm: Algorithm) -> AlgorithmFamily {
    match algorithm {
        Algorithm::ES256 | Algorithm::ES384 => AlgorithmFamily::Ec,
        Algorithm::EdDSA => AlgorithmFamily::Ed,
        _ => AlgorithmFamily::Rsa,
    }
}

/// Gives jsonwebtoken these algorithms. The first of several calls has an effect.
pub(super) fn install() {
    static BY_RING: CryptoProvider = CryptoProvider {
        signer_factory: |_, _| Err(ErrorKind::InvalidAlgorithm.into()),
        verifier_factory: |algorithm, key| {
            let verification = verification(*algorithm).ok_or(ErrorKind::InvalidAlgorithm)?;
            Ok(Box::new(Verifier { algorithm: *algorithm, verification, key: key.clone() }))
        },
        key_utils: KeyUtils::new_unimplemented(),
    };
    // It is installed already by an earlier call.
    BY_RING.install_default().ok();
}

struct Verifier {
    algorithm: Algorithm,
    verification: Verification,
    key: DecodingKey,
}

impl JwtVerifier for Verifier {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}

impl signature::Verifier<Vec<u8>> for Verifier {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), signature::Error> {
        let verified = match (self.verification, self.key.kind()) {
            (Verification::Rsa(parameters), DecodingKeyKind::RsaModulusExponent { n, e }) => {
                RsaPublicKeyComponents { n, e }.verify(parameters, message, signature)
            }
            (Verification::Point(algorithm), DecodingKeyKind::SecretOrDer(point)) => {
                UnparsedPublicKey::new(algorithm, point).verify(message, signature)
            }
            _ => return Err(signature::Error::new()),
        };
        verified.map_err(|_| signature::Error::new())
    }
}
