//! What a provider publishes of itself (OpenID Connect Discovery), and its keys (JWKS).

use http::{Request, StatusCode, header};
use jsonwebtoken::jwk::Jwk;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use url::Url;

use super::{address::may_be_called, failure::Failure, fetch::Fetch};

/// What is used of it.
#[derive(Debug, Clone)]
pub(super) struct Metadata {
    pub(super) authorization_endpoint: Url,
    pub(super) token_endpoint: Url,
    pub(super) jwks_uri: Url,
    pub(super) userinfo_endpoint: Option<Url>,
    /// Whether the client authenticates in a header, and not in the form.
    pub(super) takes_basic: bool,
    /// Whether its answers name the issuer (RFC 9207).
    pub(super) sends_issuer: bool,
}

#[derive(Deserialize)]
struct Published {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    userinfo_endpoint: Option<String>,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

/// The keys, each as it is published.
#[derive(Deserialize)]
struct PublishedKeys {
    keys: Vec<Value>,
}

impl Metadata {
    /// Reads it. Errors: [`Failure::Unavailable`].
    pub(super) async fn read(fetch: &Fetch, issuer: &str) -> Result<Self, Failure> {
        let address = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        let published: Published = json(fetch, "configuration", &address).await?;
        if published.issuer != issuer {
            return Err(Failure::Unavailable(
                "its configuration names another issuer than JETON_OIDC_ISSUER".to_owned(),
            ));
        }
        let endpoint = |name: &str, address: &str| {
            let url = Url::parse(address).ok().filter(|url| may_be_called(url, fetch.is_local));
            url.ok_or_else(|| Failure::Unavailable(format!("its {name} is not an https:// address")))
        };
        let methods = published.token_endpoint_auth_methods_supported.unwrap_or_default();
        let has = |method: &str| methods.iter().any(|known| known == method);
        Ok(Self {
            authorization_endpoint: endpoint("authorization endpoint", &published.authorization_endpoint)?,
            token_endpoint: endpoint("token endpoint", &published.token_endpoint)?,
            jwks_uri: endpoint("address of keys", &published.jwks_uri)?,
            userinfo_endpoint: published
                .userinfo_endpoint
                .map(|address| endpoint("userinfo endpoint", &address))
                .transpose()?,
            // It is the default of the specification.
            takes_basic: has("client_secret_basic") || !has("client_secret_post"),
            sends_issuer: published.authorization_response_iss_parameter_supported,
        })
    }

    /// Reads the keys that can be used; others are left out. Errors: [`Failure::Unavailable`].
    pub(super) async fn keys(&self, fetch: &Fetch) -> Result<Vec<Jwk>, Failure> {
        let published: PublishedKeys = json(fetch, "address of keys", self.jwks_uri.as_str()).await?;
        Ok(published.keys.into_iter().filter_map(|key| serde_json::from_value(key).ok()).collect())
    }
}

async fn json<T: DeserializeOwned>(fetch: &Fetch, what: &str, address: &str) -> Result<T, Failure> {
    let request = Request::get(address).header(header::ACCEPT, "application/json").body(String::new());
    let (status, body) = fetch.send(what, request).await?;
    if status != StatusCode::OK {
        return Err(Failure::Unavailable(format!("its {what} answers {}", status.as_u16())));
    }
    serde_json::from_slice(&body)
        .map_err(|_| Failure::Unavailable(format!("its {what} has an answer of another form")))
}
