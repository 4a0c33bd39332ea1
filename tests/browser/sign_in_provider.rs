//! Sign-in with a certified identity provider.

use jeton_service::{app::App, clock::Clock, console::ways::Ways};
use jeton_tests::{
    browser::{Browser, Key, Scheme, Window},
    jeton::{ADMIN, Jeton},
    oidc_provider::OidcProvider,
};

/// A Jeton whose members sign in with a provider, and also by mail if that is wanted.
async fn with_provider(mail: bool) -> (Jeton, OidcProvider) {
    let mut started = None;
    let jeton = Jeton::start_as(|app| {
        let provider = started.insert(OidcProvider::start(&app.public_url));
        let ways = Ways { mail, provider: Some(provider.provider(&app.public_url)), passkeys: None };
        // The provider has the clock of the machine.
        App { ways, clock: Clock::System, ..app }
    })
    .await;
    (jeton, started.unwrap())
}

/// Enters an address and a password at the provider.
async fn enters(browser: &Browser, email: &str) {
    browser.fill("Password", "any password").await;
    browser.fill("E-mail address", email).await;
    browser.press(Key::Enter).await;
}

#[tokio::test]
async fn a_member_signs_in_with_a_certified_provider_which_asks_again_only_where_that_is_wanted() {
    let (jeton, _provider) = with_provider(true).await;
    let browser = Browser::start().await;
    browser.open(&format!("{}/console", jeton.url)).await;
    browser.see("Email me a link").await;
    browser.is_sound().await;
    browser.screenshot("sign-in-provider").await;
    browser.click("Sign in with Example ID").await;
    enters(&browser, ADMIN).await;
    browser.see("New token").await;
    browser.is_sound().await;
    browser.click("Sign out").await;
    browser.see("You are signed out").await;
    browser.click("Sign in with Example ID").await;
    browser.see("New token").await;
    browser.open(&format!("{}/console/-/provider?again=1", jeton.url)).await;
    enters(&browser, ADMIN).await;
    browser.see("New token").await;
}

#[tokio::test]
async fn whom_the_provider_knows_and_no_project_does_reads_what_to_do_at_a_desk_and_on_a_phone() {
    let (jeton, _provider) = with_provider(false).await;
    for (window, scheme) in [(Window::Desktop, Scheme::Light), (Window::Phone, Scheme::Dark)] {
        let browser = Browser::start_as(window, scheme).await;
        browser.open(&format!("{}/console", jeton.url)).await;
        browser.see("Never enter a token here").await;
        assert!(!browser.text().await.contains("mail"), "there is one way only");
        browser.is_sound().await;
        browser.tab_to("Sign in with Example ID").await;
        browser.press(Key::Enter).await;
        enters(&browser, "nobody@example.org").await;
        browser.see("You are not a member").await;
        browser.is_sound().await;
        browser.screenshot(&format!("sign-in-provider-no-member-{window:?}")).await;
    }
    let browser = Browser::start().await;
    browser.open(&format!("{}/console/-/provider", jeton.url)).await;
    enters(&browser, "unverified@example.org").await;
    browser.see("Your email address is not verified").await;
    browser.is_sound().await;
}

#[tokio::test]
async fn who_cancels_at_the_provider_comes_back_to_the_ways_to_sign_in() {
    let (jeton, _provider) = with_provider(true).await;
    let browser = Browser::start().await;
    browser.open(&format!("{}/console/-/provider", jeton.url)).await;
    browser.click("Cancel").await;
    browser.see("You are not signed in").await;
    browser.is_sound().await;
    browser.see("Email me a link").await;
}
