//! Times on pages, in browsers of other time zones.

use jeton_tests::{
    browser::{Browser, Key},
    jeton::Jeton,
};
use serde_json::json;

use crate::{
    console::{at, sign_in},
    scene::{link, shared},
};

/// The tooltips of the times on the page.
async fn tooltips(browser: &Browser) -> String {
    let all = "return [...document.querySelectorAll('time')].map((time) => time.title).join()";
    browser.run(all).await.as_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_console_shows_local_time_with_its_zone_and_utc_when_hovered() {
    let jeton = Jeton::start().await;
    let browser = Browser::start().await;
    browser.set_time_zone("Europe/Berlin").await;
    sign_in(&browser, &jeton).await;
    let held = jeton.create(&json!({"expiresIn": 86_400})).await;
    browser.open(&at(&jeton, &format!("tokens/{}", held.id))).await;
    browser.see("15 January 2026, 13:00 CET").await;
    browser.see("16 January 2026, 13:00 CET").await;
    let utc = tooltips(&browser).await;
    assert!(utc.contains("15 January 2026, 12:00:00 UTC") && utc.contains("16 January 2026, 12:00:00 UTC"));
    browser.click("Refresh").await;
    browser.see("Keep them for an hour, until 15 January 2026, 14:00 CET").await;
    browser.is_sound().await;

    browser.open(&at(&jeton, "events")).await;
    browser.see("15 January 2026, 13:00:00 CET").await;
    browser.tab_to("Show new events automatically").await;
    browser.press(Key::Space).await;
    jeton.pass_seconds(60);
    jeton.create(&json!({"description": "Later"})).await;
    browser.see("Created token Later").await;
    browser.see("15 January 2026, 13:01:00 CET").await;
    browser.is_sound().await;
    for page in ["tokens", "members", "/console/sessions"] {
        browser.open(&at(&jeton, page)).await;
        browser.see(" CET").await;
        browser.is_sound().await;
    }
    browser.set_time_zone("Asia/Kolkata").await;
    browser.open(&at(&jeton, "events")).await;
    browser.see("15 January 2026, 17:30:00 GMT+5:30").await;
}

#[tokio::test]
async fn without_javascript_the_console_shows_utc() {
    let jeton = Jeton::start().await;
    let browser = Browser::start().await;
    browser.set_time_zone("Europe/Berlin").await;
    sign_in(&browser, &jeton).await;
    let held = jeton.create(&json!({"expiresIn": 86_400})).await;
    browser.without_scripts().await;
    browser.open(&at(&jeton, &format!("tokens/{}", held.id))).await;
    browser.see("16 January 2026, 12:00 UTC").await;
    assert!(!browser.text().await.contains("CET"));
}

#[tokio::test]
async fn the_page_of_a_share_shows_local_time_with_its_zone() {
    let jeton = Jeton::start().await;
    let (_, invitation) = shared(&jeton).await;
    let browser = Browser::start().await;
    browser.set_time_zone("America/New_York").await;
    browser.open(&link(&jeton, &invitation)).await;
    browser.see("16 January 2026, 07:00 GMT-5").await;
    jeton.pick_up(&invitation).await.expect(200);
    browser.open(&link(&jeton, &invitation)).await;
    browser.see("It was picked up on 15 January 2026, 07:00 GMT-5").await;
    assert!(tooltips(&browser).await.contains("15 January 2026, 12:00:00 UTC"));
}

#[tokio::test]
async fn the_days_of_an_expiry_are_local_and_a_date_in_utc_says_when_it_ends_here() {
    let jeton = Jeton::start().await;
    // It is the 16th in UTC, and the 15th in New York.
    jeton.pass_seconds(14 * 3600);
    let held = jeton.create(&json!({"expiresIn": 86_400})).await;
    let browser = Browser::start().await;
    browser.set_time_zone("America/New_York").await;
    sign_in(&browser, &jeton).await;
    browser.open(&at(&jeton, "tokens/new")).await;
    browser.see("Expires on 15 April 2026, 22:00 GMT-4.").await;
    browser.see("In 90 days, on 15 April 2026").await;
    browser.open(&at(&jeton, &format!("tokens/{}/extend", held.id))).await;
    let enter = "const field = document.getElementById('until'); field.value = '2026-03-01'; \
                 field.dispatchEvent(new Event('input', { bubbles: true }))";
    browser.run(enter).await;
    browser.see("The end of that day in UTC. Here that is 1 March 2026, 19:00 GMT-5.").await;
    browser.is_sound().await;
}
