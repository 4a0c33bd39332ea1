//! Sign-in with an identity provider.

use std::sync::Arc;

use jeton_core::{Error, budget, provider_sign_in::ProviderSignIn};
use jeton_service::{app::App, clock::entropy, console::ways::Ways};
use jeton_tests::{
    console_client::ConsoleClient,
    identity_provider::{IdentityProvider, NAME},
    jeton::{ADMIN, Jeton},
    random::words,
};
use serde_json::{Value, json};

use super::with_provider::{SESSION, is_turned_down, leads_back, signs_in, with, with_ways_on};

/// What the history says of the last sign-in.
async fn last_sign_in(jeton: &Jeton) -> Value {
    let events = jeton.get("/v2/storage/events").token(&jeton.master).send().await.expect(200).json();
    let mut events = events.as_array().unwrap().iter();
    events.find(|event| event["event"] == "storage.memberSignedIn").expect("a sign-in")["params"].clone()
}

#[tokio::test]
async fn without_a_provider_its_paths_are_missing() {
    let jeton = Jeton::start().await;
    let console = ConsoleClient::new(&jeton);
    assert!(!console.open("/console").await.expect(200).text().contains("Sign in with"));
    console.open("/console/-/provider").await.expect(404);
    console.open("/console/-/signed-in?code=x&state=y").await.expect(404);
}

#[tokio::test]
async fn a_member_signs_in_with_the_provider_and_the_event_says_so() {
    let provider = IdentityProvider::start().await;
    let jeton = with(&provider).await;
    let console = ConsoleClient::new(&jeton);
    let page = console.open("/console").await.expect(200).text();
    assert!(page.contains(&format!("Sign in with {NAME}")) && page.contains("Email me a link"), "{page}");
    let answer = signs_in(&jeton, &provider, &console, "Admin@EXAMPLE.org").await.expect(303);
    assert_eq!(answer.header("location"), Some("/console"));
    let cookie = answer.header("set-cookie").unwrap();
    assert!(cookie.starts_with("__Host-jeton-session="), "{cookie}");
    assert!(cookie.ends_with("; Path=/; Max-Age=43200; Secure; HttpOnly; SameSite=Lax"), "{cookie}");
    assert!(console.open("tokens").await.expect(200).text().contains("New token"));
    assert!(
        console.open("/console/sessions").await.expect(200).text().contains(ADMIN),
        "as the roster has it"
    );
    let params = last_sign_in(&jeton).await;
    assert_eq!((&params["by"], &params["issuer"]), (&json!("oidc"), &json!(provider.issuer)));
    ConsoleClient::signed_in(&jeton, ADMIN).await;
    let params = last_sign_in(&jeton).await;
    assert_eq!((&params["by"], params.get("issuer")), (&json!("mail"), None));
}

#[tokio::test]
async fn who_is_not_on_the_roster_gets_in_nowhere_and_what_they_may_do_is_said() {
    let provider = IdentityProvider::start().await;
    let jeton = with(&provider).await;
    let console = ConsoleClient::new(&jeton);
    let answer = signs_in(&jeton, &provider, &console, "nobody@example.org").await.expect(403);
    assert!(answer.text().contains("members of a project can invite you"), "{}", answer.text());
    assert_eq!(console.cookie(SESSION), None);
    jeton.invite("invited@example.org").await;
    let invited = signs_in(&jeton, &provider, &console, "invited@example.org").await.expect(403);
    assert_eq!(
        words(&invited.text()).replace("invited@", "nobody@"),
        words(&answer.text()),
        "an invitation is not a membership"
    );
}

#[tokio::test]
async fn an_answer_works_once_and_only_in_the_browser_that_asked() {
    let provider = IdentityProvider::start().await;
    let jeton = with(&provider).await;
    let console = ConsoleClient::new(&jeton);
    let back = leads_back(&jeton, &provider, &console, ADMIN).await;
    let other = ConsoleClient::new(&jeton);
    assert!(other.open(&back).await.expect(400).text().contains("This is another browser"));
    other.open("/console/-/provider").await.expect(303);
    assert!(other.open(&back).await.expect(400).text().contains("This is another browser"));
    let copied = ConsoleClient::new(&jeton);
    copied.takes_cookies_of(&console);
    assert_eq!(provider.calls("token"), 0, "no code of another browser is redeemed");
    console.open(&back).await.expect(303);
    let again = console.open(&back).await.expect(409).text();
    assert!(again.contains("You are signed in already") && !again.contains("email, and"), "{again}");
    assert!(copied.open(&back).await.expect(400).text().contains("used already"));
    assert_eq!(provider.calls("token"), 1);
    assert_eq!((other.cookie(SESSION), copied.cookie(SESSION)), (None, None));
}

#[tokio::test]
async fn a_browser_without_a_cookie_has_started_nothing() {
    let provider = IdentityProvider::start().await;
    let jeton = with(&provider).await;
    // Whoever knows how a sign-in is derived can start one for no cookie, and send its answer to others.
    let now = jeton.app.clock.now();
    let made = ProviderSignIn::start("", now, &mut entropy());
    let address = jeton.app.ways.provider.as_ref().unwrap().address(&made, false, now).await.unwrap();
    let back = provider.signs_in(&address, ADMIN, now);
    for cookie in ["", "__Host-jeton-browser=", "__Host-jeton-browser=x"] {
        let answer = jeton.get(&back).header("cookie", cookie).send().await.expect(400);
        assert!(answer.text().contains("This is another browser"), "{}", answer.text());
    }
    assert_eq!(provider.calls("token"), 0);
}

#[tokio::test]
async fn an_answer_works_once_when_it_comes_twice_at_the_same_time() {
    let provider = IdentityProvider::start().await;
    let jeton = with(&provider).await;
    let (console, twin) = (ConsoleClient::new(&jeton), ConsoleClient::new(&jeton));
    let back = leads_back(&jeton, &provider, &console, ADMIN).await;
    twin.takes_cookies_of(&console);
    let (one, other) = tokio::join!(console.open(&back), twin.open(&back));
    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 400]);
    assert_eq!(provider.calls("token"), 1);
}

#[tokio::test]
async fn two_tabs_sign_in_at_once() {
    let provider = IdentityProvider::start().await;
    let jeton = with(&provider).await;
    let console = ConsoleClient::new(&jeton);
    let first = leads_back(&jeton, &provider, &console, ADMIN).await;
    let second = leads_back(&jeton, &provider, &console, ADMIN).await;
    console.open(&first).await.expect(303);
    assert!(console.open(&second).await.expect(409).text().contains("You are signed in already"));
    console.open("tokens").await.expect(200);
    let console = ConsoleClient::new(&jeton);
    leads_back(&jeton, &provider, &console, ADMIN).await;
    let second = leads_back(&jeton, &provider, &console, ADMIN).await;
    console.open(&second).await.expect(303);
}

#[tokio::test]
async fn an_answer_after_ten_minutes_is_too_late() {
    let provider = IdentityProvider::start().await;
    let jeton = with(&provider).await;
    let console = ConsoleClient::new(&jeton);
    let back = leads_back(&jeton, &provider, &console, ADMIN).await;
    jeton.pass_seconds(600);
    assert!(console.open(&back).await.expect(400).text().contains("This took too long"));
    assert_eq!(provider.calls("token"), 0);
}

#[tokio::test]
async fn another_site_starts_no_sign_in() {
    let provider = IdentityProvider::start().await;
    let jeton = with(&provider).await;
    for (site, status) in [("cross-site", 200), ("same-site", 200), ("same-origin", 303), ("none", 303)] {
        let answer =
            jeton.get("/console/-/provider").header("sec-fetch-site", site).send().await.expect(status);
        assert_eq!(answer.header("location").is_some(), status == 303, "{site}");
    }
}

#[tokio::test]
async fn what_an_answer_says_leads_nowhere_and_is_not_shown() {
    let provider = IdentityProvider::start().await;
    let jeton = with(&provider).await;
    let console = ConsoleClient::new(&jeton);
    let back = leads_back(&jeton, &provider, &console, ADMIN).await;
    let answer = console.open(&format!("{back}&then=https://evil.example&redirect_uri=//evil.example")).await;
    assert_eq!(answer.expect(303).header("location"), Some("/console"));
    for (more, status) in [
        ("error=access_denied", 400),
        ("error=%3Cscript%3E&error_description=evil.example", 403),
        ("error=server_error", 503),
        ("iss=https%3A%2F%2Fevil.example", 403),
        ("error=access_denied&iss=https%3A%2F%2Fevil.example", 403),
        ("code=", 403),
    ] {
        let back = leads_back(&jeton, &provider, &ConsoleClient::new(&jeton), ADMIN).await;
        assert!(console.open(&back).await.expect(409).text().contains("already"), "of another browser");
        let console = ConsoleClient::new(&jeton);
        let back = leads_back(&jeton, &provider, &console, ADMIN).await;
        let state = back.split("&state=").nth(1).unwrap();
        let answer = console.open(&format!("/console/-/signed-in?state={state}&{more}")).await;
        assert_eq!(answer.status.as_u16(), status, "{more}");
        assert!(
            !answer.text().contains("evil.example") && !answer.text().contains("<script>"),
            "{}",
            answer.text()
        );
        assert_eq!(console.cookie(SESSION), None);
    }
    provider.lies().configuration = json!({"authorization_response_iss_parameter_supported": true});
    let jeton = with(&provider).await;
    is_turned_down(&jeton, &provider, 403, "was not accepted", "it says that it names the issuer").await;
    let console = ConsoleClient::new(&jeton);
    let back = leads_back(&jeton, &provider, &console, ADMIN).await;
    console.open(&format!("{back}&iss={}", provider.issuer.replace(':', "%3A"))).await.expect(303);
}

#[tokio::test]
async fn where_mail_is_switched_off_nobody_signs_in_by_it_also_by_a_link_that_was_sent_before() {
    let provider = IdentityProvider::start().await;
    let before = with(&provider).await;
    let console = ConsoleClient::new(&before);
    let mail = console.asks_to_sign_in(&before, ADMIN).await;
    let jeton = with_ways_on(Arc::clone(&before.app.store), &provider, false).await;
    let without = ConsoleClient::new(&jeton);
    without.takes_cookies_of(&console);
    let page = words(&without.open("/console").await.expect(200).text());
    assert!(page.contains("Sign in with") && !page.contains("mail"), "{page}");
    let answer = without.send_form("/console/sign-in", &[("email", ADMIN)]).await.expect(403);
    assert!(answer.text().contains("nobody signs in by email"), "{}", answer.text());
    assert_eq!(jeton.mail_to(ADMIN).await.len(), 0);
    let answer = without.send_form(&mail.path, &[("secret", &mail.secret), ("code", &mail.code)]).await;
    assert!(answer.expect(403).text().contains("nobody signs in by email"));
    signs_in(&jeton, &provider, &without, ADMIN).await.expect(303);
}

#[tokio::test]
async fn a_session_of_the_provider_ends_with_its_member() {
    let provider = IdentityProvider::start().await;
    let jeton = with(&provider).await;
    let (bob, console) = ("bob@example.org", ConsoleClient::new(&jeton));
    jeton.join(bob).await;
    signs_in(&jeton, &provider, &console, bob).await.expect(303);
    console.open("tokens").await.expect(200);
    let back = leads_back(&jeton, &provider, &ConsoleClient::new(&jeton), bob).await;
    assert!(back.contains("code="), "another one has begun");
    jeton.remove_member(bob).await;
    console.open("tokens").await.expect(404);
    signs_in(&jeton, &provider, &ConsoleClient::new(&jeton), bob).await.expect(403);
}

#[tokio::test]
async fn a_change_of_members_takes_credentials_that_were_entered_recently() {
    let provider = IdentityProvider::start().await;
    let jeton = with(&provider).await;
    let now = jeton.app.clock.now().millis() / 1000;
    provider.lies().claims = json!({"auth_time": now - 600});
    let console = ConsoleClient::new(&jeton);
    signs_in(&jeton, &provider, &console, ADMIN).await.expect(303);
    let page = console.open("members").await.expect(200);
    assert!(page.text().contains("href=\"/console/-/provider?again=1\""), "{}", page.text());
    // A provider that never asks would lead in a circle, so the page has the reason.
    assert!(page.text().contains("did not ask for your credentials"), "{}", page.text());
    assert!(page.text().contains("If it does not ask for them this time either"), "{}", page.text());
    let led = console.open("/console/-/provider?again=1").await.expect(303);
    let address = led.header("location").unwrap();
    assert!(address.contains("&prompt=login"), "{address}");
    provider.lies().claims = json!({"auth_time": now - 599});
    let back = provider.signs_in(address, ADMIN, jeton.app.clock.now());
    let members = format!("/console/projects/{}/members", jeton.project);
    assert_eq!(console.open(&back).await.expect(303).header("location"), Some(members.as_str()));
    assert!(console.open("members").await.expect(200).text().contains("Send the invitation"));
    let led = console.open("/console/-/provider").await.expect(303);
    assert!(!led.header("location").unwrap().contains("prompt"), "only where it is needed");
    // The clock of the provider is ahead, which makes no credentials more recent.
    provider.lies().claims = json!({"auth_time": now + 59});
    signs_in(&jeton, &provider, &console, ADMIN).await.expect(303);
    jeton.pass_seconds(600);
    let page = console.open("members").await.expect(200).text();
    assert!(page.contains("provider?again=1") && !page.contains("did not ask"), "{page}");
}

#[tokio::test]
async fn a_source_has_so_many_answers_within_an_hour() {
    let provider = IdentityProvider::start().await;
    let localhost = "127.0.0.1/32".parse().unwrap();
    let jeton = Jeton::start_as(|app| {
        let ways = Ways { provider: Some(provider.provider(&app.public_url)), ..Ways::default() };
        App { ways, trusted_proxies: vec![localhost], ..app }
    })
    .await;
    let now = jeton.app.clock.now();
    let spend = budget::provider_answer(Some("192.0.2.1".parse().unwrap()), now);
    while jeton.app.budgets().spend(&spend, now, Error::TooManyMails).await.is_ok() {}
    let console = ConsoleClient::new(&jeton);
    let back = leads_back(&jeton, &provider, &console, ADMIN).await;
    let cookie = format!("__Host-jeton-browser={}", console.cookie("__Host-jeton-browser").unwrap());
    let from =
        |source: &str| jeton.get(&back).header("cookie", &cookie).header("x-forwarded-for", source).send();
    assert!(from("192.0.2.1").await.expect(429).text().contains("Try again in an hour"));
    assert_eq!(provider.calls("token"), 0);
    from("192.0.3.1").await.expect(303);
}

#[tokio::test]
async fn a_link_in_a_mail_leads_to_its_page_after_a_sign_in_with_the_provider_and_only_then() {
    let provider = IdentityProvider::start().await;
    let jeton = with(&provider).await;
    let page = format!("/console/projects/{}/tokens", jeton.project);
    let console = ConsoleClient::new(&jeton);
    let asks = console.open(&page).await.expect(303).header("location").unwrap().to_owned();
    assert!(console.open(&asks).await.expect(200).text().contains("href=\"/console/-/provider?again=1\""));
    let led = console.open("/console/-/provider?again=1").await.expect(303);
    let back = provider.signs_in(led.header("location").unwrap(), ADMIN, jeton.app.clock.now());
    assert_eq!(console.open(&back).await.expect(303).header("location"), Some(page.as_str()));
    // A sign-in that was not asked for there leads to no page of an earlier link.
    let other = ConsoleClient::new(&jeton);
    other.open(&asks).await.expect(200);
    let answer = signs_in(&jeton, &provider, &other, ADMIN).await.expect(303);
    assert_eq!(answer.header("location"), Some("/console"));
}

#[tokio::test]
async fn a_form_that_waits_for_a_sign_in_is_forgotten_when_the_provider_names_another_person() {
    let provider = IdentityProvider::start().await;
    let jeton = with(&provider).await;
    jeton.join("eve@example.org").await;
    let members = format!("/console/projects/{}/members", jeton.project);
    for (email, leads_to) in [("eve@example.org", "/console"), (ADMIN, members.as_str())] {
        let now = jeton.app.clock.now().millis() / 1000;
        provider.lies().claims = json!({"auth_time": now - 600});
        let console = ConsoleClient::new(&jeton);
        signs_in(&jeton, &provider, &console, ADMIN).await.expect(303);
        let invites = [("email", "invitee@example.org")];
        let page = console.submit("members", "members", &invites).await.expect(403).text();
        assert!(page.contains("Sign in again"), "{page}");
        provider.lies().claims = json!({});
        let led = console.open("/console/-/provider?again=1").await.expect(303);
        let back = provider.signs_in(led.header("location").unwrap(), email, jeton.app.clock.now());
        let answer = console.open(&back).await.expect(303);
        assert_eq!(answer.header("location"), Some(leads_to), "{email}");
        let page = console.open("members").await.expect(200).text();
        assert_eq!(page.contains("invitee@example.org"), email == ADMIN, "{page}");
    }
}
