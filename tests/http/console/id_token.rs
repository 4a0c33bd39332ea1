//! What an ID token has to say, and who has to have signed it.

use jeton_tests::{
    console_client::ConsoleClient,
    identity_provider::{IdentityProvider, Signature},
    jeton::ADMIN,
};
use serde_json::json;

use super::with_provider::{is_turned_down, signs_in, with};

#[tokio::test]
async fn only_an_address_that_the_provider_calls_verified_counts() {
    let provider = IdentityProvider::start().await;
    let jeton = with(&provider).await;
    provider.lies().info = json!({"sub": "person-7"});
    for claims in [
        json!({"email_verified": false}),
        json!({"email_verified": "true"}),
        json!({"email_verified": 1}),
        json!({"email_verified": null}),
        json!({"email": "jürgen@example.org", "email_verified": false}),
    ] {
        provider.lies().claims = claims.clone();
        is_turned_down(&jeton, &provider, 403, "not verified", &claims.to_string()).await;
    }
}

#[tokio::test]
async fn an_address_that_is_missing_or_does_not_parse_is_not_called_unverified() {
    let provider = IdentityProvider::start().await;
    let jeton = with(&provider).await;
    for claims in [
        json!({"email": "jürgen@example.org"}),
        json!({"email": [ADMIN]}),
        json!({"email": format!("{ADMIN}, eve@example.org")}),
        json!({"email": ""}),
    ] {
        provider.lies().claims = claims.clone();
        is_turned_down(&jeton, &provider, 403, "can't be used here", &claims.to_string()).await;
    }
    for (claims, info) in [
        (json!({"email": null}), json!({"sub": "person-7"})),
        (json!({"email": null, "email_verified": null}), json!({"sub": "person-7"})),
        (json!({"email": null, "email_verified": null}), json!({"sub": "person-7", "email_verified": true})),
    ] {
        (provider.lies().claims, provider.lies().info) = (claims.clone(), info.clone());
        is_turned_down(&jeton, &provider, 403, "can't be used here", &format!("{claims} {info}")).await;
    }
}

#[tokio::test]
async fn an_address_that_is_told_apart_from_the_token_counts_if_it_is_of_the_same_person() {
    let provider = IdentityProvider::start().await;
    let jeton = with(&provider).await;
    provider.lies().claims = json!({"email": null, "email_verified": null});
    for (info, status) in [
        (json!({"sub": "person-7", "email": ADMIN, "email_verified": true}), 303),
        (json!({"sub": "person-7", "email": ADMIN, "email_verified": false}), 403),
        (json!({"sub": "person-7", "email": ADMIN}), 403),
        (json!({"sub": "person-8", "email": ADMIN, "email_verified": true}), 403),
        (json!({"email": ADMIN, "email_verified": true}), 403),
    ] {
        provider.lies().info = info.clone();
        let console = ConsoleClient::new(&jeton);
        let answer = signs_in(&jeton, &provider, &console, ADMIN).await;
        assert_eq!(answer.status.as_u16(), status, "{info}: {}", answer.text());
    }
    provider.lies().claims = json!({});
    let calls = provider.calls("info");
    signs_in(&jeton, &provider, &ConsoleClient::new(&jeton), ADMIN).await.expect(303);
    assert_eq!(provider.calls("info"), calls, "it is asked only where the token lacks the address");
}

#[tokio::test]
async fn a_token_with_another_claim_than_the_sign_in_needs_is_not_accepted() {
    let provider = IdentityProvider::start().await;
    let jeton = with(&provider).await;
    let now = jeton.app.clock.now().millis() / 1000;
    for claims in [
        json!({"nonce": "another"}),
        json!({"nonce": null}),
        json!({"aud": "another"}),
        json!({"aud": []}),
        json!({"aud": ["another"], "azp": "jeton"}),
        json!({"aud": ["jeton", "another"]}),
        json!({"aud": ["jeton", "another"], "azp": "another"}),
        json!({"aud": null}),
        json!({"azp": "another"}),
        json!({"iss": "https://another.example.org"}),
        json!({"iss": format!("{}/", provider.issuer)}),
        json!({"iss": [provider.issuer, "https://another.example.org"]}),
        json!({"iss": null}),
        json!({"sub": ""}),
        json!({"sub": null}),
        json!({"exp": now - 60}),
        json!({"exp": null}),
        json!({"exp": "9999999999"}),
        json!({"iat": now + 61}),
        json!({"iat": now - 661}),
        json!({"iat": null}),
        json!({"nbf": now + 61}),
        json!({"auth_time": now - 43_261}),
        json!({"auth_time": now + 61}),
    ] {
        provider.lies().claims = claims.clone();
        is_turned_down(&jeton, &provider, 403, "was not accepted", &claims.to_string()).await;
    }
    for claims in [
        json!({"aud": ["jeton"]}),
        json!({"aud": ["another", "jeton"], "azp": "jeton"}),
        json!({"exp": now - 59}),
        json!({"iat": now + 59, "nbf": now + 59}),
        json!({"auth_time": null}),
    ] {
        provider.lies().claims = claims.clone();
        let answer = signs_in(&jeton, &provider, &ConsoleClient::new(&jeton), ADMIN).await;
        assert_eq!(answer.status.as_u16(), 303, "{claims}: {}", answer.text());
    }
}

/// That a signature is compared, that critical headers are known and that `none` is no algorithm is a matter of jsonwebtoken,
/// to which `oidc/algorithm.rs` gives the algorithms.
#[tokio::test]
async fn a_token_that_another_key_or_no_key_has_signed_is_not_accepted() {
    let provider = IdentityProvider::start().await;
    let jeton = with(&provider).await;
    for (signature, header) in [
        (Signature::OfAnother, json!({})),
        (Signature::ByPublicKey, json!({"alg": "HS256"})),
        (Signature::ByPublicKey, json!({"alg": "HS256", "kid": null})),
        (Signature::ByPublicKey, json!({})),
        (Signature::Missing, json!({"alg": "none"})),
        (Signature::Missing, json!({"alg": "None", "kid": null})),
        (Signature::Missing, json!({})),
        (Signature::Right, json!({"alg": "RS256"})),
        (Signature::Right, json!({"alg": "ES384"})),
        (Signature::Right, json!({"alg": null})),
        (Signature::Right, json!({"crit": ["b64"], "b64": false})),
        (Signature::OfAnother, json!({"jku": "http://127.0.0.1:1/keys"})),
    ] {
        (provider.lies().signature, provider.lies().header) = (signature, header.clone());
        let what = format!("{signature:?} {header}");
        is_turned_down(&jeton, &provider, 403, "was not accepted", &what).await;
    }
    for token in ["", "x", "a.b.c", "...", "{}"] {
        provider.lies().token = Some((200, json!({"id_token": token, "access_token": "x"}).to_string()));
        is_turned_down(&jeton, &provider, 403, "was not accepted", token).await;
    }
    (provider.lies().token, provider.lies().signature) = (None, Signature::Right);
    provider.lies().header = json!({"kid": null});
    signs_in(&jeton, &provider, &ConsoleClient::new(&jeton), ADMIN).await.expect(303);
}

#[tokio::test]
async fn a_key_that_is_not_known_is_looked_up_once_a_minute() {
    let provider = IdentityProvider::start().await;
    let jeton = with(&provider).await;
    signs_in(&jeton, &provider, &ConsoleClient::new(&jeton), ADMIN).await.expect(303);
    assert_eq!((provider.calls("configuration"), provider.calls("keys")), (1, 1));
    provider.lies().header = json!({"kid": "unknown"});
    is_turned_down(&jeton, &provider, 403, "was not accepted", "at once").await;
    assert_eq!(provider.calls("keys"), 1);
    jeton.pass_seconds(60);
    for _ in 0..3 {
        is_turned_down(&jeton, &provider, 403, "was not accepted", "after a minute").await;
    }
    assert_eq!(provider.calls("keys"), 2);
    jeton.pass_seconds(60);
    (provider.lies().header, provider.lies().published_key) = (json!({}), Some("second"));
    signs_in(&jeton, &provider, &ConsoleClient::new(&jeton), ADMIN).await.expect(303);
    assert_eq!((provider.calls("configuration"), provider.calls("keys")), (1, 3));
    jeton.pass_seconds(3600);
    signs_in(&jeton, &provider, &ConsoleClient::new(&jeton), ADMIN).await.expect(303);
    assert_eq!((provider.calls("configuration"), provider.calls("keys")), (2, 4), "kept for an hour");
}
