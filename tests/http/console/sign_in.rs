//! Sign-in with link and code.

use jeton_core::{Error, budget, email::Email};
use jeton_service::{
    app::App,
    mail::{MailConfig, Mailer, Smtp},
};
use jeton_tests::{
    console_client::ConsoleClient,
    jeton::{ADMIN, Jeton},
    random::wrong_code,
};
use tokio::net::TcpListener;

const SESSION: &str = "__Host-jeton-session";

#[tokio::test]
async fn link_and_code_of_the_mail_sign_in_at_the_browser_that_asked() {
    let jeton = Jeton::start().await;
    let console = ConsoleClient::new(&jeton);
    let start = console.open("/console").await.expect(200).text();
    assert!(start.contains("Email me a link") && !start.contains("password"), "{start}");
    let mail = console.asks_to_sign_in(&jeton, ADMIN).await;
    let answer = console.types_code(&mail, &mail.code).await.expect(303);
    assert_eq!(answer.header("location"), Some("/console"));
    let cookie = answer.header("set-cookie").unwrap();
    assert!(cookie.starts_with("__Host-jeton-session="), "{cookie}");
    assert!(cookie.ends_with("; Path=/; Max-Age=43200; Secure; HttpOnly; SameSite=Lax"), "{cookie}");
    let tokens = format!("/console/projects/{}/tokens", jeton.project);
    assert_eq!(console.open("/console").await.expect(303).header("location"), Some(tokens.as_str()));
    assert!(console.open("tokens").await.expect(200).text().contains("New token"));
}

#[tokio::test]
async fn everyone_who_asks_reads_the_same_and_only_members_get_a_mail() {
    let jeton = Jeton::start().await;
    let console = ConsoleClient::new(&jeton);
    let visitors = [ADMIN, "nobody@example.org"].map(|email| (email, ConsoleClient::new(&jeton)));
    let answers = visitors.map(|(email, console)| async move {
        let answer = console.send_form("/console/sign-in", &[("email", email)]).await;
        let text = answer.text().replace(email, "[address]");
        (answer.status, answer.headers.len(), text)
    });
    let [known, unknown] = answers;
    assert_eq!(known.await, unknown.await);
    assert_eq!(jeton.mail_to("nobody@example.org").await.len(), 0);
    let bad = console.send_form("/console/sign-in", &[("email", "nobody")]).await.expect(400);
    assert!(bad.text().contains("Enter a valid email address."));
}

#[tokio::test]
async fn beyond_the_mails_of_an_hour_the_answer_stays_the_same_and_no_mail_leaves() {
    let jeton = Jeton::start().await;
    let asks = async || ConsoleClient::new(&jeton).send_form("/console/sign-in", &[("email", ADMIN)]).await;
    let before = asks().await.expect(200).text();
    let (to, now) = (Email::parse(ADMIN).unwrap(), jeton.app.clock.now());
    while jeton
        .app
        .budgets()
        .spend(&budget::sign_in_mail(None, &to, now), now, Error::TooManyMails)
        .await
        .is_ok()
    {}
    for _ in 0..2 {
        assert_eq!(asks().await.expect(200).text(), before);
    }
    assert_eq!(jeton.mail_to(ADMIN).await.len(), 1);
    let told = project_events(&jeton).await;
    assert_eq!(told.matches("too many sign-ins within this hour, no mail was sent").count(), 1, "{told}");
}

/// The history of the project in the API.
async fn project_events(jeton: &Jeton) -> String {
    jeton.get("/v2/storage/events").token(&jeton.master).send().await.expect(200).text()
}

#[tokio::test]
async fn a_source_that_asks_too_often_keeps_no_member_elsewhere_from_signing_in() {
    let localhost = "127.0.0.1/32".parse().unwrap();
    let jeton = Jeton::start_as(|app| App { trusted_proxies: vec![localhost], ..app }).await;
    let asks_from = async |source: &str| {
        let call = jeton.post("/console/sign-in").form(&format!("email={}", ADMIN.replace('@', "%40")));
        let call = call.header("origin", &jeton.url).header("x-forwarded-for", source);
        call.send().await.expect(200);
        jeton.mail_to(ADMIN).await.len()
    };
    let (to, now) = (Email::parse(ADMIN).unwrap(), jeton.app.clock.now());
    let spend = budget::sign_in_mail(Some("192.0.2.1".parse().unwrap()), &to, now);
    while jeton.app.budgets().spend(&spend, now, Error::TooManyMails).await.is_ok() {}
    assert_eq!(asks_from("192.0.2.1").await, 0);
    assert_eq!(asks_from("192.0.2.2").await, 1);
}

/// A service behind a trusted proxy.
async fn behind_a_proxy() -> Jeton {
    let localhost = "127.0.0.1/32".parse().unwrap();
    Jeton::start_as(|app| App { trusted_proxies: vec![localhost], ..app }).await
}

/// How many mails the administrator has after a sign-in request from this address.
async fn mails_once_asked_from(jeton: &Jeton, source: &str) -> usize {
    let call = jeton.post("/console/sign-in").form(&format!("email={}", ADMIN.replace('@', "%40")));
    let call = call.header("origin", &jeton.url).header("x-forwarded-for", source);
    call.send().await.expect(200);
    jeton.mail_to(ADMIN).await.len()
}

/// Requests sign-ins for this address from there, as often as that has an effect.
async fn uses_up(jeton: &Jeton, source: Option<&str>, email: &str) {
    let (to, now) = (Email::parse(email).unwrap(), jeton.app.clock.now());
    let spend = budget::sign_in_mail(source.map(|source| source.parse().unwrap()), &to, now);
    while jeton.app.budgets().spend(&spend, now, Error::TooManyMails).await.is_ok() {}
}

/// The same from many networks, until unknown senders cause no more mails.
async fn all_strangers_use_up(jeton: &Jeton, email: &str) {
    for network in 0..20 {
        uses_up(jeton, Some(&format!("10.{network}.0.1")), email).await;
    }
}

#[tokio::test]
async fn networks_of_one_customer_keep_no_member_elsewhere_from_signing_in() {
    let jeton = behind_a_proxy().await;
    for network in 0..10 {
        uses_up(&jeton, Some(&format!("2001:db8:7:{network}::")), ADMIN).await;
    }
    assert_eq!(mails_once_asked_from(&jeton, "2001:db8:7:77::1").await, 0);
    assert_eq!(mails_once_asked_from(&jeton, "2001:db8:8::1").await, 1);
    let jeton = behind_a_proxy().await;
    for host in 1..10 {
        uses_up(&jeton, Some(&format!("192.0.2.{host}")), ADMIN).await;
    }
    assert_eq!(mails_once_asked_from(&jeton, "198.51.100.1").await, 1);
}

#[tokio::test]
async fn what_comes_from_this_machine_keeps_no_member_elsewhere_from_signing_in() {
    let jeton = behind_a_proxy().await;
    uses_up(&jeton, None, ADMIN).await;
    assert_eq!(mails_once_asked_from(&jeton, "192.0.2.1").await, 1);
}

#[tokio::test]
async fn a_browser_that_has_signed_in_before_is_mailed_whatever_strangers_ask_for() {
    let jeton = Jeton::start().await;
    let member = ConsoleClient::signed_in(&jeton, ADMIN).await;
    all_strangers_use_up(&jeton, ADMIN).await;
    let ask = |console: ConsoleClient| async move {
        console.send_form("/console/sign-in", &[("email", ADMIN)]).await.expect(200);
    };
    ask(ConsoleClient::new(&jeton)).await;
    assert_eq!(jeton.mail_to(ADMIN).await.len(), 1, "a browser that nobody knows");
    jeton.pass_seconds(12 * 3600);
    all_strangers_use_up(&jeton, ADMIN).await;
    let mail = member.asks_to_sign_in(&jeton, ADMIN).await;
    member.types_code(&mail, &mail.code).await.expect(303);
    assert_eq!(jeton.mail_to(ADMIN).await.len(), 2);
}

#[tokio::test]
async fn a_browser_is_known_for_the_address_it_signed_in_with_and_for_no_other() {
    let jeton = Jeton::start().await;
    let member = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let other = "carol@example.org";
    jeton.join(other).await;
    let before = jeton.mail_to(other).await.len();
    all_strangers_use_up(&jeton, other).await;
    member.send_form("/console/sign-in", &[("email", other)]).await.expect(200);
    assert_eq!(jeton.mail_to(other).await.len(), before);
}

#[tokio::test]
async fn an_unknown_address_takes_as_much_of_its_budget_as_that_of_a_member() {
    let jeton = Jeton::start().await;
    for email in [ADMIN, "nobody@example.org"] {
        ConsoleClient::new(&jeton).send_form("/console/sign-in", &[("email", email)]).await.expect(200);
        let (to, now) = (Email::parse(email).unwrap(), jeton.app.clock.now());
        let mut left = 0;
        while jeton
            .app
            .budgets()
            .spend(&budget::sign_in_mail(None, &to, now), now, Error::TooManyMails)
            .await
            .is_ok()
        {
            left += 1;
        }
        assert_eq!(left, budget::SIGN_INS_OF_THIS_MACHINE_TO_RECIPIENT - 1, "{email}");
    }
}

#[tokio::test]
async fn the_answer_does_not_wait_for_the_mail_and_a_mail_that_fails_is_told_in_the_history() {
    let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("smtp://{}?from=jeton@example.org", server.local_addr().unwrap());
    let Ok(MailConfig::Smtp(config)) = MailConfig::parse(&endpoint) else { unreachable!() };
    let jeton = Jeton::start_with_mailer(Mailer::Smtp(Smtp::new(&config).unwrap())).await;
    let ask = ConsoleClient::new(&jeton);
    let asked = ask.send_form("/console/sign-in", &[("email", ADMIN)]);
    // The server accepts the connection and says nothing before the answer arrived.
    let (answer, connection) = tokio::join!(asked, server.accept());
    assert_eq!(answer.expect(200).status, 200);
    let told = project_events(&jeton).await;
    assert!(told.contains("storage.memberSignInMailed") && !told.contains("could not be sent"), "{told}");
    drop(connection.unwrap());
    jeton.app.outgoing.finish().await;
    let told = project_events(&jeton).await;
    assert!(told.contains("the mail could not be sent"), "{told}");
}

#[tokio::test]
async fn the_mail_goes_to_the_address_on_file() {
    let jeton = Jeton::start().await;
    let console = ConsoleClient::new(&jeton);
    console.send_form("/console/sign-in", &[("email", &ADMIN.to_uppercase())]).await.expect(200);
    let mail = jeton.sign_in_mail(ADMIN).await;
    console.types_code(&mail, &mail.code).await.expect(303);
}

#[tokio::test]
async fn another_browser_cannot_use_the_link() {
    let jeton = Jeton::start().await;
    let mail = ConsoleClient::new(&jeton).asks_to_sign_in(&jeton, ADMIN).await;
    let thief = ConsoleClient::new(&jeton);
    assert!(thief.types_code(&mail, &mail.code).await.expect(401).text().contains("another browser"));
    // Nor one that requested something else meanwhile.
    thief.send_form("/console/sign-in", &[("email", "thief@example.org")]).await.expect(200);
    thief.types_code(&mail, &mail.code).await.expect(401);
    assert_eq!(thief.cookie(SESSION), None);
}

#[tokio::test]
async fn it_works_once() {
    let jeton = Jeton::start().await;
    let console = ConsoleClient::new(&jeton);
    let mail = console.asks_to_sign_in(&jeton, ADMIN).await;
    console.types_code(&mail, &mail.code).await.expect(303);
    let again = console.types_code(&mail, &mail.code).await.expect(410).text();
    // Whoever reads this may have used it themselves, and lost the answer.
    assert!(again.contains("used already") && again.contains("the answer was lost"), "{again}");
}

#[tokio::test]
async fn wrong_codes_are_counted_and_the_fifth_locks_it() {
    let jeton = Jeton::start().await;
    let console = ConsoleClient::new(&jeton);
    let mail = console.asks_to_sign_in(&jeton, ADMIN).await;
    console.types_code(&mail, "12 34").await.expect(400);
    for _ in 0..4 {
        let answer = console.types_code(&mail, &wrong_code(&mail.code)).await.expect(403);
        assert!(answer.text().contains("Wrong code"));
    }
    let last = console.types_code(&mail, &wrong_code(&mail.code)).await.expect(403);
    assert!(last.text().contains("This link is locked"));
    console.types_code(&mail, &mail.code).await.expect(410);
    let events = jeton.events(&jeton.master, "/v2/storage/events").await;
    let names: Vec<_> = events.iter().map(|event| event["event"].as_str().unwrap()).collect();
    assert_eq!(names[0], "storage.memberSignInLocked");
    assert_eq!(names[1..5], ["storage.memberSignInRefused"; 4]);
    assert_eq!(names[5], "storage.memberSignInMailed");
    let told = project_events(&jeton).await;
    assert!(told.contains(&format!("Sign-in of {ADMIN}: wrong code, attempt 4 of 5")), "{told}");
}

#[tokio::test]
async fn after_ten_minutes_the_link_is_dead() {
    let jeton = Jeton::start().await;
    let console = ConsoleClient::new(&jeton);
    let mail = console.asks_to_sign_in(&jeton, ADMIN).await;
    jeton.pass_seconds(600);
    assert!(console.types_code(&mail, &mail.code).await.expect(410).text().contains("has expired"));
}

#[tokio::test]
async fn a_wrong_secret_is_an_unknown_link_and_counts_nothing() {
    let jeton = Jeton::start().await;
    let console = ConsoleClient::new(&jeton);
    let mail = console.asks_to_sign_in(&jeton, ADMIN).await;
    let fields = [("secret", "wrong"), ("code", mail.code.as_str())];
    console.send_form(&mail.path, &fields).await.expect(404);
    console.send_form("/console/sign-in/0000000000000000", &fields).await.expect(404);
    console.send_form("/console/sign-in/nonsense", &fields).await.expect(404);
    console.types_code(&mail, &mail.code).await.expect(303);
}

#[tokio::test]
async fn a_sign_in_cannot_be_picked_up_and_a_share_signs_nobody_in() {
    let jeton = Jeton::start().await;
    let console = ConsoleClient::new(&jeton);
    let mail = console.asks_to_sign_in(&jeton, ADMIN).await;
    let pickup = mail.path.replace("/console/sign-in/", "/pickup/");
    let body = serde_json::json!({"secret": mail.secret, "code": mail.code});
    jeton.post(&pickup).json(&body).send().await.expect(404);
    let held = jeton.create(&serde_json::json!({})).await;
    let mut share = jeton.share(&held.id, "bob@example.org").await;
    share.path = share.path.replace("/pickup/", "/console/sign-in/");
    console.types_code(&share, &share.code).await.expect(404);
    console.types_code(&mail, &mail.code).await.expect(303);
}

#[tokio::test]
async fn the_page_of_the_link_is_the_same_for_every_id_and_changes_nothing() {
    let jeton = Jeton::start().await;
    let console = ConsoleClient::new(&jeton);
    let mail = console.asks_to_sign_in(&jeton, ADMIN).await;
    let page = console.open(&mail.path).await.expect(200);
    let other = console.open("/console/sign-in/0000000000000000").await.expect(200);
    assert_eq!(page.body, other.body);
    assert!(page.text().contains("This page needs JavaScript."));
    console.types_code(&mail, &mail.code).await.expect(303);
}

#[tokio::test]
async fn signing_in_again_ends_the_session_before_and_history_tells_of_both() {
    let jeton = Jeton::start().await;
    let console = ConsoleClient::signed_in(&jeton, ADMIN).await;
    let stolen = ConsoleClient::new(&jeton);
    stolen.takes_cookies_of(&console);
    let mail = console.asks_to_sign_in(&jeton, ADMIN).await;
    console.types_code(&mail, &mail.code).await.expect(303);
    console.open("tokens").await.expect(200);
    stolen.open("tokens").await.expect(303);
    let history = jeton.history(&jeton.master_id).await;
    assert_eq!(history.iter().filter(|name| *name == "storage.memberSignedIn").count(), 2);
}

#[tokio::test]
async fn a_sign_in_that_is_asked_for_once_is_mailed_once_however_often_its_page_is_loaded_again() {
    let jeton = Jeton::start().await;
    let console = ConsoleClient::new(&jeton);
    let key = async || {
        let page = console.open("/console").await.expect(200).text();
        let key = page.split_once("name=\"idempotencyKey\" value=\"").expect("a key").1;
        key.split('"').next().unwrap().to_owned()
    };
    let sends = async |by: &ConsoleClient, key: &str, email: &str| {
        let fields = [("idempotencyKey", key), ("email", email)];
        by.send_form("/console/sign-in", &fields).await.expect(200).text()
    };
    let mails = async || jeton.mail_to(ADMIN).await.len();
    let first = key().await;
    // A double click submits it twice at the same time, before there is a cookie.
    let twice = ConsoleClient::new(&jeton);
    let (one, two) = tokio::join!(sends(&console, &first, ADMIN), sends(&twice, &first, ADMIN));
    assert_eq!(one, two);
    jeton.pass_seconds(59);
    assert_eq!(sends(&console, &first, ADMIN).await, one);
    assert_eq!(mails().await, 1);
    let mail = jeton.sign_in_mail(ADMIN).await;
    assert_eq!(
        twice.types_code(&mail, &mail.code).await.status,
        303,
        "both answers came to the same browser"
    );

    // Another address, a reloaded form and a later retry are separate requests.
    sends(&console, &first, "nobody@example.org").await;
    sends(&console, &key().await, ADMIN).await;
    jeton.pass_seconds(120);
    sends(&console, &first, ADMIN).await;
    assert_eq!(mails().await, 3);
}

#[tokio::test]
async fn a_second_mail_of_a_browser_that_is_signed_in_by_then_says_so() {
    let jeton = Jeton::start().await;
    let console = ConsoleClient::new(&jeton);
    let first = console.asks_to_sign_in(&jeton, ADMIN).await;
    let second = console.asks_to_sign_in(&jeton, ADMIN).await;
    console.types_code(&second, &second.code).await.expect(303);
    let page = console.types_code(&first, &first.code).await.expect(409).text();
    assert!(page.contains("You are signed in already") && page.contains("href=\"/console\""), "{page}");
    assert!(!page.contains("another browser"), "{page}");
    let other = ConsoleClient::new(&jeton);
    let page = other.types_code(&first, &first.code).await.expect(401).text();
    assert!(page.contains("This is another browser"), "{page}");
}

#[tokio::test]
async fn a_sign_in_that_failed_leads_to_its_page_when_it_is_begun_again() {
    let jeton = Jeton::start().await;
    let console = ConsoleClient::new(&jeton);
    let then = format!("/console/projects/{}/tokens?sort=-expires", jeton.project);
    console.send_form("/console/sign-in", &[("email", ADMIN), ("then", &then)]).await.expect(200);
    let mail = jeton.sign_in_mail(ADMIN).await;
    jeton.pass_seconds(3600);
    let failed = console.types_code(&mail, &mail.code).await.expect(410).text();
    assert!(failed.contains(&format!("name=\"then\" value=\"{then}\"")), "{failed}");
}
