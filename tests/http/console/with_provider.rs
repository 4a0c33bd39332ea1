//! A Jeton with an identity provider, and people who sign in with it.

use std::sync::Arc;

use jeton_core::store::Store;
use jeton_service::{app::App, console::ways::Ways};
use jeton_tests::{
    client::Answer,
    console_client::ConsoleClient,
    identity_provider::IdentityProvider,
    jeton::{ADMIN, Jeton},
    store::open_store,
};

/// The cookie of a session.
pub const SESSION: &str = "__Host-jeton-session";

/// A Jeton whose members sign in by mail and with this provider.
pub async fn with(provider: &IdentityProvider) -> Jeton {
    with_ways_on(open_store().await, provider, true).await
}

/// The same on this store, and with or without mail.
pub async fn with_ways_on(store: Arc<dyn Store>, provider: &IdentityProvider, mail: bool) -> Jeton {
    Jeton::start_on_as(store, |app| {
        let ways = Ways { mail, provider: Some(provider.provider(&app.public_url)), passkeys: None };
        App { ways, ..app }
    })
    .await
}

/// Follows the link to the provider; returns the path to which it sends back somebody with this address.
pub async fn leads_back(
    jeton: &Jeton,
    provider: &IdentityProvider,
    console: &ConsoleClient,
    email: &str,
) -> String {
    let led = console.open("/console/-/provider").await.expect(303);
    provider.signs_in(led.header("location").unwrap(), email, jeton.app.clock.now())
}

/// Signs somebody in with this address.
pub async fn signs_in(
    jeton: &Jeton,
    provider: &IdentityProvider,
    console: &ConsoleClient,
    email: &str,
) -> Answer {
    let back = leads_back(jeton, provider, console, email).await;
    console.open(&back).await
}

/// A sign-in that is turned down: nobody is signed in, and the page says so with this status.
pub async fn is_turned_down(
    jeton: &Jeton,
    provider: &IdentityProvider,
    status: u16,
    words: &str,
    what: &str,
) {
    let console = ConsoleClient::new(jeton);
    let answer = signs_in(jeton, provider, &console, ADMIN).await;
    assert_eq!(answer.status.as_u16(), status, "{what}: {}", answer.text());
    assert!(answer.text().contains(words), "{what}: {}", answer.text());
    assert_eq!(console.cookie(SESSION), None, "{what}");
}
