//! `jeton passkeys remove`.

use jeton_core::{
    email::Email,
    store::{CommitStore as _, MemberStore as _, Write},
};
use jeton_store_sqlite::Sqlite;
use jeton_tests::{
    literal::World,
    mailbox::mail_in,
    process::{Served, jeton},
    store::{DAMAGES, Place, Record, fresh_folder},
};
use serde_json::json;

use crate::{
    remote::{failed, said},
    secret,
};

/// The first member.
const ADMIN: &str = "admin@localhost";

#[tokio::test]
async fn an_operator_removes_the_passkeys_of_an_address_beside_a_running_server() {
    let folder = fresh_folder();
    let server = Served::start(&folder);
    let master = secret(&folder, "jeton-master-token");
    let store = Sqlite::open_beside(&folder.join("jeton.db")).unwrap();
    let mut world = World::new();
    let one = world.with_passkey(None, ADMIN, "one");
    let two = world.with_passkey(Some(&one), ADMIN, "two");
    for (before, after) in [(None, one.clone()), (Some(one), two)] {
        let change = Write::ChangePasskeys { before, after };
        store.commit(&world.commit([change])).await.unwrap();
    }
    let email = Email::parse(ADMIN).unwrap();
    let question = jeton(&folder, &["passkeys", "remove", ADMIN], &[]);
    failed(&question, 2);
    assert!(question.logged.contains("Remove all 2 passkeys of "), "{}", question.logged);
    failed(&jeton(&folder, &["passkeys", "remove", "nobody"], &[]), 1);
    assert!(store.passkeys(&email).await.unwrap().is_some());

    let removed = jeton(&folder, &["passkeys", "remove", "Admin@localhost", "--yes"], &[]);
    said(&removed);
    assert!(removed.logged.contains("Removed passkeys of Admin@localhost: 2."), "{}", removed.logged);
    assert!(store.passkeys(&email).await.unwrap().is_none());
    let mails = mail_in(&folder.join("outbox"), ADMIN).await;
    assert!(mails.iter().any(|mail| mail.text.contains("by the operator")), "{mails:?}");
    let events = server.client().get("/v2/storage/events").token(&master).send().await.expect(200).json();
    let mut events = events.as_array().unwrap().iter();
    let event = events.find(|event| event["event"] == "storage.memberPasskeyRemoved").expect("an event");
    assert_eq!((&event["params"]["passkeys"], &event["token"]["name"]), (&json!(2), &json!("jeton")));

    let again = jeton(&folder, &["passkeys", "remove", ADMIN, "--yes"], &[]);
    said(&again);
    assert!(again.logged.contains("has no passkeys"), "{}", again.logged);
}

#[tokio::test]
async fn an_operator_removes_passkeys_that_cannot_be_read_beside_a_running_server() {
    let folder = fresh_folder();
    let server = Served::start(&folder);
    let master = secret(&folder, "jeton-master-token");
    let store = Sqlite::open_beside(&folder.join("jeton.db")).unwrap();
    let mut world = World::new();
    let change = Write::ChangePasskeys { before: None, after: world.with_passkey(None, ADMIN, "one") };
    store.commit(&world.commit([change])).await.unwrap();
    Place::Folder(folder.clone()).damage(Record::Passkeys(ADMIN), DAMAGES[0]).await;

    let question = jeton(&folder, &["passkeys", "remove", ADMIN], &[]);
    failed(&question, 2);
    assert!(
        question.logged.contains("Remove the unreadable record of the passkeys of "),
        "{}",
        question.logged
    );
    let removed = jeton(&folder, &["passkeys", "remove", ADMIN, "--yes"], &[]);
    said(&removed);
    let told = format!("Removed the passkeys of {ADMIN}, whose record could not be read.");
    assert!(removed.logged.contains(&told), "{}", removed.logged);
    assert!(store.found_passkeys(&Email::parse(ADMIN).unwrap()).await.unwrap().is_none());
    let mails = mail_in(&folder.join("outbox"), ADMIN).await;
    assert!(mails.iter().any(|mail| mail.text.contains("by the operator")), "{mails:?}");
    let events = server.client().get("/v2/storage/events").token(&master).send().await.expect(200).text();
    assert!(events.contains("storage.memberPasskeyRemoved"), "{events}");
}

#[test]
fn a_store_that_is_not_there_is_not_made() {
    let folder = fresh_folder();
    failed(&jeton(&folder, &["passkeys", "remove", ADMIN, "--yes"], &[]), 1);
    assert!(!folder.join("jeton.db").exists());
}
