//! ID tokens: the check of signature and claims (OpenID Connect Core, 3.1.3.7).
//!
//! The crate jsonwebtoken parses the token, rejects unknown critical headers, and has the signature verified. The claims are
//! checked here, at the time of the request, and exactly: the crate accepts a list of issuers.

use jeton_core::{
    email::Email,
    provider_sign_in::SKEW_SECONDS,
    secret::{Label, SecretHash},
    time::Timestamp,
};
use jsonwebtoken::{
    Algorithm, DecodingKey, Validation, decode, decode_header,
    jwk::{Jwk, PublicKeyUse},
};
use serde::Deserialize;
use serde_json::Value;

use super::{algorithm, failure::Failure};

/// The age up to which an ID token is accepted, in seconds: it was made for a code of this moment.
const FRESH_SECONDS: u64 = 600;

/// What an ID token must say.
pub(super) struct Expected<'a> {
    pub(super) issuer: &'a str,
    pub(super) client: &'a str,
    pub(super) nonce: &'a str,
    /// How long ago credentials may have been entered at the provider, in seconds, if it says when.
    pub(super) oldest: u64,
    pub(super) now: Timestamp,
}

/// The claims of an ID token.
#[derive(Debug, Deserialize)]
pub(super) struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    #[serde(default)]
    azp: Option<String>,
    exp: f64,
    iat: f64,
    #[serde(default)]
    nbf: Option<f64>,
    #[serde(default)]
    nonce: Option<String>,
    #[serde(default)]
    auth_time: Option<f64>,
    #[serde(flatten)]
    pub(super) asserted: Asserted,
}

/// The address of somebody, as the provider tells it. Of any type, because only `true` makes it verified.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Asserted {
    #[serde(default)]
    email: Value,
    #[serde(default)]
    email_verified: Value,
}

/// Claims outside of the ID token.
#[derive(Deserialize)]
struct UserInfo {
    sub: String,
    #[serde(flatten)]
    asserted: Asserted,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

/// Checks an ID token. `None` if none of the keys has its id.
///
/// Errors: [`Failure::Rejected`].
pub(super) fn read_id_token(
    token: &str,
    keys: &[Jwk],
    expected: &Expected<'_>,
) -> Result<Option<Claims>, Failure> {
    algorithm::install();
    let rejected = |why: &str| Failure::Rejected(format!("its ID token {why}"));
    let header = decode_header(token).map_err(|_| rejected("does not parse, or has an unknown algorithm"))?;
    if !algorithm::is_accepted(header.alg) {
        return Err(rejected("has an algorithm without a public key"));
    }
    let Some(key) = key(keys, header.kid.as_deref(), header.alg) else { return Ok(None) };
    let key = DecodingKey::from_jwk(key).map_err(|_| rejected("has a key that does not parse"))?;
    let mut validation = Validation::new(header.alg);
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    let claims = decode::<Claims>(token, &key, &validation)
        .map_err(|_| rejected("has a wrong signature, or lacks a claim"))?
        .claims;
    claims.check(expected).map_err(rejected)?;
    Ok(Some(claims))
}

/// The key of a token. Without an id, it is the only one that fits.
fn key<'a>(keys: &'a [Jwk], id: Option<&str>, algorithm: Algorithm) -> Option<&'a Jwk> {
    let fits = |key: &&Jwk| {
        let common = &key.common;
        let is_for_signatures = matches!(common.public_key_use, None | Some(PublicKeyUse::Signature));
        let is_of_algorithm =
            common.key_algorithm.is_none_or(|of| of.to_string() == format!("{algorithm:?}"));
        let is_of_family =
            DecodingKey::from_jwk(key).is_ok_and(|key| key.family() == algorithm::family(algorithm));
        is_for_signatures
            && is_of_algorithm
            && is_of_family
            && (id.is_none() || common.key_id.as_deref() == id)
    };
    let mut fitting = keys.iter().filter(fits);
    let first = fitting.next()?;
    if id.is_none() && fitting.next().is_some() { None } else { Some(first) }
}

impl Claims {
    fn check(&self, expected: &Expected<'_>) -> Result<(), &'static str> {
        #[expect(clippy::cast_precision_loss, reason = "milliseconds of this age are exact")]
        let now = expected.now.millis() as f64 / 1000.0;
        #[expect(clippy::cast_precision_loss, reason = "it is a small number")]
        let (skew, fresh, oldest) = (SKEW_SECONDS as f64, FRESH_SECONDS as f64, expected.oldest as f64);
        if self.iss != expected.issuer {
            return Err("is of another issuer");
        }
        if self.sub.is_empty() {
            return Err("names nobody");
        }
        let is_for_us = match &self.aud {
            Audience::One(client) => client == expected.client,
            Audience::Several(clients) => {
                clients.iter().any(|client| client == expected.client)
                    && (clients.len() == 1 || self.azp.is_some())
            }
        };
        if !is_for_us || self.azp.as_ref().is_some_and(|client| client != expected.client) {
            return Err("is for another client");
        }
        if now >= self.exp + skew {
            return Err("has expired");
        }
        if self.iat > now + skew || self.nbf.is_some_and(|begin| begin > now + skew) {
            return Err("is of the future");
        }
        if self.iat < now - fresh - skew {
            return Err("was made too long ago");
        }
        if self.auth_time.is_some_and(|at| at < now - oldest - skew || at > now + skew) {
            return Err("is of credentials that were entered too long ago");
        }
        let hash = |nonce: &str| SecretHash::of(Label::SignInNonce, &[nonce]);
        let is_answer = self.nonce.as_deref().is_some_and(|nonce| hash(nonce).matches(&hash(expected.nonce)));
        if is_answer { Ok(()) } else { Err("is of another sign-in") }
    }

    /// When credentials were entered at the provider.
    pub(super) fn authenticated(&self) -> Option<Timestamp> {
        #[expect(clippy::cast_possible_truncation, reason = "it was compared with the time of now")]
        self.auth_time.map(|at| Timestamp::from_millis((at * 1000.0) as i64))
    }

    /// The address in the answer of the userinfo endpoint, which must be about the same person.
    ///
    /// Errors: [`Failure::Rejected`].
    pub(super) fn asserted_elsewhere(&self, body: &[u8]) -> Result<Asserted, Failure> {
        let info: UserInfo = serde_json::from_slice(body).map_err(|_| {
            Failure::Rejected("its userinfo endpoint has an answer of another form".to_owned())
        })?;
        if info.sub == self.sub {
            Ok(info.asserted)
        } else {
            Err(Failure::Rejected("its userinfo endpoint tells of another person".to_owned()))
        }
    }
}

impl Asserted {
    /// Whether the ID token says nothing of it, as with providers that tell it apart.
    pub(super) fn is_empty(&self) -> bool {
        self.email.is_null() || self.email_verified.is_null()
    }

    /// Whether it has an address, of whatever form.
    pub(super) fn names_an_address(&self) -> bool {
        !self.email.is_null()
    }

    /// The address, if the provider says that it is verified.
    ///
    /// Errors: [`Failure::Unverified`], [`Failure::Address`].
    pub(super) fn verified(&self) -> Result<Email, Failure> {
        // Without an address, there is nothing to verify.
        if !self.names_an_address() {
            return Err(Failure::Address);
        }
        if self.email_verified != Value::Bool(true) {
            return Err(Failure::Unverified);
        }
        self.email.as_str().and_then(Email::parse).ok_or(Failure::Address)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Public keys, and a token by each accepted algorithm. Nobody has the secret keys.
    const TOKENS: &str = include_str!("testdata/tokens.json");

    fn read(token: &str, keys: &[Jwk]) -> Result<Option<Claims>, Failure> {
        let (issuer, client, nonce) = ("https://id.example.org", "jeton", "nonce");
        let now = Timestamp::from_millis(1_768_478_400_000);
        read_id_token(token, keys, &Expected { issuer, client, nonce, oldest: 43_200, now })
    }

    fn sample() -> (Vec<Jwk>, Vec<(String, String)>, String) {
        let sample: Value = serde_json::from_str(TOKENS).unwrap();
        let keys = serde_json::from_value(sample["keys"].clone()).unwrap();
        let tokens = sample["tokens"].as_object().unwrap().iter();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        (keys, tokens.map(|(name, token)| (name.clone(), text(token))).collect(), text(&sample["short"]))
    }

    #[test]
    fn a_token_is_read_by_each_accepted_algorithm_and_by_none_other() {
        let (keys, tokens, short) = sample();
        assert_eq!(tokens.len(), 9);
        for (name, token) in &tokens {
            let email = read(token, &keys).unwrap().unwrap().asserted.verified().unwrap();
            assert_eq!(email.as_str(), "ann@example.org", "{name}");
            let (signed, signature) = token.rsplit_once('.').unwrap();
            for (other, with) in tokens.iter().filter(|(other, _)| other != name) {
                let mixed = format!("{signed}.{}", with.rsplit_once('.').unwrap().1);
                assert!(read(&mixed, &keys).is_err(), "{name} with the signature of {other}");
            }
            let mut changed = signature.to_owned();
            changed.replace_range(..1, if signature.starts_with('A') { "B" } else { "A" });
            assert!(read(&format!("{signed}.{changed}"), &keys).is_err(), "{name}");
        }
        assert!(read(&short, &keys).is_err(), "an RSA key of 1,024 bits");
    }

    #[test]
    fn the_key_of_a_token_is_for_signatures_of_its_algorithm_and_has_its_id() {
        let rsa = |more: Value| {
            let mut key = json!({"kty": "RSA", "n": "AQAB", "e": "AQAB"});
            key.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            key
        };
        let oct = json!({"kty": "oct", "k": "AQAB", "kid": "a"});
        let table = [
            (vec![rsa(json!({"kid": "a"}))], Some("a"), Some(0)),
            (vec![rsa(json!({"kid": "a", "use": "sig", "alg": "RS256"}))], Some("a"), Some(0)),
            (vec![rsa(json!({"kid": "b"})), rsa(json!({"kid": "a"}))], Some("a"), Some(1)),
            (vec![rsa(json!({"kid": "b"})), rsa(json!({}))], Some("a"), None),
            (vec![rsa(json!({"kid": "a", "use": "enc"}))], Some("a"), None),
            (vec![rsa(json!({"kid": "a", "use": "other"}))], Some("a"), None),
            (vec![rsa(json!({"kid": "a", "alg": "RS384"}))], Some("a"), None),
            (vec![rsa(json!({"kid": "a", "alg": "RSA-OAEP"}))], Some("a"), None),
            (vec![rsa(json!({"kid": "a", "alg": "unknown"}))], Some("a"), None),
            (vec![oct.clone()], Some("a"), None),
            (vec![oct, rsa(json!({"kid": "a"}))], Some("a"), Some(1)),
            (vec![rsa(json!({"kid": "b"}))], None, Some(0)),
            (vec![rsa(json!({"kid": "a", "use": "enc"})), rsa(json!({"kid": "b"}))], None, Some(1)),
            // Which of them is meant is not said.
            (vec![rsa(json!({"kid": "a"})), rsa(json!({"kid": "b"}))], None, None),
            (Vec::new(), None, None),
        ];
        for (published, id, expected) in table {
            let keys: Vec<Jwk> =
                published.iter().map(|key| serde_json::from_value(key.clone()).unwrap()).collect();
            let found = key(&keys, id, Algorithm::RS256);
            let found = found.map(|found| keys.iter().position(|key| std::ptr::eq(key, found)).unwrap());
            assert_eq!(found, expected, "{id:?} {published:?}");
        }
        let (keys, ..) = sample();
        assert_eq!(key(&keys, Some("rsa"), Algorithm::ES256), None, "of another family");
    }
}
