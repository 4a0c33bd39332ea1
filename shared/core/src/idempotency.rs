//! Idempotency records: a call with an `Idempotency-Key` can be retried and gets the same answer.
//!
//! A lost answer must not lose a secret, and no secret may be stored. So the secret is derived from the key, which only the
//! caller has, and from a salt, which only the store has.

use std::{convert::Infallible, fmt};

use hmac::{Hmac, KeyInit as _, Mac as _};
use rand_core::{CryptoRng, TryCryptoRng, TryRng};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::{
    action_plan::{ActionEnd, ActionPlan},
    id::{ManageTokenId, ProjectId, TokenId},
    secret::{self, Label, PlainSecret, SecretHash},
    share::ShareId,
    time::Timestamp,
};

/// How long the answer can be replayed: 10 minutes, in seconds.
pub const REPLAY_SECONDS: u64 = 600;

/// Why the secret of the original call is not given again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Withheld {
    /// It was refreshed or deleted, or has expired.
    Ended,
    /// Its token is disabled.
    Disabled,
}

/// How long a key cannot be used for another call: a day, in seconds.
pub const KEPT_SECONDS: u64 = 86_400;

/// An idempotency key. Who has it and the store has the secret, so it must be as hard to guess: 256 random bits, in 43 to
/// 128 characters.
#[derive(Debug, Clone)]
pub struct IdempotencyKey(PlainSecret);

impl IdempotencyKey {
    /// Parses a key; `None` if it is shorter than 256 bits, too long, or has characters other than letters, digits, `-` and
    /// `_`. Quotation marks around it, which some clients send, are removed.
    pub fn parse(text: &str) -> Option<Self> {
        let bare = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
        let fits = (43..=128).contains(&bare.len())
            && bare.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
        fits.then(|| Self(PlainSecret::new(bare.to_owned())))
    }

    /// Draws a random key.
    pub fn random(rng: &mut impl CryptoRng) -> Self {
        Self(secret::mint_link_secret(rng))
    }

    /// The key, as it is sent.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// The id of the idempotency record. Does not reveal the key.
    pub fn record_id(&self) -> IdempotencyRecordId {
        let hash = SecretHash::of(Label::IdempotencyKey, &[self.0.expose()]);
        IdempotencyRecordId(hash.hexadecimal())
    }

    /// The id of the idempotency record of a part of a call: of this token. The salt is that of the call, so a key that is used again
    /// a day later has other parts.
    pub fn part_id(&self, salt: &Salt, token: TokenId) -> IdempotencyRecordId {
        let parts = [self.0.expose(), &salt.0, &token.to_string()];
        IdempotencyRecordId(SecretHash::of(Label::IdempotencyKey, &parts).hexadecimal())
    }

    /// The id of the idempotency record of the end of a call.
    pub fn end_id(&self, salt: &Salt) -> IdempotencyRecordId {
        let parts = [self.0.expose(), &salt.0, "end"];
        IdempotencyRecordId(SecretHash::of(Label::IdempotencyKey, &parts).hexadecimal())
    }

    /// The fingerprint of a call, which detects another call with the same key. The parts may be secret.
    pub fn fingerprint(&self, parts: &[&[u8]]) -> SecretHash {
        let mut mac = self.mac(b"jeton call v1");
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        SecretHash::from_bytes(mac.finalize().into_bytes().into())
    }

    /// The random source of the secrets of the call.
    pub fn secrets(&self, salt: &Salt) -> Derived {
        let mut mac = self.mac(b"jeton secrets v1");
        mac.update(salt.0.as_bytes());
        Derived { seed: Zeroizing::new(mac.finalize().into_bytes().into()), blocks: 0 }
    }

    /// The fingerprint of the browser that submitted a form with this key.
    pub fn browser(&self) -> PlainSecret {
        let seed = Zeroizing::new(self.mac(b"jeton browser v1").finalize().into_bytes().into());
        secret::mint_link_secret(&mut Derived { seed, blocks: 0 })
    }

    /// The key of the form that an answer with these parts is followed by.
    pub fn following(&self, parts: &[&[u8]]) -> PlainSecret {
        let mut mac = self.mac(b"jeton following form v1");
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        let seed = Zeroizing::new(mac.finalize().into_bytes().into());
        secret::mint_link_secret(&mut Derived { seed, blocks: 0 })
    }

    fn mac(&self, purpose: &[u8]) -> Hmac<Sha256> {
        keyed(self.0.expose().as_bytes(), purpose)
    }
}

/// The id of an idempotency record: 64 lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct IdempotencyRecordId(String);

impl IdempotencyRecordId {
    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for IdempotencyRecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The salt of an idempotency record: 128 random bits.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Salt(String);

impl Salt {
    /// Draws a random salt.
    pub fn random(rng: &mut impl CryptoRng) -> Self {
        Self(format!("{:016x}{:016x}", rng.next_u64(), rng.next_u64()))
    }
}

/// An idempotency record, stored with the change of a call that had a key.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IdempotencyRecord {
    /// The id of the record.
    pub id: IdempotencyRecordId,
    /// The salt from which, with the key, the secrets are derived.
    pub salt: Salt,
    /// The fingerprint of the call.
    pub call: SecretHash,
    /// What the call created.
    pub made: CreatedResource,
    /// When the call was made.
    pub created: Timestamp,
    /// Unknown fields, written by a newer Jeton, are kept.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

/// The object that a call created, or what it does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum CreatedResource {
    /// A copy of this token.
    Copy(ProjectId, TokenId),
    /// This share.
    Share(ShareId),
    /// The current secret of this manage token.
    Manage(ManageTokenId),
    /// Nothing, but it acts on the tokens of this plan.
    Plan(ActionPlan),
    /// The change of this token, as a part of a plan, or the mail of a share of it: whoever stores it does that, and no other call.
    Part(ProjectId, TokenId),
    /// Nothing: a call with a plan ended there.
    End(ActionEnd),
}

impl IdempotencyRecord {
    /// Whether the answer can still be replayed: for less than ten minutes after the call.
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        now < self.created.plus_seconds(REPLAY_SECONDS)
    }

    /// When the record may be removed.
    pub fn ends(&self) -> Timestamp {
        self.created.plus_seconds(KEPT_SECONDS)
    }
}

/// A deterministic random source, derived from a key and a salt.
pub struct Derived {
    seed: Zeroizing<[u8; 32]>,
    blocks: u64,
}

impl Derived {
    fn block(&mut self) -> Zeroizing<[u8; 32]> {
        let mut mac = keyed(self.seed.as_ref(), b"jeton block v1");
        mac.update(&self.blocks.to_be_bytes());
        self.blocks += 1;
        Zeroizing::new(mac.finalize().into_bytes().into())
    }
}

impl TryRng for Derived {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let block = self.block();
        Ok(u32::from_be_bytes([block[0], block[1], block[2], block[3]]))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(u64::from(self.try_next_u32()?) << 32 | u64::from(self.try_next_u32()?))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for chunk in bytes.chunks_mut(32) {
            chunk.copy_from_slice(&self.block()[..chunk.len()]);
        }
        Ok(())
    }
}

impl TryCryptoRng for Derived {}

impl fmt::Debug for Derived {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Derived(***)")
    }
}

fn keyed(key: &[u8], purpose: &[u8]) -> Hmac<Sha256> {
    // HMAC accepts keys of any length; the error exists for other algorithms of the trait.
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap_or_else(|_| unreachable!("any length does"));
    mac.update(purpose);
    mac
}

#[cfg(test)]
mod tests {
    use rand_core::Rng as _;

    use super::*;
    use crate::event_context::testing::Counting;

    fn key(fill: char) -> IdempotencyKey {
        IdempotencyKey::parse(&fill.to_string().repeat(43)).unwrap()
    }

    fn drawn(key: &IdempotencyKey, salt: &Salt) -> [u8; 40] {
        let mut bytes = [0; 40];
        key.secrets(salt).fill_bytes(&mut bytes);
        bytes
    }

    #[test]
    fn the_same_key_and_salt_give_the_same_secrets_and_no_other_ones_do() {
        let (salt, other) = (Salt::random(&mut Counting(1)), Salt::random(&mut Counting(9)));
        assert_eq!(drawn(&key('a'), &salt), drawn(&key('a'), &salt));
        assert_ne!(drawn(&key('a'), &salt), drawn(&key('b'), &salt));
        assert_ne!(drawn(&key('a'), &salt), drawn(&key('a'), &other));
        let bytes = drawn(&key('a'), &salt);
        assert_ne!(bytes[..8], bytes[32..], "each block is another one");
    }

    #[test]
    fn a_fingerprint_knows_its_parts_and_where_they_end() {
        let print = |parts: &[&[u8]]| key('a').fingerprint(parts);
        assert!(print(&[b"ab", b"c"]).matches(&print(&[b"ab", b"c"])));
        assert!(!print(&[b"ab", b"c"]).matches(&print(&[b"a", b"bc"])));
        assert!(!print(&[b"ab"]).matches(&key('b').fingerprint(&[b"ab"])));
    }

    #[test]
    fn each_token_of_each_call_is_a_part_of_its_own() {
        let (salt, other) = (Salt::random(&mut Counting(1)), Salt::random(&mut Counting(9)));
        let part = |fill, salt, token| key(fill).part_id(salt, TokenId::new(token).unwrap());
        assert_eq!(part('a', &salt, 5), part('a', &salt, 5));
        for another in [part('b', &salt, 5), part('a', &other, 5), part('a', &salt, 6), key('a').record_id()]
        {
            assert_ne!(another, part('a', &salt, 5));
        }
    }

    #[test]
    fn a_drawn_key_is_one() {
        let drawn = IdempotencyKey::random(&mut Counting(1));
        assert_eq!(IdempotencyKey::parse(drawn.expose()).unwrap().record_id(), drawn.record_id());
    }

    #[test]
    fn a_key_that_holds_less_than_256_bits_is_none() {
        assert!(IdempotencyKey::parse(&"a".repeat(42)).is_none());
        assert!(IdempotencyKey::parse(&"a".repeat(129)).is_none());
        assert!(IdempotencyKey::parse(&format!("{}\u{e9}", "a".repeat(43))).is_none());
        assert!(IdempotencyKey::parse("6fa459ea-ee8a-3ca4-894e-db77e160355e").is_none(), "a uuid");
        let quoted = IdempotencyKey::parse(&format!("\"{}\"", "a".repeat(43))).unwrap();
        assert_eq!(quoted.record_id(), key('a').record_id());
        assert!(!format!("{quoted:?}").contains("aaa"));
    }

    #[test]
    fn an_answer_is_given_again_for_ten_minutes_and_not_at_their_end() {
        let created = Timestamp::from_millis(0);
        let record = IdempotencyRecord {
            id: key('a').record_id(),
            salt: Salt::random(&mut Counting(1)),
            call: key('a').fingerprint(&[]),
            made: CreatedResource::Share(ShareId::random(&mut Counting(2))),
            created,
            unknown: Map::new(),
        };
        assert!(record.is_fresh(Timestamp::from_millis(599_999)));
        assert!(!record.is_fresh(Timestamp::from_millis(600_000)));
    }
}
