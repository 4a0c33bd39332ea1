//! Verification of GitHub's leak reports (secret scanning).
//!
//! GitHub signs its reports with ECDSA (P-256, SHA-256), and publishes the keys as JSON:
//! <https://api.github.com/meta/public_keys/secret_scanning>.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{HeaderMap, HeaderName};
use ring::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use serde::Deserialize;

const KEY_IDENTIFIER: HeaderName = HeaderName::from_static("github-public-key-identifier");
const SIGNATURE: HeaderName = HeaderName::from_static("github-public-key-signature");

/// The DER prefix of a public key on P-256 (RFC 5480).
const P256_PREFIX: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86,
    0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// Whether a report claims to come from GitHub.
pub fn claims(headers: &HeaderMap) -> bool {
    headers.contains_key(KEY_IDENTIFIER) || headers.contains_key(SIGNATURE)
}

/// The trusted keys, each an uncompressed point on P-256. Empty unless configured.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GitHubKeys(BTreeMap<String, Vec<u8>>);

#[derive(Deserialize)]
struct Published {
    public_keys: Vec<PublishedKey>,
}

#[derive(Deserialize)]
struct PublishedKey {
    key_identifier: String,
    key: String,
}

impl GitHubKeys {
    /// Parses the keys as GitHub publishes them.
    pub fn parse(json: &str) -> Option<Self> {
        let Published { public_keys } = jeton_core::json::from_str(json).ok()?;
        if public_keys.is_empty() {
            return None;
        }
        let keys = public_keys.into_iter().map(|key| Some((key.key_identifier, point(&key.key)?)));
        keys.collect::<Option<_>>().map(Self)
    }

    /// Verifies the signature of a body.
    pub fn signed(&self, headers: &HeaderMap, body: &[u8]) -> bool {
        let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let Some(key) = header(KEY_IDENTIFIER).and_then(|identifier| self.0.get(identifier)) else {
            return false;
        };
        let signature = header(SIGNATURE).and_then(|text| STANDARD.decode(text).ok()).unwrap_or_default();
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, key).verify(body, &signature).is_ok()
    }
}

/// The point of a public key in PEM.
fn point(pem: &str) -> Option<Vec<u8>> {
    let inner =
        pem.trim().strip_prefix("-----BEGIN PUBLIC KEY-----")?.strip_suffix("-----END PUBLIC KEY-----")?;
    let digits: String = inner.split_whitespace().collect();
    let der = STANDARD.decode(digits).ok()?;
    let point = der.strip_prefix(&P256_PREFIX)?;
    (point.len() == 65).then(|| point.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    // Made by `openssl ecparam -name prime256v1 -genkey`, signed by `openssl dgst -sha256 -sign`.
    const KEYS: &str = r#"{"public_keys": [
        {"key_identifier": "first", "is_current": true,
         "key": "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEA6Vg7tg9DpQ/FQF5Fx6m94TwxTEk\nz+eiztZVqfV3IhSizndvRTMuTl297KvG4JV4qKICc6cS1c556EsfWgp3Eg==\n-----END PUBLIC KEY-----\n"},
        {"key_identifier": "second", "is_current": false,
         "key": "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEnf1mGgYvY+ZXWcZ/NS38BpECzZqK\niookm5Vl3nU6P2wtG8jp2NW9M+FzxzX3Pa3Bkt3YHARiGdnVgIv3hFgWjg==\n-----END PUBLIC KEY-----\n"}
    ]}"#;
    const BODY: &str =
        r#"[{"token":"some_token","type":"some_type","url":"some_url","source":"some_source"}]"#;
    const SIGNED: &str =
        "MEQCIH53254GhP53Tp0fU/oktf2dgxuwezs5m9/AaYrr84z/AiB3/IJtpcWKU1PRYgSF+jCxH+mekx5ZVEHk5Gaf+NQ03Q==";

    fn headers(identifier: &str, signature: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(KEY_IDENTIFIER, identifier.parse().unwrap());
        headers.insert(SIGNATURE, signature.parse().unwrap());
        headers
    }

    #[test]
    fn what_one_of_the_keys_signed_is_believed_and_nothing_else() {
        let keys = GitHubKeys::parse(KEYS).unwrap();
        assert!(keys.signed(&headers("first", SIGNED), BODY.as_bytes()));
        assert!(!keys.signed(&headers("first", SIGNED), BODY.replace("some", "same").as_bytes()));
        assert!(!keys.signed(&headers("second", SIGNED), BODY.as_bytes()), "the key of another");
        assert!(!keys.signed(&headers("third", SIGNED), BODY.as_bytes()), "no such key");
        assert!(!keys.signed(&headers("first", "MEUCIQ"), BODY.as_bytes()));
        assert!(!keys.signed(&headers("first", ""), BODY.as_bytes()));
        assert!(!keys.signed(&HeaderMap::new(), BODY.as_bytes()));
        assert!(!GitHubKeys::default().signed(&headers("first", SIGNED), BODY.as_bytes()));
    }

    #[test]
    fn what_holds_no_such_keys_is_rejected() {
        for bad in ["", "{}", r#"{"public_keys":[{"key_identifier":"a","key":"b"}]}"#] {
            assert_eq!(GitHubKeys::parse(bad), None);
        }
    }
}
