//! Sign-in with an identity provider, by OpenID Connect: the authorization code flow with PKCE.
//!
//! The provider says which e-mail address somebody has. Whether that is one of a member is not its decision.

mod address;
mod algorithm;
mod claims;
mod failure;
mod fetch;
mod known;
mod metadata;
#[cfg(test)]
mod tests;

use std::{fmt, sync::Arc};

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use http::{Request, StatusCode, header};
use jeton_core::{
    email::Email, provider_sign_in::ProviderSignIn, secret::PlainSecret, session, time::Timestamp,
};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use tokio::sync::Semaphore;
use url::form_urlencoded;

pub use self::{address::is_issuer, failure::Failure};

use self::{
    claims::{Asserted, Claims, Expected, read_id_token},
    fetch::Fetch,
    known::{Document, KnownProvider},
    metadata::Metadata,
};

/// The path to which the provider sends the browser back.
pub const CALLBACK: &str = "/console/-/signed-in";

/// How many requests of members may wait for the provider at a time. Further ones are told to come again.
const WAITING: usize = 8;

/// The longest code and error of an answer, in bytes.
const LONGEST: usize = 4096;

/// An identity provider.
pub struct Provider {
    issuer: String,
    client: String,
    secret: PlainSecret,
    name: String,
    redirect: String,
    fetch: Fetch,
    known: KnownProvider,
    waiting: Semaphore,
}

/// How a client is known to its provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    /// The issuer, letter by letter as the provider writes it.
    pub issuer: String,
    /// The client id.
    pub client: String,
    /// The name of the provider for people.
    pub name: String,
}

/// What the provider says of somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Their verified e-mail address.
    pub email: Email,
    /// When they entered their credentials there, if it says so.
    pub authenticated: Option<Timestamp>,
}

#[derive(Deserialize)]
struct Tokens {
    id_token: String,
    access_token: Option<String>,
}

#[derive(Deserialize)]
struct TokenError {
    error: String,
}

impl Provider {
    /// A provider, of which nothing is read before somebody signs in.
    pub fn new(registered: Registration, secret: PlainSecret, public_url: &str) -> Self {
        let Registration { issuer, client, name } = registered;
        Self {
            fetch: Fetch::of(&issuer),
            known: KnownProvider::default(),
            redirect: format!("{public_url}{CALLBACK}"),
            waiting: Semaphore::new(WAITING),
            issuer,
            client,
            secret,
            name,
        }
    }

    /// Its name for people.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The issuer.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The address at the provider to which a sign-in leads. `again` asks for the credentials of somebody who is signed in there.
    ///
    /// Errors: [`Failure::Unavailable`], [`Failure::Busy`].
    pub async fn address(
        &self,
        sign_in: &ProviderSignIn,
        again: bool,
        now: Timestamp,
    ) -> Result<String, Failure> {
        let _waiting = self.waiting.try_acquire().map_err(|_| Failure::Busy)?;
        let document = self.document(now).await?;
        let mut address = document.metadata.authorization_endpoint.clone();
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(sign_in.verifier.expose()));
        let mut query = address.query_pairs_mut();
        query
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.client)
            .append_pair("redirect_uri", &self.redirect)
            .append_pair("scope", "openid email")
            .append_pair("state", sign_in.state())
            .append_pair("nonce", sign_in.nonce.expose())
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256")
            .append_pair("max_age", &session::SECONDS.to_string());
        if again {
            query.append_pair("prompt", "login");
        }
        drop(query);
        Ok(address.into())
    }

    /// Checks the `iss` of an answer (RFC 9207). Errors: [`Failure::Rejected`], and as [`Self::address`].
    pub async fn check_issuer(&self, iss: Option<&str>, now: Timestamp) -> Result<(), Failure> {
        match iss {
            Some(iss) if iss == self.issuer => Ok(()),
            Some(_) => Err(Failure::Rejected("it is of another issuer".to_owned())),
            None if self.document(now).await?.metadata.sends_issuer => {
                Err(Failure::Rejected("it lacks the issuer".to_owned()))
            }
            None => Ok(()),
        }
    }

    /// Who has signed in, for the code of an answer.
    ///
    /// Errors: [`Failure`].
    pub async fn identity(
        &self,
        sign_in: &ProviderSignIn,
        code: &str,
        now: Timestamp,
    ) -> Result<Identity, Failure> {
        let _waiting = self.waiting.try_acquire().map_err(|_| Failure::Busy)?;
        if code.is_empty() || code.len() > LONGEST {
            return Err(Failure::Rejected("it has no code".to_owned()));
        }
        let document = self.document(now).await?;
        let tokens = self.tokens(&document.metadata, sign_in, code).await?;
        let expected = Expected {
            issuer: &self.issuer,
            client: &self.client,
            nonce: sign_in.nonce.expose(),
            oldest: session::SECONDS,
            now,
        };
        let claims = self.claims(&document, &tokens.id_token, &expected).await?;
        let authenticated = claims.authenticated();
        let asserted = self.asserted(&document.metadata, claims, tokens.access_token.as_deref()).await?;
        Ok(Identity { email: asserted.verified()?, authenticated })
    }

    async fn document(&self, now: Timestamp) -> Result<Arc<Document>, Failure> {
        self.known.document(&self.fetch, &self.issuer, now).await
    }

    /// Checks an ID token. If its key is not known, the keys are read again, once.
    async fn claims(
        &self,
        document: &Document,
        token: &str,
        expected: &Expected<'_>,
    ) -> Result<Claims, Failure> {
        if let Some(claims) = read_id_token(token, &document.keys, expected)? {
            return Ok(claims);
        }
        let newer = self.known.newer_keys(&self.fetch, document, expected.now).await?;
        let claims = newer.map(|newer| read_id_token(token, &newer.keys, expected)).transpose()?;
        claims.flatten().ok_or_else(|| {
            Failure::Rejected("its ID token has a key that is not one of the provider".to_owned())
        })
    }

    /// The request that redeems a code.
    fn redeeming(
        &self,
        metadata: &Metadata,
        sign_in: &ProviderSignIn,
        code: &str,
    ) -> http::Result<Request<String>> {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "authorization_code")
            .append_pair("code", code)
            .append_pair("redirect_uri", &self.redirect)
            .append_pair("code_verifier", sign_in.verifier.expose());
        let mut request = Request::post(metadata.token_endpoint.as_str())
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        if metadata.takes_basic {
            let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
            let pair = format!("{}:{}", encoded(&self.client), encoded(self.secret.expose()));
            request = request.header(header::AUTHORIZATION, format!("Basic {}", STANDARD.encode(pair)));
        } else {
            form.append_pair("client_id", &self.client).append_pair("client_secret", self.secret.expose());
        }
        request.body(form.finish())
    }

    /// Redeems a code at the provider.
    async fn tokens(
        &self,
        metadata: &Metadata,
        sign_in: &ProviderSignIn,
        code: &str,
    ) -> Result<Tokens, Failure> {
        let request = self.redeeming(metadata, sign_in, code);
        let (status, body) = self.fetch.send("token endpoint", request).await?;
        if status == StatusCode::OK {
            return serde_json::from_slice(&body)
                .map_err(|_| Failure::Rejected("its token endpoint answers without an ID token".to_owned()));
        }
        Err(not_redeemed(status, &body))
    }

    /// The address of somebody: in the ID token, or where the provider tells it apart from that.
    async fn asserted(
        &self,
        metadata: &Metadata,
        claims: Claims,
        access_token: Option<&str>,
    ) -> Result<Asserted, Failure> {
        let (Some(endpoint), Some(access_token), true) =
            (&metadata.userinfo_endpoint, access_token, claims.asserted.is_empty())
        else {
            return Ok(claims.asserted);
        };
        let request = Request::get(endpoint.as_str())
            .header(header::ACCEPT, "application/json")
            .header(header::AUTHORIZATION, format!("Bearer {access_token}"))
            .body(String::new());
        let (status, body) = self.fetch.send("userinfo endpoint", request).await?;
        if status != StatusCode::OK {
            return Err(Failure::Unavailable(format!("its userinfo endpoint answers {}", status.as_u16())));
        }
        let elsewhere = claims.asserted_elsewhere(&body)?;
        // Without an address there, what the token says of one decides what is wrong.
        Ok(if elsewhere.names_an_address() { elsewhere } else { claims.asserted })
    }
}

/// Why the token endpoint redeems no code. Of its answer, only a word of the specification is repeated.
fn not_redeemed(status: StatusCode, body: &[u8]) -> Failure {
    let said: Option<TokenError> = serde_json::from_slice(body).ok();
    let is_word = |word: &str| word.len() <= 40 && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    let word = said.map(|said| said.error).filter(|word| is_word(word)).unwrap_or_default();
    let what = format!("its token endpoint answers {} {word}", status.as_u16());
    // Of a code that was used, has expired or is invented.
    if word == "invalid_grant" { Failure::Rejected(what) } else { Failure::Unavailable(what) }
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Provider")
            .field("issuer", &self.issuer)
            .field("client", &self.client)
            .finish_non_exhaustive()
    }
}
