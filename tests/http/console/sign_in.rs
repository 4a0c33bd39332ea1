//! Signing in by link and code.

use jeton_core::{Error, budget, email::Email};
use jeton_tests::{
    jeton::{ADMIN, Jeton},
    visitor::Visitor,
};

const SESSION: &str = "__Host-jeton-session";

fn wrong(code: &str) -> &'static str {
    if code == "111111" { "222222" } else { "111111" }
}

#[tokio::test]
async fn link_and_code_of_the_mail_sign_in_at_the_browser_that_asked() {
    let jeton = Jeton::start().await;
    let visitor = Visitor::new(&jeton);
    let start = visitor.open("/console").await.expect(200).text();
    assert!(start.contains("Mail me a link") && !start.contains("password"), "{start}");
    let mail = visitor.asks_to_sign_in(&jeton, ADMIN).await;
    let answer = visitor.types_code(&mail, &mail.code).await.expect(303);
    assert_eq!(answer.header("location"), Some("/console"));
    let cookie = answer.header("set-cookie").unwrap();
    assert!(cookie.starts_with("__Host-jeton-session="), "{cookie}");
    assert!(cookie.ends_with("; Path=/; Max-Age=43200; Secure; HttpOnly; SameSite=Lax"), "{cookie}");
    let tokens = format!("/console/projects/{}/tokens", jeton.project);
    assert_eq!(visitor.open("/console").await.expect(303).header("location"), Some(tokens.as_str()));
    assert!(visitor.open("tokens").await.expect(200).text().contains("New token"));
}

#[tokio::test]
async fn everyone_who_asks_reads_the_same_and_only_members_get_a_mail() {
    let jeton = Jeton::start().await;
    let visitor = Visitor::new(&jeton);
    let visitors = [ADMIN, "nobody@example.org"].map(|email| (email, Visitor::new(&jeton)));
    let answers = visitors.map(|(email, visitor)| async move {
        let answer = visitor.send_form("/console/sign-in", &[("email", email)]).await;
        let text = answer.text().replace(email, "[address]");
        (answer.status, answer.headers.len(), text)
    });
    let [known, unknown] = answers;
    assert_eq!(known.await, unknown.await);
    assert_eq!(jeton.mail_to("nobody@example.org").await.len(), 0);
    let bad = visitor.send_form("/console/sign-in", &[("email", "nobody")]).await.expect(400);
    assert!(bad.text().contains("That is no e-mail address."));
}

#[tokio::test]
async fn beyond_the_mails_of_an_hour_the_answer_stays_the_same_and_no_mail_leaves() {
    let jeton = Jeton::start().await;
    let asks = async || Visitor::new(&jeton).send_form("/console/sign-in", &[("email", ADMIN)]).await;
    let before = asks().await.expect(200).text();
    let (to, now) = (Email::parse(ADMIN).unwrap(), jeton.app.clock.now());
    while jeton.app.spend(&budget::sign_in_mail(&to, now), now, Error::TooManyMails).await.is_ok() {}
    assert_eq!(asks().await.expect(200).text(), before);
    assert_eq!(jeton.mail_to(ADMIN).await.len(), 1);
}

#[tokio::test]
async fn the_mail_goes_to_the_address_on_file() {
    let jeton = Jeton::start().await;
    let visitor = Visitor::new(&jeton);
    visitor.send_form("/console/sign-in", &[("email", &ADMIN.to_uppercase())]).await.expect(200);
    let mail = jeton.sign_in_mail(ADMIN).await;
    visitor.types_code(&mail, &mail.code).await.expect(303);
}

#[tokio::test]
async fn another_browser_cannot_use_the_link() {
    let jeton = Jeton::start().await;
    let mail = Visitor::new(&jeton).asks_to_sign_in(&jeton, ADMIN).await;
    let thief = Visitor::new(&jeton);
    assert!(thief.types_code(&mail, &mail.code).await.expect(401).text().contains("another browser"));
    // Nor one that asked for something else meanwhile.
    thief.send_form("/console/sign-in", &[("email", "thief@example.org")]).await.expect(200);
    thief.types_code(&mail, &mail.code).await.expect(401);
    assert_eq!(thief.cookie(SESSION), None);
}

#[tokio::test]
async fn it_works_once() {
    let jeton = Jeton::start().await;
    let visitor = Visitor::new(&jeton);
    let mail = visitor.asks_to_sign_in(&jeton, ADMIN).await;
    visitor.types_code(&mail, &mail.code).await.expect(303);
    assert!(visitor.types_code(&mail, &mail.code).await.expect(410).text().contains("used already"));
}

#[tokio::test]
async fn wrong_codes_are_counted_and_the_fifth_locks_it() {
    let jeton = Jeton::start().await;
    let visitor = Visitor::new(&jeton);
    let mail = visitor.asks_to_sign_in(&jeton, ADMIN).await;
    visitor.types_code(&mail, "12 34").await.expect(400);
    for _ in 0..4 {
        let answer = visitor.types_code(&mail, wrong(&mail.code)).await.expect(403);
        assert!(answer.text().contains("That was not the code"));
    }
    let last = visitor.types_code(&mail, wrong(&mail.code)).await.expect(403);
    assert!(last.text().contains("This link is locked"));
    visitor.types_code(&mail, &mail.code).await.expect(410);
    let events = jeton.events(&jeton.master, "/v2/storage/events").await;
    let names: Vec<_> = events.iter().map(|event| event["event"].as_str().unwrap()).collect();
    assert_eq!(names[0], "storage.memberSignInLocked");
    assert_eq!(names[1..5], ["storage.memberSignInRefused"; 4]);
    assert_eq!(names[5], "storage.memberSignInMailed");
}

#[tokio::test]
async fn after_ten_minutes_the_link_is_dead() {
    let jeton = Jeton::start().await;
    let visitor = Visitor::new(&jeton);
    let mail = visitor.asks_to_sign_in(&jeton, ADMIN).await;
    jeton.pass_seconds(600);
    assert!(visitor.types_code(&mail, &mail.code).await.expect(410).text().contains("has expired"));
}

#[tokio::test]
async fn a_wrong_secret_is_an_unknown_link_and_counts_nothing() {
    let jeton = Jeton::start().await;
    let visitor = Visitor::new(&jeton);
    let mail = visitor.asks_to_sign_in(&jeton, ADMIN).await;
    let fields = [("secret", "wrong"), ("code", mail.code.as_str())];
    visitor.send_form(&mail.path, &fields).await.expect(404);
    visitor.send_form("/console/sign-in/0000000000000000", &fields).await.expect(404);
    visitor.send_form("/console/sign-in/nonsense", &fields).await.expect(404);
    visitor.types_code(&mail, &mail.code).await.expect(303);
}

#[tokio::test]
async fn a_sign_in_cannot_be_picked_up_and_a_share_signs_nobody_in() {
    let jeton = Jeton::start().await;
    let visitor = Visitor::new(&jeton);
    let mail = visitor.asks_to_sign_in(&jeton, ADMIN).await;
    let pickup = mail.path.replace("/console/sign-in/", "/pickup/");
    let body = serde_json::json!({"secret": mail.secret, "code": mail.code});
    jeton.post(&pickup).json(&body).send().await.expect(404);
    let held = jeton.create(&serde_json::json!({})).await;
    let mut share = jeton.share(&held.id, "bob@example.org").await;
    share.path = share.path.replace("/pickup/", "/console/sign-in/");
    visitor.types_code(&share, &share.code).await.expect(404);
    visitor.types_code(&mail, &mail.code).await.expect(303);
}

#[tokio::test]
async fn the_page_of_the_link_is_the_same_for_every_id_and_changes_nothing() {
    let jeton = Jeton::start().await;
    let visitor = Visitor::new(&jeton);
    let mail = visitor.asks_to_sign_in(&jeton, ADMIN).await;
    let page = visitor.open(&mail.path).await.expect(200);
    let other = visitor.open("/console/sign-in/0000000000000000").await.expect(200);
    assert_eq!(page.body, other.body);
    assert!(page.text().contains("This page needs JavaScript."));
    visitor.types_code(&mail, &mail.code).await.expect(303);
}

#[tokio::test]
async fn signing_in_again_ends_the_session_before_and_history_tells_of_both() {
    let jeton = Jeton::start().await;
    let visitor = Visitor::signed_in(&jeton, ADMIN).await;
    let stolen = Visitor::new(&jeton);
    stolen.takes_cookies_of(&visitor);
    let mail = visitor.asks_to_sign_in(&jeton, ADMIN).await;
    visitor.types_code(&mail, &mail.code).await.expect(303);
    visitor.open("tokens").await.expect(200);
    stolen.open("tokens").await.expect(303);
    let history = jeton.history(&jeton.master_id).await;
    assert_eq!(history.iter().filter(|name| *name == "storage.memberSignedIn").count(), 2);
}
