//! Pages of shares that cannot be picked up any more. Each says what to do next.

use jeton_tests::{
    browser::{Browser, Scheme, Window},
    jeton::Jeton,
    random::wrong_code,
};

use crate::scene::{link, shared, type_code};

/// Checks a page to its end, and takes screenshots in light and dark.
async fn read(browser: &Browser, title: &str, next: &str, picture: &str) {
    browser.see(title).await;
    browser.see("What to do now").await;
    browser.see(next).await;
    browser.is_sound().await;
    browser.screenshot(&format!("pickup-{picture}-light")).await;
    browser.prefer(Scheme::Dark).await;
    browser.is_sound().await;
    browser.screenshot(&format!("pickup-{picture}-dark")).await;
}

#[tokio::test]
async fn what_is_used_says_when_and_what_that_may_mean() {
    let jeton = Jeton::start().await;
    let (_, invitation) = shared(&jeton).await;
    jeton.pick_up(&invitation).await.expect(200);
    let browser = Browser::start().await;
    browser.open(&link(&jeton, &invitation)).await;
    read(&browser, "It was picked up on 15 January 2026, 12:00 UTC", "If it was not you, tell", "used").await;
}

#[tokio::test]
async fn what_has_expired_can_be_shared_again() {
    let jeton = Jeton::start().await;
    let (_, invitation) = shared(&jeton).await;
    jeton.pass_seconds(86_400);
    let browser = Browser::start_as(Window::Phone, Scheme::Light).await;
    browser.open(&link(&jeton, &invitation)).await;
    read(&browser, "This link has expired", "Ask the person who shared it", "expired").await;
}

#[tokio::test]
async fn the_fifth_wrong_code_shows_that_the_share_is_locked() {
    let jeton = Jeton::start().await;
    let (_, invitation) = shared(&jeton).await;
    let browser = Browser::start().await;
    browser.open(&link(&jeton, &invitation)).await;
    for left in ["Four", "Three", "Two", "One"] {
        type_code(&browser, &wrong_code(&invitation.code)).await;
        browser.see(left).await;
    }
    type_code(&browser, &wrong_code(&invitation.code)).await;
    read(&browser, "This link is locked", "say whether the codes were yours", "locked").await;
    browser.open(&link(&jeton, &invitation)).await;
    browser.see("This link is locked").await;
}

#[tokio::test]
async fn what_was_refreshed_away_has_ended() {
    let jeton = Jeton::start().await;
    let (held, invitation) = shared(&jeton).await;
    jeton.refresh(&held).await;
    let browser = Browser::start().await;
    browser.open(&link(&jeton, &invitation)).await;
    read(&browser, "This link has ended", "use the link and the code of that one", "ended").await;
}

#[tokio::test]
async fn a_link_that_lost_its_end_is_not_valid() {
    let jeton = Jeton::start().await;
    let (_, invitation) = shared(&jeton).await;
    let browser = Browser::start().await;
    browser.open(&format!("{}{}", jeton.url, invitation.path)).await;
    read(&browser, "This link isn't valid", "to its last character", "unknown").await;
}
