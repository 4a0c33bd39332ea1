//! Through an SMTP server.

use jeton_core::email::Email;
use jeton_service::operation::setup;
use jeton_tests::{
    client::fetch,
    console_client::ConsoleClient,
    jeton::{ADMIN, Jeton},
    mailbox::{Invitation, Received},
    random::without,
};
use mail_parser::MessageParser;
use serde_json::{Value, json};

use crate::{FROM, address, branded, is_branded, pick_up_works, share, smtp_at, variable};

/// The mails for an address on the server, oldest first: envelope and content.
async fn mails_to(recipient: &str) -> Vec<Value> {
    let url = format!("{}/messages?to={recipient}", variable("SMTP_MESSAGES"));
    fetch(&url, &[]).await.expect(200).json().as_array().unwrap().clone()
}

fn received(mail: &Value) -> Received {
    Received::parse(mail["data"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_shared_token_is_picked_up_by_the_mail_that_arrived() {
    let jeton = Jeton::start_with_mailer(smtp_at(&variable("SMTP_ENDPOINT"))).await;
    let token = jeton.create(&json!({"description": "Noční import"})).await;
    let recipient = address("bob", "smtp.example");
    share(&jeton, &token.id, &recipient).await.expect(204);
    let [mail] = &mails_to(&recipient).await[..] else { panic!("not one mail") };
    let mail = received(mail);
    assert!(mail.text.contains("Noční import"), "{}", mail.text);
    let copy = pick_up_works(&jeton, &Invitation::read(&mail), &token.id).await;
    for secret in [&copy, &token.token, &jeton.master] {
        assert!(!mail.raw.contains(secret.as_str()));
    }
}

#[tokio::test]
async fn the_mail_is_one_that_mail_servers_and_vacation_responders_understand() {
    let jeton = Jeton::start_with_mailer(smtp_at(&variable("SMTP_ENDPOINT"))).await;
    let token = jeton.create(&json!({"description": "SECRET PLAN"})).await;
    let recipient = address("headers", "smtp.example");
    share(&jeton, &token.id, &recipient).await.expect(204);
    let mails = mails_to(&recipient).await;
    assert_eq!((&mails[0]["from"], &mails[0]["to"]), (&json!(FROM), &json!([recipient])));

    let raw = received(&mails[0]).raw;
    let mail = MessageParser::default().parse(raw.as_bytes()).unwrap();
    let from = mail.from().unwrap().first().unwrap();
    assert_eq!((from.name(), from.address()), (Some("Jeton"), Some(FROM)));
    assert_eq!(mail.to().unwrap().first().unwrap().address(), Some(recipient.as_str()));
    let header = |name| mail.header_raw(name).map(str::trim).unwrap_or_default();
    assert_eq!(header("Auto-Submitted"), "auto-generated");
    assert!(header("Content-Type").starts_with("multipart/alternative"));
    assert!(header("Message-ID").ends_with("@example.org>"));
    assert_eq!(mail.date().unwrap().to_rfc3339(), "2026-01-15T12:00:00Z");
    assert_eq!((mail.text_body_count(), mail.html_body_count()), (1, 1));
    // The sharer's message is in the body only, and not a link there.
    let head = raw.split_once("\r\n\r\n").unwrap().0;
    assert!(!head.contains("SECRET PLAN") && !head.contains("evil.example"), "{head}");
    assert!(!mail.body_text(0).unwrap().contains("https://evil"));
}

#[tokio::test]
async fn a_mail_of_a_brand_has_its_name_its_logo_and_its_support() {
    let jeton = branded(smtp_at(&variable("SMTP_ENDPOINT"))).await;
    let token = jeton.create(&json!({})).await;
    let recipient = address("branded", "smtp.example");
    share(&jeton, &token.id, &recipient).await.expect(204);
    let mail = received(&mails_to(&recipient).await[0]);
    // An answer goes to the person who shared, before the support.
    is_branded(&mail.raw, ADMIN);
    pick_up_works(&jeton, &Invitation::read(&mail), &token.id).await;
}

#[tokio::test]
async fn a_mail_that_no_person_caused_is_answered_to_the_support() {
    let jeton = branded(smtp_at(&variable("SMTP_ENDPOINT"))).await;
    let recipient = address("member", "smtp.example");
    let email = Email::parse(&recipient).unwrap();
    setup::member(&jeton.app, jeton.project, &email, "Ann").await.unwrap();
    ConsoleClient::new(&jeton).send_form("/console/sign-in", &[("email", &recipient)]).await.expect(200);
    jeton.app.outgoing.finish().await;
    let mails = mails_to(&recipient).await;
    is_branded(&received(mails.last().unwrap()).raw, "support@acme.example");
}

#[tokio::test]
async fn a_code_that_is_told_in_another_way_is_not_in_the_mail() {
    let jeton = Jeton::start_with_mailer(smtp_at(&variable("SMTP_ENDPOINT"))).await;
    let token = jeton.create(&json!({})).await;
    let recipient = address("separate", "smtp.example");
    let path = format!("/v2/storage/tokens/{}/share", token.id);
    let body = json!({"recipientEmail": recipient, "separateCode": true});
    let code = jeton.post(&path).token(&jeton.master).json(&body).send().await.expect(200).field("code");
    let mail = received(&mails_to(&recipient).await[0]);
    let invitation = Invitation::read(&mail);
    assert_eq!(invitation.code, "");
    let link = [invitation.path.trim_start_matches("/pickup/"), &invitation.secret];
    let text: String = without(&mail.text, &link).split_whitespace().collect();
    assert!(!text.contains(&code), "{}", mail.text);
    jeton.type_code(&invitation, &code).await.expect(200);
}
