//! Accepting an invitation.

use jeton_tests::{
    browser::{Browser, Scheme, Window},
    jeton::Jeton,
};

use crate::scene::{BOB, copied, link, spaced, type_code};

#[tokio::test]
async fn who_is_invited_joins_and_is_told_what_a_master_token_is() {
    let jeton = Jeton::start().await;
    let invitation = jeton.invite(BOB).await;
    let browser = Browser::start().await;
    browser.open(&link(&jeton, &invitation)).await;
    browser.see("Join project Test project").await;
    browser.is_sound().await;
    browser.screenshot("invitation-light").await;
    type_code(&browser, &spaced(&invitation.code)).await;
    browser.see("Welcome to Test project").await;
    browser.see("What a master token is").await;
    browser.is_sound().await;
    browser.screenshot("invitation-joined-light").await;
    let token = copied(&browser, "Copy the master token").await;
    assert_eq!(jeton.verified(&token).await["isMasterToken"], true);
    let console = browser.run("return document.querySelector('main a').href").await;
    assert_eq!(console, format!("{}/console", jeton.url));
}

#[tokio::test]
async fn joining_works_on_a_phone_in_the_dark() {
    let jeton = Jeton::start().await;
    let invitation = jeton.invite(BOB).await;
    let browser = Browser::start_as(Window::Phone, Scheme::Dark).await;
    browser.open(&link(&jeton, &invitation)).await;
    browser.see("Join project Test project").await;
    browser.is_sound().await;
    type_code(&browser, &invitation.code).await;
    browser.see("Welcome to Test project").await;
    browser.is_sound().await;
    browser.screenshot("invitation-joined-phone-dark").await;
}
