//! A Jeton whose members sign in with passkeys, and their authenticators.

use std::sync::Arc;

use jeton_core::store::Store;
use jeton_service::{app::App, console::ways::Ways, passkey::RelyingParty};
use jeton_tests::{
    authenticator::{Authenticator, Ceremony},
    client::Answer,
    console_client::ConsoleClient,
    jeton::{ADMIN, Jeton},
    store::open_store,
};
use serde_json::Value;

/// The cookie of a session.
pub const SESSION: &str = "__Host-jeton-session";

/// A Jeton with passkeys.
pub async fn start() -> Jeton {
    start_on(open_store().await).await
}

/// The same on this store.
pub async fn start_on(store: Arc<dyn Store>) -> Jeton {
    Jeton::start_on_as(store, |app| {
        let ways = Ways { passkeys: Some(site(&app.public_url)), ..Ways::default() };
        App { ways, ..app }
    })
    .await
}

/// The site of a Jeton at this address, as a browser that calls it localhost sees it.
pub fn site(url: &str) -> RelyingParty {
    RelyingParty { id: "localhost".to_owned(), origin: url.replace("127.0.0.1", "localhost") }
}

/// A member who is signed in, with a passkey that they have registered.
pub async fn registered(jeton: &Jeton, email: &str) -> (ConsoleClient, Authenticator) {
    let (console, mut authenticator) =
        (ConsoleClient::signed_in(jeton, email).await, Authenticator::default());
    registers(jeton, &console, &mut authenticator, "Laptop").await.expect(303);
    (console, authenticator)
}

/// The same for the first member.
pub async fn admin(jeton: &Jeton) -> (ConsoleClient, Authenticator) {
    registered(jeton, ADMIN).await
}

/// What the page of sessions asks an authenticator for.
pub async fn options(console: &ConsoleClient) -> Value {
    let page = console.open("/console/sessions").await.expect(200).text();
    let options = page.split_once("data-options=\"").unwrap_or_else(|| panic!("no options: {page}")).1;
    let options = options.split('"').next().unwrap().replace("&quot;", "\"").replace("&amp;", "&");
    serde_json::from_str(&options).unwrap()
}

/// Registers a passkey.
pub async fn registers(
    jeton: &Jeton,
    console: &ConsoleClient,
    authenticator: &mut Authenticator,
    name: &str,
) -> Answer {
    let answer = authenticator.creates(&site(&jeton.url), &options(console).await);
    sends(console, &answer.fields(name)).await
}

/// Submits the form of a registration.
pub async fn sends(console: &ConsoleClient, fields: &[(&'static str, String)]) -> Answer {
    console.submit("/console/projects", "/console/passkeys", &borrowed(fields)).await
}

/// What a sign-in asks an authenticator for.
pub async fn starts(console: &ConsoleClient) -> Value {
    console.send_form("/console/-/passkey/start", &[]).await.expect(200).json()
}

/// The answer of an authenticator to a new sign-in.
pub async fn answers(jeton: &Jeton, console: &ConsoleClient, authenticator: &Authenticator) -> Ceremony {
    authenticator.gets(&site(&jeton.url), &starts(console).await)
}

/// Submits the form of a sign-in.
pub async fn finishes(console: &ConsoleClient, fields: &[(&'static str, String)]) -> Answer {
    console.send_form("/console/-/passkey", &borrowed(fields)).await
}

/// Signs in.
pub async fn signs_in(jeton: &Jeton, console: &ConsoleClient, authenticator: &Authenticator) -> Answer {
    let answer = answers(jeton, console, authenticator).await;
    finishes(console, &authenticator.signs(&answer)).await
}

/// The passkeys of an address as they are stored: name, counter, and whether it was used.
pub async fn stored(jeton: &Jeton, email: &str) -> Vec<(String, u32, bool)> {
    let email = jeton_core::email::Email::parse(email).unwrap();
    let found = jeton.app.store.passkeys(&email).await.unwrap();
    let passkeys = found.into_iter().flat_map(|found| found.passkeys);
    passkeys.map(|passkey| (passkey.name, passkey.counter, passkey.last_used.is_some())).collect()
}

/// The newest event of this name, with its message.
pub async fn event(jeton: &Jeton, name: &str) -> Value {
    let events = jeton.get("/v2/storage/events").token(&jeton.master).send().await.expect(200).json();
    let mut events = events.as_array().unwrap().iter();
    events.find(|event| event["event"] == name).cloned().unwrap_or_default()
}

fn borrowed<'a>(fields: &'a [(&'static str, String)]) -> Vec<(&'static str, &'a str)> {
    fields.iter().map(|(name, value)| (*name, value.as_str())).collect()
}
