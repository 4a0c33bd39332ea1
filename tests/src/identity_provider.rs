//! An identity provider (OpenID Connect) in this process, which tests make lie: about the claims, the signature, its keys and
//! what it publishes of itself.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use http::{HeaderMap, StatusCode, header};
use jeton_core::{secret::PlainSecret, session, time::Timestamp};
use jeton_service::{
    oidc::{Provider, Registration},
    wire::form::read_query,
};
use ring::{
    digest::{SHA256, digest},
    hmac,
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::Barrier};

/// The client id of every test.
pub const CLIENT: &str = "jeton";

/// The client secret, with letters that a form has to encode.
pub const SECRET: &str = "s3cret+/%:&=";

/// The name of the provider on pages.
pub const NAME: &str = "Example ID";

/// A provider.
pub struct IdentityProvider {
    /// Its issuer.
    pub issuer: String,
    inner: Arc<Inner>,
}

struct Inner {
    issuer: String,
    key: EcdsaKeyPair,
    other_key: EcdsaKeyPair,
    two: Barrier,
    state: Mutex<Lies>,
}

/// What is not as it should be. `null` in an override takes a field away.
#[derive(Debug, Clone, Default)]
pub struct Lies {
    /// Overrides of the published configuration.
    pub configuration: Value,
    /// The answer at the address of keys, in place of them.
    pub keys: Option<(u16, String)>,
    /// The id of the key that is published.
    pub published_key: Option<&'static str>,
    /// Overrides of the header of ID tokens.
    pub header: Value,
    /// Overrides of the claims of ID tokens.
    pub claims: Value,
    /// How ID tokens are signed.
    pub signature: Signature,
    /// The answer of the token endpoint, in place of an ID token.
    pub token: Option<(u16, String)>,
    /// The answer of the userinfo endpoint.
    pub info: Value,
    /// Whether calls of the token endpoint wait for one another, by twos.
    pub meets: bool,
    /// How often each path was called.
    pub calls: BTreeMap<&'static str, usize>,
    /// What was asked for each code.
    codes: BTreeMap<String, Asked>,
}

/// How an ID token is signed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Signature {
    /// As it should be.
    #[default]
    Right,
    /// With the key of somebody else.
    OfAnother,
    /// By HMAC, with the public key as its secret.
    ByPublicKey,
    /// Not at all.
    Missing,
}

#[derive(Debug, Clone)]
struct Asked {
    nonce: String,
    challenge: String,
    redirect: String,
    email: String,
    seconds: i64,
}

/// Jeton's side of a provider with this issuer.
pub fn provider_at(issuer: &str, public_url: &str) -> Provider {
    let (issuer, client, name) = (issuer.to_owned(), CLIENT.to_owned(), NAME.to_owned());
    Provider::new(Registration { issuer, client, name }, PlainSecret::new(SECRET.to_owned()), public_url)
}

impl IdentityProvider {
    /// Starts on a free local port.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let inner = Arc::new(Inner {
            issuer: issuer.clone(),
            key: drawn_key(),
            other_key: drawn_key(),
            two: Barrier::new(2),
            state: Mutex::default(),
        });
        let routes = Router::new()
            .route("/.well-known/openid-configuration", get(configuration))
            .route("/keys", get(keys))
            .route("/token", post(token))
            .route("/info", get(info))
            .with_state(Arc::clone(&inner));
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self { issuer, inner }
    }

    /// Jeton's side of it.
    pub fn provider(&self, public_url: &str) -> Provider {
        provider_at(&self.issuer, public_url)
    }

    /// What is not as it should be, to be changed.
    pub fn lies(&self) -> MutexGuard<'_, Lies> {
        self.inner.lies()
    }

    /// How often a path was called.
    pub fn calls(&self, path: &str) -> usize {
        self.lies().calls.get(path).copied().unwrap_or_default()
    }

    /// Somebody signs in at the address to which Jeton has led them; returns the path to which they are sent back.
    pub fn signs_in(&self, address: &str, email: &str, now: Timestamp) -> String {
        let asked = fields(address.split_once('?').unwrap_or_default().1);
        assert!(address.starts_with(&format!("{}/authorize?", self.issuer)), "{address}");
        let asked_for = |name: &str| asked[name].clone();
        assert_eq!(
            (asked_for("response_type"), asked_for("client_id")),
            ("code".to_owned(), CLIENT.to_owned())
        );
        assert_eq!(
            (asked_for("scope").as_str(), asked_for("code_challenge_method").as_str()),
            ("openid email", "S256")
        );
        assert_eq!(asked_for("max_age"), session::SECONDS.to_string());
        let mut lies = self.lies();
        let code = format!("code-{}", lies.codes.len());
        let redirect = asked_for("redirect_uri");
        let back = redirect.find("/console").expect("a path of the console");
        let back = format!("{}?code={code}&state={}", &redirect[back..], asked_for("state"));
        lies.codes.insert(
            code,
            Asked {
                nonce: asked_for("nonce"),
                challenge: asked_for("code_challenge"),
                email: email.to_owned(),
                seconds: now.millis() / 1000,
                redirect,
            },
        );
        back
    }
}

impl Inner {
    fn lies(&self) -> MutexGuard<'_, Lies> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn called(&self, path: &'static str) -> Lies {
        let mut lies = self.lies();
        *lies.calls.entry(path).or_default() += 1;
        lies.clone()
    }

    /// The ID token for a code.
    fn id_token(&self, lies: &Lies, asked: &Asked) -> String {
        let kid = lies.published_key.unwrap_or("first");
        let header = overridden(json!({"alg": "ES256", "kid": kid}), &lies.header);
        let claims = json!({
            "iss": self.issuer, "sub": "person-7", "aud": CLIENT, "nonce": asked.nonce,
            "iat": asked.seconds, "exp": asked.seconds + 300, "auth_time": asked.seconds,
            "email": asked.email, "email_verified": true,
        });
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&header), part(&overridden(claims, &lies.claims)));
        let random = SystemRandom::new();
        let signature = match lies.signature {
            Signature::Right => self.key.sign(&random, signed.as_bytes()).unwrap().as_ref().to_vec(),
            Signature::OfAnother => {
                self.other_key.sign(&random, signed.as_bytes()).unwrap().as_ref().to_vec()
            }
            Signature::ByPublicKey => {
                let key = hmac::Key::new(hmac::HMAC_SHA256, self.key.public_key().as_ref());
                hmac::sign(&key, signed.as_bytes()).as_ref().to_vec()
            }
            Signature::Missing => Vec::new(),
        };
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

async fn configuration(State(inner): State<Arc<Inner>>) -> Response {
    let lies = inner.called("configuration");
    let at = |path: &str| format!("{}/{path}", inner.issuer);
    let published = json!({
        "issuer": inner.issuer, "authorization_endpoint": at("authorize"), "token_endpoint": at("token"),
        "jwks_uri": at("keys"), "userinfo_endpoint": at("info"),
    });
    axum_json(&overridden(published, &lies.configuration))
}

async fn keys(State(inner): State<Arc<Inner>>) -> Response {
    let lies = inner.called("keys");
    if let Some(answer) = lies.keys {
        return said(answer);
    }
    let (x, y) = inner.key.public_key().as_ref()[1..].split_at(32);
    let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let kid = lies.published_key.unwrap_or("first");
    axum_json(&json!({"keys": [
        {"kty": "new", "kid": "of-a-kind-that-is-not-known"},
        {"kty": "EC", "crv": "P-256", "use": "enc", "kid": kid, "x": part(y), "y": part(x)},
        {"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": kid, "x": part(x), "y": part(y)},
    ]}))
}

async fn token(State(inner): State<Arc<Inner>>, headers: HeaderMap, body: String) -> Response {
    let form = fields(&body);
    let lies = inner.called("token");
    if let Some(answer) = lies.token {
        return said(answer);
    }
    if lies.meets {
        inner.two.wait().await;
    }
    let in_header = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let basic = format!("Basic {}", STANDARD.encode(format!("{CLIENT}:s3cret%2B%2F%25%3A%26%3D")));
    let in_form = (form.get("client_id"), form.get("client_secret"));
    let only_form = json!(["client_secret_post"]);
    let is_known = if lies.configuration["token_endpoint_auth_methods_supported"] == only_form {
        in_header.is_none() && in_form == (Some(&CLIENT.to_owned()), Some(&SECRET.to_owned()))
    } else {
        in_header == Some(&basic) && in_form == (None, None)
    };
    if !is_known {
        return said((401, json!({"error": "invalid_client"}).to_string()));
    }
    let Some(asked) = inner.lies().codes.remove(&form["code"]) else {
        return said((400, json!({"error": "invalid_grant"}).to_string()));
    };
    let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, form["code_verifier"].as_bytes()));
    let is_right = challenge == asked.challenge
        && form["redirect_uri"] == asked.redirect
        && form["grant_type"] == "authorization_code";
    if !is_right {
        return said((400, json!({"error": "invalid_grant"}).to_string()));
    }
    let id_token = inner.id_token(&lies, &asked);
    axum_json(&json!({"id_token": id_token, "access_token": "access", "token_type": "Bearer"}))
}

async fn info(State(inner): State<Arc<Inner>>, headers: HeaderMap) -> Response {
    let lies = inner.called("info");
    let authorized = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    if authorized == Some("Bearer access") { axum_json(&lies.info) } else { said((401, String::new())) }
}

/// The fields of a form or a query.
fn fields(text: &str) -> BTreeMap<String, String> {
    read_query(text).unwrap()
}

/// A JSON object with other fields; `null` takes one away.
fn overridden(mut object: Value, by: &Value) -> Value {
    for (name, value) in by.as_object().into_iter().flatten() {
        let fields = object.as_object_mut().unwrap();
        match value {
            Value::Null => fields.remove(name),
            value => fields.insert(name.clone(), value.clone()),
        };
    }
    object
}

fn axum_json(value: &Value) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], value.to_string()).into_response()
}

/// An answer with this status. A redirect leads to its text, too.
fn said((status, text): (u16, String)) -> Response {
    let status = StatusCode::from_u16(status).unwrap();
    if status.is_redirection() {
        return (status, [(header::LOCATION, text.clone())], text).into_response();
    }
    (status, [(header::CONTENT_TYPE, "application/json")], text).into_response()
}

fn drawn_key() -> EcdsaKeyPair {
    let (algorithm, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
    let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
    EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).unwrap()
}
