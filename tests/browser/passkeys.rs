//! Passkeys in a real browser, with a virtual authenticator.

use jeton_service::{app::App, console::ways::Ways, passkey::RelyingParty};
use jeton_tests::{
    browser::{Browser, Key, Scheme, Window},
    jeton::{ADMIN, Jeton},
};

use crate::{mails::read, scene::type_code};

/// A Jeton at `localhost`, where browsers allow passkeys.
async fn start() -> Jeton {
    Jeton::start_as(|app| {
        let public_url = app.public_url.replace("127.0.0.1", "localhost");
        let ways = Ways { passkeys: RelyingParty::of(&public_url), ..Ways::default() };
        App { public_url, ways, ..app }
    })
    .await
}

/// The address of a page, as the browser knows it.
fn at(jeton: &Jeton, path: &str) -> String {
    format!("{}{path}", jeton.app.public_url)
}

/// Signs in with the mail.
async fn sign_in(browser: &Browser, jeton: &Jeton) {
    browser.open(&at(jeton, "/console")).await;
    browser.fill("Your email address", ADMIN).await;
    browser.press(Key::Enter).await;
    browser.see("Check your email").await;
    let mail = jeton.sign_in_mail(ADMIN).await;
    browser.open(&at(jeton, &format!("{}#{}", mail.path, mail.secret))).await;
    type_code(browser, &mail.code).await;
    browser.see("New token").await;
}

/// Adds a passkey on the page of sessions.
async fn add(browser: &Browser, jeton: &Jeton, name: &str) {
    browser.open(&at(jeton, "/console/sessions")).await;
    browser.fill("Name of the new passkey", name).await;
    browser.press(Key::Enter).await;
}

#[tokio::test]
async fn a_member_adds_a_passkey_signs_in_with_it_and_removes_it() {
    let jeton = start().await;
    let browser = Browser::start().await;
    browser.add_authenticator().await;
    sign_in(&browser, &jeton).await;
    browser.open(&at(&jeton, "/console/sessions")).await;
    browser.see("Whoever can read your email can sign in as you").await;
    browser.is_sound().await;
    browser.screenshot("passkeys-none").await;
    add(&browser, &jeton, "Laptop").await;
    browser.see("The passkey “Laptop” is registered.").await;
    browser.is_sound().await;
    browser.screenshot("passkeys").await;
    browser.fill("Name of the new passkey", "Again").await;
    browser.press(Key::Enter).await;
    browser.see("This device has a passkey of yours already.").await;
    assert!(!browser.text().await.contains("is registered."), "what an earlier attempt did");
    browser.is_sound().await;

    browser.click("Sign out").await;
    browser.see("You are signed out").await;
    browser.is_sound().await;
    browser.screenshot("sign-in-passkey").await;
    browser.click("Sign in with a passkey").await;
    browser.see("New token").await;
    browser.is_sound().await;

    browser.open(&at(&jeton, "/console/sessions")).await;
    browser.click("Remove").await;
    browser.see("Remove this passkey?").await;
    browser.see("This is your only passkey").await;
    browser.is_sound().await;
    browser.press_in_dialog("Remove the passkey").await;
    browser.see("The passkey “Laptop” is removed.").await;
    browser.click("Sign out").await;
    browser.see("You are signed out").await;
    browser.click("Sign in with a passkey").await;
    browser.see("This passkey is unknown").await;
    browser.is_sound().await;
    browser.see("Email me a link").await;
}

#[tokio::test]
async fn a_passkey_is_added_and_used_by_the_keyboard_alone_at_a_desk_and_on_a_phone() {
    let jeton = start().await;
    for (window, scheme, name) in
        [(Window::Desktop, Scheme::Light, "Desk"), (Window::Phone, Scheme::Dark, "Phone")]
    {
        let browser = Browser::start_as(window, scheme).await;
        browser.add_authenticator().await;
        if name == "Desk" {
            sign_in(&browser, &jeton).await;
            browser.open(&at(&jeton, "/console/sessions")).await;
            browser.tab_to("Name of the new passkey").await;
            browser.type_keys(name).await;
            browser.tab_to("Add a passkey").await;
            browser.press(Key::Enter).await;
            browser.see("is registered").await;
            browser.is_sound().await;
            // The message has the focus, and the header is before it.
            browser.open(&at(&jeton, "/console/sessions")).await;
            browser.tab_to("Sign out").await;
            browser.press(Key::Enter).await;
            browser.see("You are signed out").await;
            browser.tab_to("Sign in with a passkey").await;
            browser.press(Key::Enter).await;
            browser.see("New token").await;
        } else {
            // Another device, which has no passkey.
            browser.open(&at(&jeton, "/console")).await;
            browser.tab_to("Sign in with a passkey").await;
            browser.press(Key::Enter).await;
            browser.see("No passkey was used. Try again.").await;
            browser.is_sound().await;
            browser.screenshot("sign-in-passkey-phone").await;
        }
    }
    let added = jeton.mail_to(ADMIN).await.pop().unwrap();
    assert_eq!(added.subject, "A passkey was added to your address");
    read(&added, "passkey").await;
    let browser = Browser::start().await;
    browser.open(&at(&jeton, "/console")).await;
    browser.fill("Your email address", ADMIN).await;
    browser.press(Key::Enter).await;
    browser.see("The email has no link if the address has a passkey").await;
    browser.is_sound().await;
    let asked = jeton.mail_to(ADMIN).await.pop().unwrap();
    assert_eq!(asked.subject, "Sign in to Jeton with your passkey");
    read(&asked, "use-passkey").await;
}

#[tokio::test]
async fn a_device_that_does_not_verify_its_user_signs_nobody_in() {
    let jeton = start().await;
    let browser = Browser::start().await;
    let device = browser.add_authenticator().await;
    sign_in(&browser, &jeton).await;
    browser.verify_user(&device, false).await;
    add(&browser, &jeton, "Laptop").await;
    browser.see("No passkey was used. Try again.").await;
    browser.is_sound().await;
    browser.verify_user(&device, true).await;
    browser.click("Add a passkey").await;
    browser.see("is registered").await;
    browser.click("Sign out").await;
    browser.see("You are signed out").await;
    browser.verify_user(&device, false).await;
    browser.click("Sign in with a passkey").await;
    browser.see("No passkey was used. Try again.").await;
    browser.verify_user(&device, true).await;
    browser.click("Sign in with a passkey").await;
    browser.see("New token").await;
}

#[tokio::test]
async fn without_scripts_the_page_says_that_a_passkey_needs_them() {
    let jeton = start().await;
    let browser = Browser::start().await;
    browser.without_scripts().await;
    browser.open(&at(&jeton, "/console")).await;
    browser.see("A passkey needs JavaScript.").await;
    browser.click("Sign in with a passkey").await;
    browser.see("A passkey needs JavaScript").await;
    browser.see("enable it for this page, and start again").await;
}
