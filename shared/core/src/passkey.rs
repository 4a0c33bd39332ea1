//! Passkeys (`WebAuthn`): public keys that sign somebody in to the console with their e-mail address.
//!
//! They belong to an address and not to a member, as sessions do: one passkey signs in to all projects of the address. All
//! passkeys of an address are one record, so that their number has a bound that two registrations at once cannot pass.

use std::{collections::BTreeSet, fmt};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use crate::{email::Email, error::Error, text::trimmed, time::Timestamp};

/// The most passkeys of an address.
pub const MOST: usize = 10;

/// The longest name of a passkey, in characters.
pub const LONGEST_NAME: usize = 60;

/// The largest version of a new record. Later versions stay far below what a store can count.
const LARGEST_FIRST_VERSION: u64 = (1 << 52) - 1;

/// The largest version of any record.
const LARGEST_VERSION: u64 = 2 * LARGEST_FIRST_VERSION;

/// The passkeys of an address: at least one, because a record without any is removed.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Passkeys {
    /// The address that they sign in with.
    pub email: Email,
    /// The version, for the condition of the next change. The first one is random: a record that was removed and made again is
    /// another one.
    pub version: u64,
    /// The passkeys, in the order of their registration.
    pub passkeys: Vec<Passkey>,
    /// Unknown fields, written by a newer Jeton, are kept.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

/// The passkeys of an address whose record cannot be read. They sign nobody in, and no link by mail does. The operator can remove
/// them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadablePasskeys {
    /// The address.
    pub email: Email,
}

/// A passkey. Nothing in it is a secret: the private key never leaves the authenticator.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Passkey {
    /// The credential id, which the authenticator has chosen.
    pub credential: CredentialId,
    /// The user handle that the authenticator keeps, in base64url. It is random, and tells nothing about the address.
    pub user: String,
    /// How signatures are verified.
    pub algorithm: Algorithm,
    /// The public key in base64url: the point of a curve, or the modulus of RSA with the exponent 65537.
    pub key: String,
    /// The name that its owner gave it.
    pub name: String,
    /// When it was registered.
    pub created: Timestamp,
    /// When somebody last signed in with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used: Option<Timestamp>,
    /// The signature counter of the last sign-in; 0 of an authenticator that does not count.
    #[serde(default)]
    pub counter: u32,
    /// Unknown fields, written by a newer Jeton, are kept.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

/// How the signatures of a passkey are verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Algorithm {
    /// ECDSA with P-256 and SHA-256.
    #[serde(rename = "ES256")]
    Es256,
    /// Ed25519.
    #[serde(rename = "EdDSA")]
    EdDsa,
    /// RSA PKCS#1 v1.5 with SHA-256.
    #[serde(rename = "RS256")]
    Rs256,
}

/// A credential id in base64url, of at most 1,023 bytes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CredentialId(String);

impl Algorithm {
    /// All that are offered, the preferred one first.
    pub const ALL: [Self; 3] = [Self::Es256, Self::EdDsa, Self::Rs256];

    /// The number of the algorithm in the registry of COSE.
    pub const fn number(self) -> i32 {
        match self {
            Self::Es256 => -7,
            Self::EdDsa => -8,
            Self::Rs256 => -257,
        }
    }
}

impl CredentialId {
    /// The longest one in base64url.
    const LONGEST: usize = 1364;

    /// Parses a credential id in base64url without padding. `None` if it is empty or too long.
    pub fn parse(text: &str) -> Option<Self> {
        let is_fit = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        let valid = (1..=Self::LONGEST).contains(&text.len()) && text.bytes().all(is_fit);
        valid.then(|| Self(text.to_owned()))
    }

    /// The id in base64url.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A short name of it, for paths and events: 16 lower-case hexadecimal digits.
    pub fn short(&self) -> String {
        hex::encode(&Sha256::digest(&self.0)[..8])
    }
}

impl fmt::Display for CredentialId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Passkeys {
    /// The passkeys of an address with one more. `random` is for the version of a new record.
    ///
    /// Errors: [`Error::BadField`] if there are as many as there may be, or it is registered already.
    pub fn with(before: Option<&Self>, email: &Email, passkey: Passkey, random: u64) -> Result<Self, Error> {
        let mut after = before.map_or_else(
            || Self {
                email: email.clone(),
                version: random & LARGEST_FIRST_VERSION,
                passkeys: Vec::new(),
                unknown: Map::new(),
            },
            Self::next,
        );
        if after.passkeys.len() >= MOST {
            let message = format!("An address has at most {MOST} passkeys. Remove one first.");
            return Err(Error::bad_field("passkey", message));
        }
        if after.find(&passkey.credential).is_some() {
            return Err(already_registered());
        }
        after.passkeys.push(passkey);
        Ok(after)
    }

    /// The record that a store has found for this address, in this version.
    ///
    /// Errors: why it is none that Jeton has stored, although it parses. It would sign in another address, or each of its changes
    /// would be a conflict.
    pub fn found(self, email: &Email, version: Option<u64>) -> Result<Self, &'static str> {
        if self.email.key() != email.key() {
            return Err("it is the record of another address");
        }
        if version != Some(self.version) || self.version > LARGEST_VERSION {
            return Err("it is in another version");
        }
        let ids: BTreeSet<_> = self.passkeys.iter().map(|passkey| &passkey.credential).collect();
        if ids.len() != self.passkeys.len() || !(1..=MOST).contains(&ids.len()) {
            return Err("it has no passkeys, too many, or one twice");
        }
        if ids.into_iter().any(|id| CredentialId::parse(&id.0).is_none()) {
            return Err("it has a credential id that is none");
        }
        Ok(self)
    }

    /// The same passkeys in the next version.
    #[must_use]
    pub fn next(&self) -> Self {
        Self { version: self.version + 1, ..self.clone() }
    }

    /// The passkeys without this one, in the next version.
    #[must_use]
    pub fn without(&self, credential: &CredentialId) -> Self {
        let mut after = self.next();
        after.passkeys.retain(|passkey| passkey.credential != *credential);
        after
    }

    /// No passkeys, in the next version.
    #[must_use]
    pub fn without_any(&self) -> Self {
        Self { passkeys: Vec::new(), ..self.next() }
    }

    /// The passkeys after a sign-in with one of them, in the next version.
    #[must_use]
    pub fn used(&self, credential: &CredentialId, counter: u32, now: Timestamp) -> Self {
        let mut after = self.next();
        for passkey in after.passkeys.iter_mut().filter(|passkey| passkey.credential == *credential) {
            passkey.counter = counter;
            passkey.last_used = Some(now);
        }
        after
    }

    /// The passkey with this credential id.
    pub fn find(&self, credential: &CredentialId) -> Option<&Passkey> {
        self.passkeys.iter().find(|passkey| passkey.credential == *credential)
    }

    /// The credential ids that the other record does not have.
    pub fn beyond<'a>(&'a self, other: Option<&'a Self>) -> impl Iterator<Item = &'a CredentialId> {
        let is_new = move |id: &&CredentialId| other.is_none_or(|other| other.find(id).is_none());
        self.passkeys.iter().map(|passkey| &passkey.credential).filter(is_new)
    }
}

impl Passkey {
    /// The passkey in the parameters of an event: its short id and its name.
    pub fn named(&self) -> Value {
        serde_json::json!({"id": self.credential.short(), "name": self.name})
    }
}

/// The error of a passkey that this or another address has already.
pub fn already_registered() -> Error {
    Error::bad_field("passkey", "This passkey is registered already.")
}

/// The name of a new passkey. Errors: [`Error::BadField`].
pub fn name(text: &str) -> Result<String, Error> {
    let name = trimmed(text);
    if name.is_empty() || name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
        let message = format!("Give the passkey a name of at most {LONGEST_NAME} characters.");
        return Err(Error::bad_field("name", message));
    }
    Ok(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn email() -> Email {
        Email::parse("Ann@example.org").unwrap()
    }

    fn passkey(credential: &str) -> Passkey {
        Passkey {
            credential: CredentialId::parse(credential).unwrap(),
            user: "dXNlcg".to_owned(),
            algorithm: Algorithm::Es256,
            key: "a2V5".to_owned(),
            name: "Laptop".to_owned(),
            created: Timestamp::from_millis(1_768_478_400_000),
            last_used: None,
            counter: 0,
            unknown: Map::new(),
        }
    }

    #[test]
    fn an_address_has_ten_passkeys_at_most_and_each_once() {
        let mut passkeys = None;
        for number in 0..MOST {
            let with =
                Passkeys::with(passkeys.as_ref(), &email(), passkey(&format!("key{number}")), u64::MAX);
            passkeys = Some(with.unwrap());
        }
        let passkeys = passkeys.unwrap();
        assert_eq!(passkeys.version, LARGEST_FIRST_VERSION + 9);
        assert!(Passkeys::with(Some(&passkeys), &email(), passkey("eleventh"), 0).is_err());
        let fewer = passkeys.without(&CredentialId::parse("key9").unwrap());
        assert!(Passkeys::with(Some(&fewer), &email(), passkey("key0"), 0).is_err(), "it is registered");
        assert!(Passkeys::with(Some(&fewer), &email(), passkey("eleventh"), 0).is_ok());
    }

    #[test]
    fn a_credential_id_is_base64url_of_at_most_1023_bytes() {
        for good in ["a", "A-_9", &"x".repeat(1364)] {
            assert!(CredentialId::parse(good).is_some(), "{good}");
        }
        for bad in ["", "a=", "a+b", "a/b", "ä", "a b", &"x".repeat(1365)] {
            assert!(CredentialId::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_name_is_one_line_that_says_something() {
        assert_eq!(name("  Ann's phone ").unwrap(), "Ann's phone");
        for bad in ["", "  ", "a\nb", "a\u{0}", &"x".repeat(61)] {
            assert!(name(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_record_that_jeton_has_not_stored_for_an_address_is_not_read() {
        let one = Passkeys::with(None, &email(), passkey("a"), 5).unwrap();
        let found = |change: &dyn Fn(&mut Passkeys)| {
            let mut edited = one.clone();
            change(&mut edited);
            edited.found(&Email::parse("ann@example.ORG").unwrap(), Some(5)).is_ok()
        };
        assert!(found(&|_| {}));
        assert!(!found(&|edited| edited.email = Email::parse("bob@example.org").unwrap()));
        assert!(!found(&|edited| edited.version = 6));
        assert!(!found(&|edited| edited.passkeys.clear()));
        assert!(!found(&|edited| edited.passkeys.push(passkey("a"))));
        assert!(!found(&|edited| edited.passkeys = (0..=MOST).map(|id| passkey(&id.to_string())).collect()));
        assert!(!found(&|edited| edited.passkeys[0].credential = CredentialId(String::new())));
        assert!(one.clone().found(&email(), None).is_err(), "the version beside it is lost");
        let late = Passkeys { version: u64::MAX, ..one };
        assert!(late.found(&email(), Some(u64::MAX)).is_err(), "no version follows");
    }

    #[test]
    fn fields_of_a_newer_jeton_survive_a_sign_in() {
        let passkeys = Passkeys::with(None, &email(), passkey("a"), 5).unwrap();
        let mut stored = serde_json::to_value(&passkeys).unwrap();
        stored["later"] = true.into();
        stored["passkeys"][0]["later"] = 7.into();
        let read: Passkeys = serde_json::from_value(stored).unwrap();
        let now = Timestamp::from_millis(1_768_478_401_000);
        let used = read.used(&CredentialId::parse("a").unwrap(), 3, now);
        let stored = serde_json::to_value(&used).unwrap();
        assert_eq!((&stored["later"], &stored["passkeys"][0]["later"]), (&true.into(), &7.into()));
        assert_eq!((used.version, used.passkeys[0].counter, used.passkeys[0].last_used), (6, 3, Some(now)));
    }
}
