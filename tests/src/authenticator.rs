//! An authenticator for passkeys (`WebAuthn`) in software, with a key of ES256, and the browser in front of it. What it answers can
//! be changed before it is signed.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jeton_service::passkey::RelyingParty;
use ring::{
    digest::{SHA256, digest},
    rand::{SecureRandom as _, SystemRandom},
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use serde_json::{Value, json};

/// The flags of an answer whose user is present and verified.
pub const VERIFIED: u8 = 0b101;

/// The flag of a new credential.
const HAS_CREDENTIAL: u8 = 1 << 6;

/// An authenticator with one passkey.
pub struct Authenticator {
    key: EcdsaKeyPair,
    /// The credential id.
    pub credential: Vec<u8>,
    /// The user handle that it was given at the registration, in base64url.
    pub user: String,
}

/// An answer before it is signed.
#[derive(Debug, Clone)]
pub struct Ceremony {
    /// What the browser says.
    pub client_data: Value,
    /// The id of the relying party.
    pub site: String,
    /// The flags.
    pub flags: u8,
    /// The signature counter.
    pub counter: u32,
    /// The credential id.
    pub credential: Vec<u8>,
    /// The public key (COSE), of a new credential.
    pub key: Vec<u8>,
    /// The user handle, in base64url.
    pub user: String,
    /// What follows all this in the data of the authenticator.
    pub more: Vec<u8>,
}

impl Default for Authenticator {
    fn default() -> Self {
        let random = SystemRandom::new();
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).unwrap();
        let key =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, document.as_ref(), &random).unwrap();
        let mut credential = vec![0; 32];
        random.fill(&mut credential).unwrap();
        Self { key, credential, user: String::new() }
    }
}

impl Authenticator {
    /// Its answer to the options of a registration, whose user handle it keeps.
    pub fn creates(&mut self, site: &RelyingParty, options: &Value) -> Ceremony {
        options["user"]["id"].as_str().unwrap().clone_into(&mut self.user);
        let point = self.key.public_key().as_ref();
        let key = [b"\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20", &point[1..33], b"\x22\x58\x20", &point[33..]]
            .concat();
        Ceremony { key, flags: VERIFIED | HAS_CREDENTIAL, ..self.answers("webauthn.create", site, options) }
    }

    /// Its answer to the options of a sign-in.
    pub fn gets(&self, site: &RelyingParty, options: &Value) -> Ceremony {
        self.answers("webauthn.get", site, options)
    }

    fn answers(&self, kind: &str, site: &RelyingParty, options: &Value) -> Ceremony {
        Ceremony {
            client_data: json!({
                "type": kind, "challenge": options["challenge"], "origin": site.origin, "crossOrigin": false,
                "other_keys_can_be_added_here": "do not compare clientDataJSON against a template",
            }),
            site: site.id.clone(),
            flags: VERIFIED,
            counter: 0,
            credential: self.credential.clone(),
            key: Vec::new(),
            user: self.user.clone(),
            more: Vec::new(),
        }
    }

    /// The fields of the form of a sign-in, signed.
    pub fn signs(&self, answer: &Ceremony) -> Vec<(&'static str, String)> {
        let client_data = answer.client_data.to_string();
        let message =
            [&answer.authenticator_data()[..], digest(&SHA256, client_data.as_bytes()).as_ref()].concat();
        let signature = self.key.sign(&SystemRandom::new(), &message).unwrap();
        vec![
            ("credential", base64url(&answer.credential)),
            ("clientData", base64url(client_data.as_bytes())),
            ("authenticatorData", base64url(&answer.authenticator_data())),
            ("signature", base64url(signature.as_ref())),
            ("user", answer.user.clone()),
        ]
    }
}

impl Ceremony {
    /// The fields of the form of a registration. Without attestation, nothing in it is signed.
    pub fn fields(&self, name: &str) -> Vec<(&'static str, String)> {
        vec![
            ("name", name.to_owned()),
            ("clientData", base64url(self.client_data.to_string().as_bytes())),
            ("authenticatorData", base64url(&self.authenticator_data())),
            ("user", self.user.clone()),
        ]
    }

    fn authenticator_data(&self) -> Vec<u8> {
        let site = digest(&SHA256, self.site.as_bytes());
        let mut data = [site.as_ref(), &[self.flags], &self.counter.to_be_bytes()].concat();
        if !self.key.is_empty() {
            // The model of the authenticator, which nobody reads.
            data.extend([7; 16]);
            data.extend(u16::try_from(self.credential.len()).unwrap().to_be_bytes());
            data.extend(&self.credential);
            data.extend(&self.key);
        }
        data.extend(&self.more);
        data
    }
}

/// Bytes in base64url.
pub fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
