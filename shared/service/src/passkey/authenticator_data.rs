//! The authenticator data: what an authenticator says about itself, its user, and a new credential.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jeton_core::passkey::CredentialId;
use sha2::{Digest as _, Sha256};

use super::{answer::NewCredential, public_key, rejected::Rejected};

/// The longest data of an authenticator, in bytes: with a credential id of 1,023 and a key of RSA with 4,096 bits.
const LONGEST: usize = 4096;

/// The flag of a user who is present.
const USER_PRESENT: u8 = 1;

/// The flag of a user who was verified, by a PIN, a fingerprint or a face.
const USER_VERIFIED: u8 = 1 << 2;

/// The flag of a credential that may be backed up.
const BACKUP_ELIGIBLE: u8 = 1 << 3;

/// The flag of a credential that is backed up.
const BACKED_UP: u8 = 1 << 4;

/// The flag of a new credential, which follows.
const HAS_CREDENTIAL: u8 = 1 << 6;

/// The flag of outputs of extensions, which follow. None is asked for, and none is read.
const HAS_EXTENSIONS: u8 = 1 << 7;

/// The model of the authenticator, in front of a new credential. It is not read.
const MODEL: usize = 16;

/// The longest credential id, in bytes.
const LONGEST_CREDENTIAL_ID: usize = 1023;

/// The data of an authenticator.
pub(super) struct AuthenticatorData<'a> {
    site: &'a [u8],
    flags: u8,
    /// The signature counter.
    pub(super) counter: u32,
    rest: &'a [u8],
}

impl<'a> AuthenticatorData<'a> {
    /// Errors: [`Rejected::Malformed`].
    pub(super) fn parse(data: &'a [u8]) -> Result<Self, Rejected> {
        let too_short = Rejected::Malformed("the authenticator data is too short");
        if data.len() > LONGEST {
            return Err(Rejected::Malformed("the authenticator data is too long"));
        }
        let (site, rest) = data.split_at_checked(32).ok_or(too_short)?;
        let (flags, rest) = rest.split_first().ok_or(too_short)?;
        let (counter, rest) = rest.split_first_chunk().ok_or(too_short)?;
        let (flags, counter) = (*flags, u32::from_be_bytes(*counter));
        if rest.is_empty() != (flags & (HAS_CREDENTIAL | HAS_EXTENSIONS) == 0) {
            return Err(Rejected::Malformed("the length of the authenticator data is wrong"));
        }
        Ok(Self { site, flags, counter, rest })
    }

    /// Checks that it is for this site, and that a person was there and was verified.
    ///
    /// Errors: [`Rejected`].
    pub(super) fn require(&self, site: &str) -> Result<(), Rejected> {
        if self.site != Sha256::digest(site).as_slice() {
            return Err(Rejected::OtherSite);
        }
        if !self.has(USER_PRESENT) {
            return Err(Rejected::NotPresent);
        }
        if !self.has(USER_VERIFIED) {
            return Err(Rejected::NotVerified);
        }
        if self.has(BACKED_UP) && !self.has(BACKUP_ELIGIBLE) {
            return Err(Rejected::Malformed("it is backed up and may not be"));
        }
        Ok(())
    }

    /// The new credential. Errors: [`Rejected`].
    pub(super) fn credential(&self) -> Result<NewCredential, Rejected> {
        let missing = Rejected::Malformed("it has no credential");
        if !self.has(HAS_CREDENTIAL) {
            return Err(missing);
        }
        let (length, rest) =
            self.rest.get(MODEL..).and_then(|rest| rest.split_first_chunk()).ok_or(missing)?;
        let length = usize::from(u16::from_be_bytes(*length));
        if !(1..=LONGEST_CREDENTIAL_ID).contains(&length) {
            return Err(Rejected::Malformed("the length of the credential id is wrong"));
        }
        let (id, key) = rest.split_at_checked(length).ok_or(missing)?;
        let (algorithm, key, rest) = public_key::parse(key)?;
        if rest.is_empty() == self.has(HAS_EXTENSIONS) {
            return Err(Rejected::Malformed("the length of the credential is wrong"));
        }
        let id = CredentialId::parse(&URL_SAFE_NO_PAD.encode(id)).ok_or(missing)?;
        Ok(NewCredential { id, algorithm, key: URL_SAFE_NO_PAD.encode(key), counter: self.counter })
    }

    fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }
}
