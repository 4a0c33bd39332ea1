//! Through SES.

use jeton_tests::{
    jeton::{ADMIN, Jeton},
    mailbox::Invitation,
    ses::{mails_to, received},
};
use serde_json::{Value, json};

use crate::{FROM, address, pick_up_works, ses_at, share, variable};

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
    // Addresses in a mail contain invisible characters, so that mail programs do not make links of them.
    let about_it =
        |mail: &&Value| received(mail).text.replace(|l: char| !l.is_ascii(), "").contains(&recipient);
    let told = told.iter().find(about_it).expect("a mail to the sharer");
    assert!(!told.to_string().contains(&copy));
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
