//! What an identity provider publishes of itself, and how it answers: wrong, late, or not at all.

use jeton_service::{app::App, console::ways::Ways};
use jeton_tests::{
    console_client::ConsoleClient,
    identity_provider::{IdentityProvider, provider_at},
    jeton::{ADMIN, Jeton},
};
use serde_json::json;

use super::with_provider::{SESSION, leads_back, signs_in, with};

#[tokio::test]
async fn a_provider_that_publishes_what_cannot_be_used_signs_nobody_in() {
    let provider = IdentityProvider::start().await;
    let huge = format!("{{\"keys\": [{}]}}", "{\"kty\": \"RSA\"},".repeat(20_000) + "{}");
    for configuration in [
        json!({"issuer": "https://another.example.org"}),
        json!({"issuer": format!("{}/", provider.issuer)}),
        json!({"issuer": null}),
        json!({"authorization_endpoint": "javascript:alert(1)"}),
        json!({"authorization_endpoint": "http://id.example.org/authorize"}),
        json!({"token_endpoint": "http://169.254.169.254/token"}),
        json!({"token_endpoint": "http://x:y@127.0.0.1/token"}),
        json!({"userinfo_endpoint": "file:///etc/passwd"}),
        json!({"jwks_uri": "keys"}),
        json!({"jwks_uri": format!("{}/keys#x", provider.issuer)}),
        json!({"x": "x".repeat(300_000)}),
    ] {
        provider.lies().configuration = configuration.clone();
        // Of each its own, because a failure is kept for some seconds.
        let jeton = with(&provider).await;
        let page = ConsoleClient::new(&jeton).open("/console/-/provider").await.expect(503).text();
        assert!(page.contains("can&#39;t be used at the moment") || page.contains("can't be used"), "{page}");
        assert!(page.contains("Email me a link"), "the other way stays: {page}");
    }
    provider.lies().configuration = json!({});
    for keys in [
        (302, "/keys".to_owned()),
        (200, huge),
        (200, "[]".to_owned()),
        (302, json!({"keys": []}).to_string()),
        (404, json!({"keys": []}).to_string()),
        (500, json!({"keys": []}).to_string()),
    ] {
        provider.lies().keys = Some(keys);
        let jeton = with(&provider).await;
        ConsoleClient::new(&jeton).open("/console/-/provider").await.expect(503);
    }
}

#[tokio::test]
async fn a_provider_that_fails_is_asked_again_after_some_seconds() {
    let provider = IdentityProvider::start().await;
    let jeton = with(&provider).await;
    let console = ConsoleClient::new(&jeton);
    provider.lies().keys = Some((500, String::new()));
    for _ in 0..3 {
        console.open("/console/-/provider").await.expect(503);
    }
    assert_eq!(provider.calls("keys"), 1);
    provider.lies().keys = None;
    jeton.pass_seconds(5);
    console.open("/console/-/provider").await.expect(303);
    for (answer, status) in [
        ((302, "/token".to_owned()), 503),
        ((302, json!({"error": "invalid_grant"}).to_string()), 503),
        ((500, json!({"error": "invalid_grant"}).to_string()), 503),
        ((401, json!({"error": "invalid_client"}).to_string()), 503),
        ((400, json!({"error": "invalid_grant"}).to_string()), 403),
        ((200, json!({"access_token": "x"}).to_string()), 403),
        ((200, "x".repeat(300_000)), 503),
    ] {
        provider.lies().token = Some(answer);
        let console = ConsoleClient::new(&jeton);
        signs_in(&jeton, &provider, &console, ADMIN).await.expect(status);
        assert_eq!(console.cookie(SESSION), None);
    }
}

#[tokio::test]
async fn a_provider_that_is_down_leaves_the_other_way() {
    let jeton = Jeton::start_as(|app| {
        // Nothing listens on this port, which only a program of root could change.
        let provider = provider_at("http://127.0.0.1:1", &app.public_url);
        App { ways: Ways { provider: Some(provider), ..Ways::default() }, ..app }
    })
    .await;
    let page = ConsoleClient::new(&jeton).open("/console/-/provider").await.expect(503).text();
    assert!(page.contains("Try again in a minute") && page.contains("Email me a link"), "{page}");
}

#[tokio::test]
async fn the_client_is_known_by_its_secret_in_a_header_or_where_only_that_is_taken_in_the_form() {
    let provider = IdentityProvider::start().await;
    for methods in [
        json!(null),
        json!([]),
        json!(["client_secret_basic"]),
        json!(["client_secret_post", "client_secret_basic"]),
        json!(["private_key_jwt"]),
        json!(["client_secret_post"]),
    ] {
        provider.lies().configuration = json!({"token_endpoint_auth_methods_supported": methods.clone()});
        let jeton = with(&provider).await;
        let answer = signs_in(&jeton, &provider, &ConsoleClient::new(&jeton), ADMIN).await;
        assert_eq!(answer.status.as_u16(), 303, "{methods}: {}", answer.text());
    }
}

#[tokio::test]
async fn where_the_address_is_told_apart_and_that_fails_nobody_is_signed_in() {
    let provider = IdentityProvider::start().await;
    provider.lies().claims = json!({"email": null});
    for (path, status) in [("nowhere", 503), ("keys", 403)] {
        let endpoint = format!("{}/{path}", provider.issuer);
        provider.lies().configuration = json!({"userinfo_endpoint": endpoint});
        let jeton = with(&provider).await;
        signs_in(&jeton, &provider, &ConsoleClient::new(&jeton), ADMIN).await.expect(status);
    }
    provider.lies().configuration = json!({"userinfo_endpoint": null});
    let jeton = with(&provider).await;
    signs_in(&jeton, &provider, &ConsoleClient::new(&jeton), ADMIN).await.expect(403);
}

#[tokio::test]
async fn of_sign_ins_at_once_that_need_new_keys_one_reads_them() {
    let provider = IdentityProvider::start().await;
    let jeton = with(&provider).await;
    let (one, other) = (ConsoleClient::new(&jeton), ConsoleClient::new(&jeton));
    let (to_one, to_other) = (
        leads_back(&jeton, &provider, &one, ADMIN).await,
        leads_back(&jeton, &provider, &other, ADMIN).await,
    );
    jeton.pass_seconds(60);
    // No token is there before both have asked for one, with the former keys in hand.
    (provider.lies().published_key, provider.lies().meets) = (Some("second"), true);
    let (one, other) = tokio::join!(one.open(&to_one), other.open(&to_other));
    assert_eq!([one.status.as_u16(), other.status.as_u16()], [303, 303]);
    assert_eq!((provider.calls("token"), provider.calls("keys")), (2, 2));
}
