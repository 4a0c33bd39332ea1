//! GitHub's side of leak reports: keys, and signed reports.

use std::sync::LazyLock;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use jeton_service::github::GitHubKeys;
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use serde_json::json;

use crate::client::Call;

/// The DER prefix of a P-256 public key.
const PREFIX: &str = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE";

static KEY: LazyLock<EcdsaKeyPair> = LazyLock::new(|| {
    let random = SystemRandom::new();
    let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).unwrap();
    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, document.as_ref(), &random).unwrap()
});

/// The keys in the form that GitHub publishes.
pub fn published() -> GitHubKeys {
    let mut der = STANDARD.decode(PREFIX).unwrap();
    // The prefix ends with the first byte of the point, which marks it as uncompressed.
    der.extend(&KEY.public_key().as_ref()[1..]);
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(der));
    let keys = json!({"public_keys": [{"key_identifier": "test", "key": pem, "is_current": true}]});
    GitHubKeys::parse(&keys.to_string()).unwrap()
}

/// A report with GitHub's signature.
pub fn signed(call: Call, body: &str) -> Call {
    let signature = KEY.sign(&SystemRandom::new(), body.as_bytes()).unwrap();
    call.raw("application/json", body.to_owned())
        .header("github-public-key-identifier", "test")
        .header("github-public-key-signature", &STANDARD.encode(signature))
}
