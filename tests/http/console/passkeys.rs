//! Registering and removing passkeys.

use jeton_core::{
    email::Email,
    event::{EventRange, Feed, Order},
};
use jeton_service::operation::passkeys::{Removed, remove_all};
use jeton_tests::{
    authenticator::{Authenticator, Ceremony},
    client::Answer,
    console_client::ConsoleClient,
    jeton::{ADMIN, Jeton},
};
use serde_json::{Value, json};

use super::with_passkeys::{
    SESSION, admin, event, options, registers, sends, signs_in, site, start, start_on, stored,
};

/// The paths of the passkeys on the page of sessions.
async fn listed(console: &ConsoleClient) -> Vec<String> {
    let page = console.open("/console/sessions").await.expect(200).text();
    let paths = page.split("href=\"/console/passkeys/").skip(1);
    paths.map(|rest| format!("/console/passkeys/{}", rest.split('"').next().unwrap())).collect()
}

#[tokio::test]
async fn without_passkeys_their_paths_are_missing() {
    let jeton = Jeton::start().await;
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    console.send_form("/console/-/passkey/start", &[]).await.expect(404);
    console.send_form("/console/-/passkey", &[]).await.expect(404);
    console.submit("/console/projects", "/console/passkeys", &[]).await.expect(404);
    console.open("/console/passkeys/0123456789abcdef").await.expect(404);
    console.submit("/console/projects", "/console/passkeys/0123456789abcdef", &[]).await.expect(404);
    for page in ["/console/sessions", "/console"] {
        let page = console.open(page).await.text();
        assert!(!page.contains("passkey"), "{page}");
    }
}

#[tokio::test]
async fn a_passkey_is_registered_by_its_address_with_an_event_and_a_mail() {
    let jeton = start().await;
    let (console, authenticator) = admin(&jeton).await;
    assert_eq!(stored(&jeton, "Admin@EXAMPLE.org").await, [("Laptop".to_owned(), 0, false)]);
    let page = console.open("/console/sessions").await.expect(200).text();
    assert!(page.contains("The passkey “Laptop” is registered.") && page.contains(">never<"), "{page}");
    let added = event(&jeton, "storage.memberPasskeyAdded").await;
    assert_eq!(added["message"], format!("{ADMIN} registered the passkey \"Laptop\""));
    assert_eq!(
        (&added["params"]["email"], &added["params"]["passkey"]["name"]),
        (&json!(ADMIN), &json!("Laptop"))
    );
    assert_eq!(added["token"]["id"].to_string().trim_matches('"'), jeton.master_id);
    let mail = jeton.mail_to(ADMIN).await.pop().unwrap();
    assert_eq!(mail.subject, "A passkey was added to your address");
    assert!(mail.text.contains("Laptop") && mail.text.contains("127.0.0.1"), "{}", mail.text);
    // The next one is of the same user, and not on the same authenticator.
    let options = options(&console).await;
    assert_eq!(options["user"]["id"], authenticator.user);
    assert_eq!(options["excludeCredentials"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&options["attestation"], &options["authenticatorSelection"]["userVerification"]),
        (&json!("none"), &json!("required"))
    );
}

#[tokio::test]
async fn every_project_of_the_address_has_the_event() {
    let jeton = start().await;
    let second = jeton.new_project("Second warehouse", ADMIN).await;
    admin(&jeton).await;
    for project in [jeton.project, second] {
        let range = EventRange::all(Order::Ascending, 100);
        let page = jeton.app.store.events(&Feed::Project(project), range).await.unwrap();
        let added = page.events.iter().filter(|event| event.event == "storage.memberPasskeyAdded");
        assert_eq!(added.count(), 1, "{project}");
    }
}

#[tokio::test]
async fn a_passkey_is_removed_with_an_event_and_a_mail_and_signs_nobody_in_any_more() {
    let jeton = start().await;
    let (console, authenticator) = admin(&jeton).await;
    let path = listed(&console).await.remove(0);
    let question = console.open(&path).await.expect(200).text();
    assert!(question.contains("This is your only passkey"), "{question}");
    let answer = console.submit(&path, &path, &[]).await.expect(303);
    assert_eq!(answer.header("location"), Some("/console/sessions"));
    assert_eq!((stored(&jeton, ADMIN).await.len(), listed(&console).await.len()), (0, 0));
    let removed = event(&jeton, "storage.memberPasskeyRemoved").await;
    assert_eq!(
        (&removed["params"]["passkey"]["name"], &removed["params"]["left"]),
        (&json!("Laptop"), &json!(0))
    );
    let mail = jeton.mail_to(ADMIN).await.pop().unwrap();
    assert_eq!(mail.subject, "A passkey of your address was removed");
    assert!(mail.text.contains("no passkey any more"), "{}", mail.text);
    let fresh = ConsoleClient::new(&jeton);
    signs_in(&jeton, &fresh, &authenticator).await.expect(403);
    assert_eq!(fresh.cookie(SESSION), None);
    // The form again, by a reload.
    console.submit("/console/projects", &path, &[]).await.expect(303);
    ConsoleClient::signed_in(&jeton, ADMIN).await;
}

#[tokio::test]
async fn changes_of_passkeys_take_a_recent_sign_in() {
    let jeton = start().await;
    let (console, mut authenticator) = admin(&jeton).await;
    let (path, options) = (listed(&console).await.remove(0), options(&console).await);
    let answer = authenticator.creates(&site(&jeton.url), &options);
    let answer = Ceremony { credential: vec![9; 32], ..answer };
    jeton.pass_seconds(599);
    console.open(&path).await.expect(200);
    jeton.pass_seconds(1);
    for again in [
        sends(&console, &answer.fields("Phone")).await.expect(403),
        console.submit("/console/projects", &path, &[]).await.expect(403),
        console.open(&path).await.expect(200),
    ] {
        assert!(again.text().contains("sign in again to continue"), "{}", again.text());
        assert!(again.text().contains("name=\"then\" value=\"/console/sessions\""), "{}", again.text());
    }
    let page = console.open("/console/sessions").await.expect(200).text();
    assert!(page.contains("sign in again to add a passkey") && !page.contains("data-options"), "{page}");
    assert_eq!(stored(&jeton, ADMIN).await.len(), 1);
    // The sign-in again leads back to the page.
    let start = console.send_form("/console/-/passkey/start", &[("then", "/console/sessions")]).await;
    let answer = authenticator.gets(&site(&jeton.url), &start.expect(200).json());
    let back = super::with_passkeys::finishes(&console, &authenticator.signs(&answer)).await.expect(303);
    assert_eq!(back.header("location"), Some("/console/sessions"));
    console.submit(&path, &path, &[]).await.expect(303);
    assert_eq!(stored(&jeton, ADMIN).await.len(), 0);
}

#[tokio::test]
async fn nobody_removes_the_passkey_of_another_address() {
    let jeton = start().await;
    let (console, _) = admin(&jeton).await;
    jeton.join("eve@example.org").await;
    let eve = ConsoleClient::signed_in(&jeton, "eve@example.org").await;
    let path = listed(&console).await.remove(0);
    for answer in [eve.open(&path).await, eve.submit("/console/projects", &path, &[]).await] {
        assert_eq!(answer.expect(303).header("location"), Some("/console/sessions"));
    }
    assert_eq!(stored(&jeton, ADMIN).await.len(), 1);
}

#[tokio::test]
async fn a_form_of_another_site_or_session_changes_no_passkey() {
    let jeton = start().await;
    let (console, mut authenticator) = admin(&jeton).await;
    let path = listed(&console).await.remove(0);
    let answer = authenticator.creates(&site(&jeton.url), &options(&console).await);
    let answer = Ceremony { credential: vec![9; 32], ..answer };
    let form = console.hidden_fields("/console/projects").await.remove(0).1;
    let fields = answer.fields("Phone");
    let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    for (to, fields) in [("/console/passkeys", fields), (path.as_str(), Vec::new())] {
        let with = [&fields[..], &[("form", form.as_str())]].concat();
        console.send_form_from("https://evil.example", to, &with).await.expect(403);
        console.send_form(to, &fields).await.expect(403);
    }
    assert_eq!(stored(&jeton, ADMIN).await, [("Laptop".to_owned(), 0, false)]);
}

#[tokio::test]
async fn an_address_has_ten_passkeys_and_no_eleventh() {
    let jeton = start().await;
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let mut eleventh = Authenticator::default();
    let answer = eleventh.creates(&site(&jeton.url), &options(&console).await);
    for number in 0..10 {
        let name = format!("Key {number}");
        registers(&jeton, &console, &mut Authenticator::default(), &name).await.expect(303);
    }
    let rejected = sends(&console, &answer.fields("Key 10")).await.expect(400).text();
    assert!(rejected.contains("An address has at most 10 passkeys. Remove one first."), "{rejected}");
    assert!(rejected.contains("which is the most") && !rejected.contains("data-options"), "{rejected}");
    assert_eq!(stored(&jeton, ADMIN).await.len(), 10);
}

#[tokio::test]
async fn two_registrations_at_once_are_two_passkeys_or_the_last_place_is_one() {
    let jeton = start().await;
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let mut made = [Authenticator::default(), Authenticator::default()];
    let mut answers = Vec::new();
    for authenticator in &mut made {
        answers.push(authenticator.creates(&site(&jeton.url), &options(&console).await).fields("One"));
    }
    let (one, other) = tokio::join!(sends(&console, &answers[0]), sends(&console, &answers[1]));
    one.expect(303);
    other.expect(303);
    for authenticator in &made {
        signs_in(&jeton, &ConsoleClient::new(&jeton), authenticator).await.expect(303);
    }
    for _ in 2..9 {
        registers(&jeton, &console, &mut Authenticator::default(), "Another").await.expect(303);
    }
    let mut answers = Vec::new();
    for _ in 0..2 {
        let mut authenticator = Authenticator::default();
        answers.push(authenticator.creates(&site(&jeton.url), &options(&console).await).fields("Last"));
    }
    let (one, other) = tokio::join!(sends(&console, &answers[0]), sends(&console, &answers[1]));
    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 400]);
    assert_eq!(stored(&jeton, ADMIN).await.len(), 10);
}

#[tokio::test]
async fn a_passkey_is_registered_once_and_for_one_address() {
    let jeton = start().await;
    let (console, mut authenticator) = admin(&jeton).await;
    jeton.join("eve@example.org").await;
    let eve = ConsoleClient::signed_in(&jeton, "eve@example.org").await;
    for console in [&console, &eve] {
        let rejected = registers(&jeton, console, &mut authenticator, "Again").await.expect(400).text();
        assert!(rejected.contains("This passkey is registered already."), "{rejected}");
    }
    assert_eq!((stored(&jeton, ADMIN).await.len(), stored(&jeton, "eve@example.org").await.len()), (1, 0));
}

/// What a hostile browser changes in the answer to a registration, and what the page says.
type Lie = (&'static str, fn(&mut Ceremony), &'static str);

#[tokio::test]
async fn a_hostile_answer_registers_nothing_and_the_page_says_why() {
    let jeton = start().await;
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let lies: &[Lie] = &[
        ("origin", |answer| answer.client_data["origin"] = json!("https://evil.example"), "another site"),
        ("frame", |answer| answer.client_data["crossOrigin"] = json!(true), "another site"),
        ("site", |answer| answer.site = "evil.example".to_owned(), "one of another site"),
        ("type", |answer| answer.client_data["type"] = json!("webauthn.get"), "another question"),
        ("challenge", |answer| answer.client_data["challenge"] = json!("eA"), "another browser or session"),
        ("absent", |answer| answer.flags &= !1, "without a person"),
        ("unverified", |answer| answer.flags &= !4, "without a PIN"),
        ("no credential", |answer| answer.flags &= !64, "cannot be read"),
        ("algorithm", |answer| answer.key[4] = 0x27, "algorithm that is not supported"),
        ("key", |answer| answer.key[20] ^= 1, "cannot be read"),
        ("longer", |answer| answer.more = vec![0xa0], "cannot be read"),
        ("huge id", |answer| answer.credential = vec![1; 1024], "cannot be read"),
        ("huge", |answer| answer.more = vec![0; 9000], "cannot be read"),
        ("no id", |answer| answer.credential = Vec::new(), "cannot be read"),
        ("user", |answer| answer.user = "b3RoZXI".to_owned(), "another question"),
    ];
    for (what, lie, says) in lies {
        let mut answer = Authenticator::default().creates(&site(&jeton.url), &options(&console).await);
        lie(&mut answer);
        is_rejected(&jeton, &sends(&console, &answer.fields("Phone")).await, what, says).await;
    }
    let fields = async || {
        Authenticator::default().creates(&site(&jeton.url), &options(&console).await).fields("Phone")
    };
    for (field, value, says) in [
        ("name", " ", "Give the passkey a name"),
        ("name", &"x".repeat(61), "Give the passkey a name"),
        ("clientData", "", "needs JavaScript"),
        ("clientData", "bm8", "cannot be read"),
        ("authenticatorData", "%%", "cannot be read"),
        ("authenticatorData", &"A".repeat(100_000), "cannot be read"),
    ] {
        let mut fields = fields().await;
        fields.iter_mut().filter(|(name, _)| *name == field).for_each(|(_, given)| *given = value.to_owned());
        is_rejected(&jeton, &sends(&console, &fields).await, field, says).await;
    }
    sends(&console, &fields().await).await.expect(303);
}

async fn is_rejected(jeton: &Jeton, answer: &Answer, what: &str, says: &str) {
    let page = answer.text();
    assert_eq!(answer.status.as_u16(), 400, "{what}: {page}");
    assert!(page.contains(says) && page.contains("data-options"), "{what}: {page}");
    assert_eq!(stored(jeton, ADMIN).await.len(), 0, "{what}");
    assert_eq!(event(jeton, "storage.memberPasskeyAdded").await, Value::Null, "{what}");
}

#[tokio::test]
async fn a_challenge_registers_once_within_ten_minutes_and_in_its_own_session() {
    let jeton = start().await;
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let answer = Authenticator::default().creates(&site(&jeton.url), &options(&console).await);
    jeton.join("eve@example.org").await;
    for email in [ADMIN, "eve@example.org"] {
        let other = ConsoleClient::signed_in(&jeton, email).await;
        let rejected = sends(&other, &answer.fields("Phone")).await.expect(400).text();
        assert!(rejected.contains("another browser or session"), "{rejected}");
    }
    sends(&console, &answer.fields("Phone")).await.expect(303);
    let replayed = Ceremony { credential: vec![9; 32], ..answer };
    let rejected = sends(&console, &replayed.fields("Phone")).await.expect(400).text();
    assert!(rejected.contains("This form was used already"), "{rejected}");
    assert_eq!(stored(&jeton, ADMIN).await.len(), 1);
    // One of a sign-in registers nothing.
    let start = super::with_passkeys::starts(&console).await;
    let mut other = Authenticator::default();
    let answer = other.creates(&site(&jeton.url), &options(&console).await);
    let mut answer = Ceremony { credential: vec![8; 32], ..answer };
    answer.client_data["challenge"] = start["challenge"].clone();
    sends(&console, &answer.fields("Phone")).await.expect(400);
    assert_eq!(stored(&jeton, ADMIN).await.len(), 1);
}

#[tokio::test]
async fn an_attestation_is_neither_asked_for_nor_read() {
    let jeton = start().await;
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let answer = Authenticator::default().creates(&site(&jeton.url), &options(&console).await);
    let mut fields = answer.fields("Phone");
    fields.extend([("attestationObject", "o2NmbXRmcGFja2Vk".to_owned()), ("fmt", "packed".to_owned())]);
    sends(&console, &fields).await.expect(303);
    assert_eq!(stored(&jeton, ADMIN).await.len(), 1);
}

#[tokio::test]
async fn a_token_in_the_name_of_a_passkey_is_masked() {
    let jeton = start().await;
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    registers(&jeton, &console, &mut Authenticator::default(), &jeton.master).await.expect(303);
    assert_eq!(stored(&jeton, ADMIN).await, [("***".to_owned(), 0, false)]);
}

#[tokio::test]
async fn the_operator_removes_all_passkeys_of_an_address() {
    let jeton = start().await;
    let (console, authenticator) = admin(&jeton).await;
    registers(&jeton, &console, &mut Authenticator::default(), "Phone").await.expect(303);
    let email = Email::parse("ADMIN@example.org").unwrap();
    assert_eq!(remove_all(&jeton.app, &email).await.unwrap(), Removed::Passkeys(2));
    assert_eq!(remove_all(&jeton.app, &email).await.unwrap(), Removed::Nothing);
    assert_eq!(stored(&jeton, ADMIN).await.len(), 0);
    let removed = event(&jeton, "storage.memberPasskeyRemoved").await;
    assert_eq!(removed["message"], format!("the operator removed all passkeys of {ADMIN}"));
    assert_eq!((&removed["params"]["passkeys"], &removed["params"]["left"]), (&json!(2), &json!(0)));
    let mails = jeton.mail_to(ADMIN).await;
    assert!(mails.iter().any(|mail| mail.text.contains("by the operator")), "{mails:?}");
    signs_in(&jeton, &ConsoleClient::new(&jeton), &authenticator).await.expect(403);
    ConsoleClient::signed_in(&jeton, ADMIN).await;
}

#[tokio::test]
async fn passkeys_stay_with_the_address_when_a_member_is_removed_and_comes_back() {
    let store = jeton_tests::store::open_store().await;
    let jeton = start_on(store).await;
    let eve = jeton.join("eve@example.org").await;
    let (_, authenticator) = super::with_passkeys::registered(&jeton, "eve@example.org").await;
    let removed =
        format!("/manage/projects/{}/users/{}", jeton.project, member_id(&jeton, "eve@example.org").await);
    jeton.delete(&removed).manage(&jeton.manage).send().await.expect(204);
    drop(eve);
    let answer = signs_in(&jeton, &ConsoleClient::new(&jeton), &authenticator).await.expect(403);
    assert!(answer.text().contains("You are not a member"), "{}", answer.text());
    jeton.join("eve@example.org").await;
    signs_in(&jeton, &ConsoleClient::new(&jeton), &authenticator).await.expect(303);
}

#[tokio::test]
async fn who_is_no_member_any_more_is_told_that_members_change_passkeys() {
    let jeton = start().await;
    let (console, _) = admin(&jeton).await;
    let path = listed(&console).await.remove(0);
    let answer = Authenticator::default().creates(&site(&jeton.url), &options(&console).await);
    let form = console.hidden_fields("/console/sessions").await.remove(0).1;
    jeton.join("eve@example.org").await;
    jeton.remove_member(ADMIN).await;
    let page = console.open("/console/sessions").await.expect(200).text();
    assert!(page.contains("You are not a member of any project at the moment."), "{page}");
    assert!(page.contains("Laptop") && !page.contains("data-options") && !page.contains(&path), "{page}");
    // A page that was open before.
    let fields = answer.fields("Phone");
    let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    for (to, fields) in [("/console/passkeys", fields), (path.as_str(), Vec::new())] {
        let with = [&fields[..], &[("form", form.as_str())]].concat();
        let rejected = console.send_form(to, &with).await.expect(400).text();
        assert!(
            rejected.contains("role=\"alert\">Members of a project add and remove passkeys."),
            "{rejected}"
        );
    }
    assert_eq!(stored(&jeton, ADMIN).await, [("Laptop".to_owned(), 0, false)]);
}

async fn member_id(jeton: &Jeton, email: &str) -> String {
    let members = jeton.app.store.members(jeton.project).await.unwrap();
    members.iter().find(|member| member.email.as_str() == email).unwrap().id.to_string()
}
