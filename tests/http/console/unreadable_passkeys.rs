//! Passkeys whose record cannot be read: they lock their address out of no more than its sign-in, and the operator removes them.

use jeton_core::email::Email;
use jeton_service::operation::passkeys::{Removed, remove_all};
use jeton_tests::{
    authenticator::Authenticator,
    console_client::ConsoleClient,
    jeton::{ADMIN, Jeton},
    random::words,
    store::{Damage, Place, Record, open_store_at},
};
use serde_json::json;

use super::with_passkeys::{
    SESSION, admin, event, options, registered, registers, signs_in, start_on, stored,
};

/// What is left of a record: no JSON, an algorithm of a newer Jeton, that of another address, in another version, and without
/// passkeys.
const DAMAGES: [Damage; 5] = [
    |_| "{".to_owned(),
    |json| json.replace("\"ES256\"", "\"ES999\""),
    |json| json.replace("admin@", "eve@"),
    |json| json.replace("\"version\":", "\"version\":1"),
    |json| json.split_once("\"passkeys\":[").unwrap().0.to_owned() + "\"passkeys\":[]}",
];

/// A Jeton whose first member has a passkey, and a session that began before their record was damaged.
struct Scene {
    jeton: Jeton,
    console: ConsoleClient,
    authenticator: Authenticator,
}

impl Scene {
    async fn start(damage: Damage) -> Self {
        let (store, place) = open_store_at().await;
        let jeton = start_on(store).await;
        let (console, authenticator) = admin(&jeton).await;
        damaged(&place, damage).await;
        Self { jeton, console, authenticator }
    }

    async fn removed(&self) -> Removed {
        remove_all(&self.jeton.app, &Email::parse(ADMIN).unwrap()).await.unwrap()
    }
}

async fn damaged(place: &Place, damage: Damage) {
    place.damage(Record::Passkeys(ADMIN), damage).await;
}

#[tokio::test]
async fn who_has_passkeys_that_cannot_be_read_is_not_signed_in_and_reads_what_to_do() {
    for damage in DAMAGES {
        let scene = Scene::start(damage).await;
        let jeton = &scene.jeton;
        let console = ConsoleClient::new(jeton);
        let rejected = signs_in(jeton, &console, &scene.authenticator).await.expect(403).text();
        assert!(rejected.contains("cannot be read") && rejected.contains("Ask the operator"), "{rejected}");
        let mut answers = Vec::new();
        for email in [ADMIN, "nobody@example.org"] {
            let answer = console.send_form("/console/sign-in", &[("email", email)]).await;
            answers.push((answer.status, words(&answer.text()).replace(email, "address")));
        }
        assert_eq!(answers[0], answers[1], "the answer does not tell them from a stranger");
        let mail = jeton.mail_to(ADMIN).await.pop().unwrap();
        assert_eq!(mail.subject, "Your passkeys at Jeton cannot be read");
        assert!(mail.text.contains("Ask the operator") && !mail.text.contains("/console/sign-in/"));
        assert_eq!(console.cookie(SESSION), None);
    }
}

#[tokio::test]
async fn a_link_that_was_mailed_before_the_record_was_damaged_signs_nobody_in() {
    let (store, place) = open_store_at().await;
    let jeton = start_on(store).await;
    let other = ConsoleClient::new(&jeton);
    let mail = other.asks_to_sign_in(&jeton, ADMIN).await;
    admin(&jeton).await;
    damaged(&place, DAMAGES[0]).await;
    let rejected = other.types_code(&mail, &mail.code).await.expect(400).text();
    assert!(rejected.contains("cannot be read") && rejected.contains("Ask the operator"), "{rejected}");
    assert_eq!(other.cookie(SESSION), None);
}

#[tokio::test]
async fn who_is_signed_in_reads_that_their_passkeys_cannot_be_read_and_changes_nothing() {
    let (store, place) = open_store_at().await;
    let jeton = start_on(store).await;
    let (console, authenticator) = admin(&jeton).await;
    let (mut second, asked) = (Authenticator::default(), options(&console).await);
    let answer = second.creates(&super::with_passkeys::site(&jeton.url), &asked).fields("Phone");
    damaged(&place, DAMAGES[0]).await;
    let page = console.open("/console/sessions").await.expect(200).text();
    assert!(page.contains("this one") && page.contains("cannot be read"), "{page}");
    assert!(!page.contains("data-passkey=\"create\"") && !page.contains("sign in again"), "{page}");
    let rejected = super::with_passkeys::sends(&console, &answer).await.expect(400).text();
    assert!(rejected.contains("Ask the operator"), "{rejected}");
    let id = jeton_core::passkey::CredentialId::parse(&jeton_tests::authenticator::base64url(
        &authenticator.credential,
    ));
    let at = format!("/console/passkeys/{}", id.unwrap().short());
    console.open(&at).await.expect(303);
    console.submit("/console/projects", &at, &[]).await.expect(303);
    let found = jeton.app.store.found_passkeys(&Email::parse(ADMIN).unwrap()).await.unwrap();
    assert!(found.unwrap().is_err(), "it is still there");
}

#[tokio::test]
async fn the_operator_removes_passkeys_that_cannot_be_read_and_a_link_signs_in_again() {
    for damage in DAMAGES {
        let scene = Scene::start(damage).await;
        let jeton = &scene.jeton;
        jeton.join("eve@example.org").await;
        let (_, of_eve) = registered(jeton, "eve@example.org").await;
        assert_eq!(scene.removed().await, Removed::Unreadable);
        assert_eq!(scene.removed().await, Removed::Nothing);
        let removed = event(jeton, "storage.memberPasskeyRemoved").await;
        let message = format!("the operator removed all passkeys of {ADMIN}, which could not be read");
        assert_eq!(removed["message"], message);
        assert_eq!(removed["params"], json!({"email": ADMIN, "left": 0}));
        let mails = jeton.mail_to(ADMIN).await;
        assert!(mails.iter().any(|mail| mail.text.contains("by the operator")), "{mails:?}");
        signs_in(jeton, &ConsoleClient::new(jeton), &of_eve).await.expect(303);
        let stale = signs_in(jeton, &ConsoleClient::new(jeton), &scene.authenticator).await;
        assert!(stale.expect(403).text().contains("This passkey is unknown"));
        // The same passkey is registered again, although the removed record did not say that it was one of this address.
        ConsoleClient::signed_in(jeton, ADMIN).await;
        let mut authenticator = scene.authenticator;
        registers(jeton, &scene.console, &mut authenticator, "Again").await.expect(303);
        assert_eq!(stored(jeton, ADMIN).await, [("Again".to_owned(), 0, false)]);
        signs_in(jeton, &ConsoleClient::new(jeton), &authenticator).await.expect(303);
    }
}
