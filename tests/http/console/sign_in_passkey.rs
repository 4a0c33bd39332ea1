//! Sign-in with a passkey.

use jeton_core::{Error, budget};
use jeton_service::app::App;
use jeton_tests::{
    authenticator::{Authenticator, Ceremony, base64url},
    console_client::ConsoleClient,
    jeton::{ADMIN, Jeton},
    random::words,
};
use serde_json::{Value, json};

use super::{
    hidden,
    with_passkeys::{
        SESSION, admin, answers, event, finishes, registered, signs_in, site, start, starts, stored,
    },
};

#[tokio::test]
async fn a_member_signs_in_with_a_passkey_and_the_event_says_so() {
    let jeton = start().await;
    let (_, authenticator) = admin(&jeton).await;
    let console = ConsoleClient::new(&jeton);
    let page = console.open("/console").await.expect(200).text();
    assert!(page.contains("Sign in with a passkey") && page.contains("A passkey needs JavaScript"), "{page}");
    let options = starts(&console).await;
    assert_eq!((&options["rpId"], &options["userVerification"]), (&json!("localhost"), &json!("required")));
    assert_eq!(options.get("allowCredentials"), None, "nobody says beforehand who they are");
    let answer = signs_in(&jeton, &console, &authenticator).await.expect(303);
    assert_eq!(answer.header("location"), Some("/console"));
    let cookie = answer.header("set-cookie").unwrap();
    assert!(cookie.starts_with("__Host-jeton-session="), "{cookie}");
    assert!(cookie.ends_with("; Path=/; Max-Age=43200; Secure; HttpOnly; SameSite=Lax"), "{cookie}");
    assert!(console.open("tokens").await.expect(200).text().contains("New token"));
    let params = event(&jeton, "storage.memberSignedIn").await["params"].clone();
    assert_eq!((&params["by"], &params["passkey"]["name"]), (&json!("passkey"), &json!("Laptop")));
    assert_eq!(stored(&jeton, ADMIN).await, [("Laptop".to_owned(), 0, true)]);
    assert!(!console.open("/console/sessions").await.expect(200).text().contains(">never<"));
}

#[tokio::test]
async fn an_address_with_a_passkey_gets_no_link_and_everyone_who_asks_reads_the_same() {
    let jeton = start().await;
    admin(&jeton).await;
    jeton.join("eve@example.org").await;
    let mut answers = Vec::new();
    for email in [ADMIN, "eve@example.org", "nobody@example.org"] {
        let answer = ConsoleClient::new(&jeton).send_form("/console/sign-in", &[("email", email)]).await;
        answers.push((answer.status, answer.headers.len(), words(&answer.text()).replace(email, "address")));
    }
    assert!(answers[0] == answers[1] && answers[1] == answers[2], "{answers:?}");
    let mail = jeton.mail_to(ADMIN).await.pop().unwrap();
    assert_eq!(mail.subject, "Sign in to Jeton with your passkey");
    assert!(!mail.text.contains('#') && !mail.text.contains("/console/sign-in/"), "{}", mail.text);
    assert!(jeton.mail_to("eve@example.org").await.pop().unwrap().text.contains("/console/sign-in/"));
}

#[tokio::test]
async fn a_link_that_was_mailed_before_the_first_passkey_signs_nobody_in() {
    let jeton = start().await;
    let other = ConsoleClient::new(&jeton);
    let mail = other.asks_to_sign_in(&jeton, ADMIN).await;
    let (_, authenticator) = admin(&jeton).await;
    let rejected = other.types_code(&mail, &mail.code).await.expect(400);
    let page = rejected.text();
    assert!(page.contains("This address has a passkey by now"), "{page}");
    // A page of its own, not words at the field of a code that cannot help.
    assert!(page.contains("data-passkey=\"get\"") && !page.contains("id=\"mistake\""), "{page}");
    assert_eq!(other.cookie(SESSION), None);
    signs_in(&jeton, &other, &authenticator).await.expect(303);
}

/// What a hostile browser or authenticator changes before it signs, the status, and what the page says.
type Lie = (&'static str, fn(&mut Ceremony), u16, &'static str);

#[tokio::test]
async fn a_hostile_answer_signs_nobody_in_and_the_page_says_why() {
    let jeton = start().await;
    let (_, authenticator) = admin(&jeton).await;
    let lies: &[Lie] = &[
        (
            "origin",
            |answer| answer.client_data["origin"] = json!("https://evil.example"),
            403,
            "another site",
        ),
        ("no origin", |answer| answer.client_data["origin"] = json!(null), 400, "cannot be read"),
        ("frame", |answer| answer.client_data["crossOrigin"] = json!(true), 403, "another site"),
        (
            "top",
            |answer| answer.client_data["topOrigin"] = json!("https://evil.example"),
            403,
            "another site",
        ),
        ("site", |answer| answer.site = "evil.example".to_owned(), 403, "one of another site"),
        ("type", |answer| answer.client_data["type"] = json!("webauthn.create"), 403, "another question"),
        ("challenge", |answer| answer.client_data["challenge"] = json!("eA"), 400, "another browser"),
        ("no challenge", |answer| answer.client_data["challenge"] = json!(""), 400, "another browser"),
        ("absent", |answer| answer.flags &= !1, 403, "without a person"),
        ("unverified", |answer| answer.flags &= !4, 403, "without a PIN"),
        ("credential", |answer| answer.credential = vec![9; 32], 403, "passkey is unknown"),
        ("no credential", |answer| answer.credential = Vec::new(), 400, "needs JavaScript"),
        ("huge credential", |answer| answer.credential = vec![1; 1024], 403, "passkey is unknown"),
        ("user", |answer| answer.user = "b3RoZXI".to_owned(), 403, "passkey is unknown"),
        ("no user", |answer| answer.user = String::new(), 403, "passkey is unknown"),
        ("longer", |answer| answer.more = vec![0xa0], 400, "cannot be read"),
        ("huge", |answer| answer.more = vec![0; 9000], 400, "cannot be read"),
        (
            "huge client data",
            |answer| answer.client_data["x"] = json!("x".repeat(9000)),
            400,
            "cannot be read",
        ),
    ];
    for (what, lie, status, says) in lies {
        let console = ConsoleClient::new(&jeton);
        let mut answer = answers(&jeton, &console, &authenticator).await;
        lie(&mut answer);
        let rejected = finishes(&console, &authenticator.signs(&answer)).await;
        assert_eq!(rejected.status.as_u16(), *status, "{what}: {}", rejected.text());
        assert!(rejected.text().contains(says), "{what}: {}", rejected.text());
        assert_eq!(console.cookie(SESSION), None, "{what}");
    }
    assert_eq!(stored(&jeton, ADMIN).await, [("Laptop".to_owned(), 0, false)], "nothing is changed");
}

#[tokio::test]
async fn an_answer_that_was_changed_after_it_was_signed_signs_nobody_in() {
    let jeton = start().await;
    let (_, authenticator) = admin(&jeton).await;
    let stranger = Authenticator::default();
    let console = ConsoleClient::new(&jeton);
    let answer = answers(&jeton, &console, &authenticator).await;
    let signed = authenticator.signs(&answer);
    let field = |name: &str, value: String| {
        let change = |(known, given): &(&'static str, String)| {
            (*known, if *known == name { value.clone() } else { given.clone() })
        };
        signed.iter().map(change).collect::<Vec<_>>()
    };
    let later = Ceremony { counter: 7, ..answer.clone() };
    for (what, fields, status) in [
        ("signature of another", stranger.signs(&answer), 403),
        ("signature", field("signature", base64url(&[0x30, 6, 2, 1, 1, 2, 1, 1])), 403),
        ("no signature", field("signature", String::new()), 400),
        ("huge signature", field("signature", "A".repeat(100_000)), 400),
        ("data", field("authenticatorData", authenticator.signs(&later)[2].1.clone()), 403),
        ("not base64url", field("clientData", "%%%".to_owned()), 400),
        ("nothing", Vec::new(), 400),
    ] {
        let rejected = finishes(&console, &fields).await;
        assert_eq!(rejected.status.as_u16(), status, "{what}: {}", rejected.text());
        assert_eq!(console.cookie(SESSION), None, "{what}");
    }
    finishes(&console, &signed).await.expect(303);
}

#[tokio::test]
async fn a_passkey_of_one_address_does_not_sign_in_another() {
    let jeton = start().await;
    jeton.join("eve@example.org").await;
    let (_, of_admin) = admin(&jeton).await;
    let (_, of_eve) = registered(&jeton, "eve@example.org").await;
    let console = ConsoleClient::new(&jeton);
    let mut answer = answers(&jeton, &console, &of_eve).await;
    answer.user.clone_from(&of_admin.user);
    finishes(&console, &of_eve.signs(&answer)).await.expect(403);
    answer.credential.clone_from(&of_admin.credential);
    finishes(&console, &of_eve.signs(&answer)).await.expect(403);
    assert_eq!(console.cookie(SESSION), None);
    signs_in(&jeton, &console, &of_eve).await.expect(303);
    assert!(console.open("/console/sessions").await.expect(200).text().contains("eve@example.org"));
}

#[tokio::test]
async fn an_answer_works_once_and_only_in_the_browser_that_asked() {
    let jeton = start().await;
    let (_, authenticator) = admin(&jeton).await;
    let console = ConsoleClient::new(&jeton);
    let answer = answers(&jeton, &console, &authenticator).await;
    let signed = authenticator.signs(&answer);
    let other = ConsoleClient::new(&jeton);
    assert!(finishes(&other, &signed).await.expect(400).text().contains("This is another browser"));
    starts(&other).await;
    assert!(finishes(&other, &signed).await.expect(400).text().contains("This is another browser"));
    let copied = ConsoleClient::new(&jeton);
    copied.takes_cookies_of(&console);
    finishes(&console, &signed).await.expect(303);
    assert!(finishes(&console, &signed).await.expect(409).text().contains("You are signed in already"));
    assert!(finishes(&copied, &signed).await.expect(400).text().contains("used already"));
    assert_eq!((other.cookie(SESSION), copied.cookie(SESSION)), (None, None));
}

#[tokio::test]
async fn an_answer_works_once_when_it_comes_twice_at_the_same_time() {
    let jeton = start().await;
    let (_, authenticator) = admin(&jeton).await;
    let (console, twin) = (ConsoleClient::new(&jeton), ConsoleClient::new(&jeton));
    let signed = authenticator.signs(&answers(&jeton, &console, &authenticator).await);
    twin.takes_cookies_of(&console);
    let (one, other) = tokio::join!(finishes(&console, &signed), finishes(&twin, &signed));
    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 400]);
}

#[tokio::test]
async fn an_answer_after_ten_minutes_is_too_late() {
    let jeton = start().await;
    let (_, authenticator) = admin(&jeton).await;
    let console = ConsoleClient::new(&jeton);
    let signed = authenticator.signs(&answers(&jeton, &console, &authenticator).await);
    jeton.pass_seconds(600);
    assert!(finishes(&console, &signed).await.expect(400).text().contains("This took too long"));
    assert_eq!(console.cookie(SESSION), None);
}

#[tokio::test]
async fn a_counter_that_goes_back_signs_nobody_in() {
    let jeton = start().await;
    let (_, authenticator) = admin(&jeton).await;
    for (counter, status) in [(5, 303), (6, 303), (6, 403), (5, 403), (0, 403), (7, 303)] {
        let console = ConsoleClient::new(&jeton);
        let answer = answers(&jeton, &console, &authenticator).await;
        let answer = finishes(&console, &authenticator.signs(&Ceremony { counter, ..answer })).await;
        assert_eq!(answer.status.as_u16(), status, "{counter}: {}", answer.text());
        assert_eq!(answer.text().contains("there may be a copy of it"), status == 403, "{counter}");
    }
    assert_eq!(stored(&jeton, ADMIN).await, [("Laptop".to_owned(), 7, true)]);
}

#[tokio::test]
async fn two_browsers_sign_in_at_once_with_one_passkey() {
    let jeton = start().await;
    let (_, authenticator) = admin(&jeton).await;
    let consoles = [ConsoleClient::new(&jeton), ConsoleClient::new(&jeton)];
    let [one, other] = &consoles;
    let (one, other) =
        tokio::join!(signs_in(&jeton, one, &authenticator), signs_in(&jeton, other, &authenticator));
    one.expect(303);
    other.expect(303);
}

#[tokio::test]
async fn another_site_neither_starts_nor_finishes_a_sign_in() {
    let jeton = start().await;
    let (_, authenticator) = admin(&jeton).await;
    let console = ConsoleClient::new(&jeton);
    let signed = authenticator.signs(&answers(&jeton, &console, &authenticator).await);
    let fields: Vec<_> = signed.iter().map(|(name, value)| (*name, value.as_str())).collect();
    for origin in ["https://evil.example", ""] {
        console.send_form_from(origin, "/console/-/passkey/start", &[]).await.expect(403);
        console.send_form_from(origin, "/console/-/passkey", &fields).await.expect(403);
    }
    assert_eq!(console.cookie(SESSION), None);
}

#[tokio::test]
async fn a_form_that_waits_comes_back_after_a_sign_in_with_a_passkey() {
    let jeton = start().await;
    let (console, authenticator) = admin(&jeton).await;
    let members = format!("/console/projects/{}/members", jeton.project);
    for (then, leads) in [(members.as_str(), members.as_str()), ("https://evil.example", "/console")] {
        let start = console.send_form("/console/-/passkey/start", &[("then", then)]).await.expect(200);
        let answer = authenticator.gets(&site(&jeton.url), &start.json());
        let answer = finishes(&console, &authenticator.signs(&answer)).await.expect(303);
        assert_eq!(answer.header("location"), Some(leads));
    }
}

#[tokio::test]
async fn a_network_that_answers_too_often_is_turned_down() {
    let localhost = "127.0.0.1/32".parse().unwrap();
    let jeton = Jeton::start_as(|app| {
        let ways = jeton_service::console::ways::Ways {
            passkeys: Some(site(&app.public_url)),
            ..jeton_service::console::ways::Ways::default()
        };
        App { ways, trusted_proxies: vec![localhost], ..app }
    })
    .await;
    let (_, authenticator) = admin(&jeton).await;
    let console = ConsoleClient::new(&jeton);
    let signed = authenticator.signs(&answers(&jeton, &console, &authenticator).await);
    let now = jeton.app.clock.now();
    let spend = budget::passkey_answer(Some("192.0.2.1".parse().unwrap()), now);
    while jeton.app.budgets().spend(&spend, now, Error::TooManyMails).await.is_ok() {}
    let browser = console.cookie("__Host-jeton-browser").unwrap();
    let form = signed.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&");
    for (source, status) in [("192.0.2.1", 429), ("198.51.100.1", 303)] {
        let call = jeton.post("/console/-/passkey").form(&form).header("origin", &jeton.url);
        let call = call.header("cookie", &format!("__Host-jeton-browser={browser}"));
        call.header("x-forwarded-for", source).send().await.expect(status);
    }
}

/// The events of rejected passkeys, the newest first: their messages and the names of the passkeys.
async fn rejections(jeton: &Jeton) -> Vec<(String, Value)> {
    let events = jeton.get("/v2/storage/events?limit=100").token(&jeton.master).send().await.expect(200);
    let events = events.json().as_array().unwrap().clone();
    let rejected = events.into_iter().filter(|event| event["event"] == "storage.memberSignInRefused");
    let of =
        |event: Value| (event["message"].as_str().unwrap().to_owned(), event["params"]["passkey"].clone());
    rejected.map(of).collect()
}

#[tokio::test]
async fn a_rejected_passkey_of_a_member_is_in_the_history_and_one_of_nobody_is_not() {
    let jeton = start().await;
    let (_, authenticator) = admin(&jeton).await;
    let stranger = Authenticator::default();
    let console = ConsoleClient::new(&jeton);
    let answer = answers(&jeton, &console, &authenticator).await;
    finishes(&console, &authenticator.signs(&Ceremony { counter: 5, ..answer.clone() })).await.expect(303);
    let console = ConsoleClient::new(&jeton);
    let answer = answers(&jeton, &console, &authenticator).await;
    for (rejected, says) in [
        (stranger.signs(&answer), "The signature of the passkey is wrong"),
        (authenticator.signs(&Ceremony { counter: 4, ..answer.clone() }), "there may be a copy of it"),
        (
            authenticator.signs(&Ceremony { user: "b3RoZXI".to_owned(), ..answer.clone() }),
            "not registered here",
        ),
        (authenticator.signs(&Ceremony { flags: 1, ..answer.clone() }), "without a PIN"),
    ] {
        let before = rejections(&jeton).await.len();
        finishes(&console, &rejected).await.expect(403);
        let events = rejections(&jeton).await;
        assert_eq!(events.len(), before + 1, "{says}");
        let (message, passkey) = &events[0];
        let begins = format!("Sign-in of {ADMIN}: a passkey was rejected. ");
        assert!(message.starts_with(&begins) && message.contains(says), "{message}");
        assert_eq!(passkey["name"], "Laptop");
    }
    let before = rejections(&jeton).await.len();
    let unknown = Ceremony { credential: vec![9; 32], ..answer };
    finishes(&console, &authenticator.signs(&unknown)).await.expect(403);
    assert_eq!(rejections(&jeton).await.len(), before, "it is of nobody");
}

#[tokio::test]
async fn who_knows_a_credential_id_fills_no_history_with_rejections() {
    let jeton = start().await;
    let (_, authenticator) = admin(&jeton).await;
    let console = ConsoleClient::new(&jeton);
    let answer = answers(&jeton, &console, &authenticator).await;
    let signed = Authenticator::default().signs(&answer);
    for _ in 0..budget::PASSKEY_REJECTIONS_OF_ADDRESS + 2 {
        finishes(&console, &signed).await.expect(403);
    }
    assert_eq!(rejections(&jeton).await.len(), budget::PASSKEY_REJECTIONS_OF_ADDRESS as usize);
    jeton.pass_seconds(3600);
    finishes(&console, &authenticator.signs(&answer)).await.expect(400);
    let answer = answers(&jeton, &console, &authenticator).await;
    finishes(&console, &Authenticator::default().signs(&answer)).await.expect(403);
    assert_eq!(rejections(&jeton).await.len(), budget::PASSKEY_REJECTIONS_OF_ADDRESS as usize + 1);
}

#[tokio::test]
async fn a_form_that_waits_for_a_sign_in_is_forgotten_when_the_passkey_is_of_another_person() {
    let jeton = start().await;
    jeton.join("eve@example.org").await;
    let (console, own) = admin(&jeton).await;
    let (_, of_eve) = registered(&jeton, "eve@example.org").await;
    jeton.pass_seconds(600);
    let page =
        console.submit("members", "members", &[("email", "invitee@example.org")]).await.expect(403).text();
    let kept = ["then", "fields", "author"].map(|name| (name, hidden(&page, name)));
    let kept = kept.each_ref().map(|(name, value)| (*name, value.as_str()));
    for (authenticator, leads_to) in [(&of_eve, "/console"), (&own, &*hidden(&page, "then"))] {
        let options = console.send_form("/console/-/passkey/start", &kept).await.expect(200).json();
        let answer = authenticator.gets(&site(&jeton.url), &options);
        let answer = finishes(&console, &authenticator.signs(&answer)).await.expect(303);
        assert_eq!(answer.header("location"), Some(leads_to));
        let page = console.open("members").await.expect(200).text();
        assert_eq!(page.contains("invitee@example.org"), leads_to != "/console", "{page}");
    }
}
