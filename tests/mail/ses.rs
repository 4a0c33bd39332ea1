//! Through SES.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use jeton_tests::{
    jeton::{ADMIN, Jeton},
    mailbox::Invitation,
    ses::{mails_to, received},
};
use serde_json::{Value, json};

use crate::{FROM, LOGO, address, branded, pick_up_works, ses_at, ses_from, share, variable};

#[tokio::test]
async fn a_shared_token_is_picked_up_by_the_mail_that_ses_got() {
    let jeton = Jeton::start_with_mailer(ses_at(&variable("SES_ENDPOINT"))).await;
    let token = jeton.create(&json!({"description": "Nightly import"})).await;
    let recipient = address("bob", "ses.example");
    share(&jeton, &token.id, &recipient).await.expect(204);

    let [mail] = &mails_to(&recipient).await[..] else { panic!("not one mail") };
    assert!(mail["from"].as_str().unwrap().contains(FROM), "{mail}");
    assert_eq!(mail["subject"], "A token for project Test project is waiting for you");
    let read = received(mail);
    assert!(read.text.contains("Nightly import"), "{mail}");
    let invitation = Invitation::read(&read);
    assert!(read.html.contains(&invitation.secret), "{}", read.html);

    let copy = pick_up_works(&jeton, &invitation, &token.id).await;
    for secret in [&copy, &token.token, &jeton.master] {
        assert!(!read.raw.contains(secret.as_str()));
    }
    // The sharer gets a mail, without the token either. No answer waits for that.
    jeton.app.outgoing.finish().await;
    let told = mails_to(ADMIN).await;
    let about_it = |mail: &&Value| received(mail).text.contains(&recipient);
    let told = told.iter().find(about_it).expect("a mail to the sharer");
    assert!(!told.to_string().contains(&copy));
}

#[tokio::test]
async fn a_mail_of_a_brand_has_its_name_its_logo_and_its_support() {
    let jeton = branded(ses_at(&variable("SES_ENDPOINT"))).await;
    let token = jeton.create(&json!({})).await;
    let recipient = address("branded", "ses.example");
    share(&jeton, &token.id, &recipient).await.expect(204);
    let mail = &mails_to(&recipient).await[0];
    let read = received(mail);
    assert!(mail["from"].as_str().unwrap().contains("Žluť & Co., a.s."), "{mail}");
    assert_eq!(mail["replyTo"], json!([ADMIN]));
    let logo = BASE64_STANDARD.encode(LOGO);
    assert_eq!(mail["attachments"][0]["content"], logo);
    // What stands for SES here puts the image where the HTML names it.
    assert!(read.html.contains(&format!("src=\"data:image/png;base64,{logo}\"")), "{}", read.html);
    for body in [&read.text, &read.html] {
        assert!(body.contains("support@acme.example") && body.contains("Main Street 1"), "{body}");
    }
    pick_up_works(&jeton, &Invitation::read(&read), &token.id).await;
}

#[tokio::test]
async fn a_mail_that_names_its_configuration_set_arrives_from_the_same_sender() {
    let mailer = ses_from(&variable("SES_ENDPOINT"), &format!("{FROM}?set=stage-2"));
    let jeton = Jeton::start_with_mailer(mailer).await;
    let token = jeton.create(&json!({})).await;
    let recipient = address("set", "ses.example");
    share(&jeton, &token.id, &recipient).await.expect(204);
    let [mail] = &mails_to(&recipient).await[..] else { panic!("not one mail") };
    let from = mail["from"].as_str().unwrap();
    assert!(from.contains(FROM) && !mail.to_string().contains("stage-2"), "{mail}");
}

#[tokio::test]
async fn an_invitation_makes_a_member() {
    let jeton = Jeton::start_with_mailer(ses_at(&variable("SES_ENDPOINT"))).await;
    let recipient = address("eve", "ses.example");
    let users = format!("/manage/projects/{}/users", jeton.project);
    jeton.post(&users).manage(&jeton.manage).json(&json!({"email": recipient})).send().await.expect(204);
    let [mail] = &mails_to(&recipient).await[..] else { panic!("not one mail") };
    let master = jeton.pick_up(&Invitation::read(&received(mail))).await.expect(200).field("token");
    let seen = jeton.get("/v2/storage/tokens/verify").token(&master).send().await.expect(200).json();
    assert_eq!((&seen["isMasterToken"], &seen["description"]), (&json!(true), &json!(recipient)));
}
