//! The usage of a token and the summary of a project in a browser: its chart by mouse and by keyboard, and rights that are tried and saved.

use jeton_tests::{
    browser::{Browser, Key, Scheme, Window},
    jeton::{Held, Jeton},
};
use serde_json::json;

use crate::console::{at, sign_in};

const LEFT: &str = "\u{e012}";
const RIGHT: &str = "\u{e014}";
const HOME: &str = "\u{e011}";
const END: &str = "\u{e010}";

/// A token with calls on two days: 1 allowed on the 15th; 2 allowed and 1 denied on the 17th.
async fn asking(jeton: &Jeton) -> Held {
    let wish = json!({
        "description": "Import", "bucketPermissions": {"in.c-main": "write"}, "componentAccess": ["keboola.ex-http"],
        "canCreateJobs": true,
    });
    let held = jeton.create(&wish).await;
    jeton.may(&held.token, json!({"bucket": "in.c-main", "access": "read"})).await;
    jeton.pass_seconds(2 * 86_400);
    for access in ["read", "read", "manage"] {
        jeton.may(&held.token, json!({"bucket": "in.c-main", "access": access})).await;
    }
    held
}

async fn label_of_focus(browser: &Browser) -> String {
    let label = browser.run("return document.activeElement.getAttribute('aria-label')").await;
    label.as_str().unwrap_or_default().to_owned()
}

async fn tab_to_a_bar(browser: &Browser) {
    for _ in 0..40 {
        browser.press(Key::Tab).await;
        if label_of_focus(browser).await.ends_with("denied") {
            let ring = "return getComputedStyle(document.activeElement).outlineStyle";
            assert_ne!(browser.run(ring).await, "none", "a bar does not show its focus");
            return;
        }
    }
    panic!("the keyboard does not reach the bars");
}

const LAST: &str = "17 January 2026: 2 allowed, 1 denied";

#[tokio::test]
async fn the_numbers_of_a_bar_are_told_under_the_mouse_and_by_arrow_keys_and_a_click_leads_to_its_events() {
    let jeton = Jeton::start().await;
    let held = asking(&jeton).await;
    let browser = Browser::start().await;
    sign_in(&browser, &jeton).await;
    browser.open(&at(&jeton, &format!("tokens/{}/usage?range=7d", held.id))).await;
    browser.see("Point at a bar").await;
    browser.is_sound().await;
    browser.screenshot("console-usage-week-light").await;
    let place = "return document.querySelector('.behind').getBoundingClientRect().top + scrollY";
    let before = browser.run(place).await;
    browser.mouse_on_labelled(LAST, 0).await;
    browser.see(LAST).await;
    assert_eq!(browser.run(place).await, before, "the page moves under the mouse");
    tab_to_a_bar(&browser).await;
    // The newest bar is the one that the keyboard stops at.
    assert_eq!(label_of_focus(&browser).await, LAST);
    browser.is_accessible().await;
    browser.type_keys(&format!("{LEFT}{LEFT}")).await;
    assert_eq!(label_of_focus(&browser).await, "15 January 2026: 1 allowed, 0 denied");
    let told = "return document.querySelector('[data-readout]').textContent";
    assert_eq!(browser.run(told).await, "15 January 2026: 1 allowed, 0 denied");
    browser.type_keys(&format!("{HOME}{LEFT}")).await;
    assert_eq!(label_of_focus(&browser).await, "11 January 2026: 0 allowed, 0 denied");
    browser.type_keys(&format!("{END}{RIGHT}")).await;
    assert_eq!(label_of_focus(&browser).await, LAST);
    // One stop of the keyboard, at the bar that it left.
    let stops = "return document.querySelectorAll('.plot a[tabindex=\"0\"]').length";
    assert_eq!(browser.run(stops).await, 1);
    browser.press(Key::Enter).await;
    browser.see("This token may not manage bucket in.c-main").await;
    browser.find("//input[@id='from'][@value='2026-01-17']").await;
    browser.open(&at(&jeton, &format!("tokens/{}/usage?range=7d", held.id))).await;
    browser.mouse_on_labelled("15 January 2026: 1 allowed, 0 denied", 1).await;
    browser.see("Created token Import").await;
    assert!(!browser.text().await.contains("may not manage"));
}

#[tokio::test]
async fn without_scripts_a_table_has_the_same_numbers_and_links_and_so_has_paper() {
    let jeton = Jeton::start().await;
    let held = asking(&jeton).await;
    let browser = Browser::start().await;
    sign_in(&browser, &jeton).await;
    browser.without_scripts().await;
    browser.open(&at(&jeton, &format!("tokens/{}/usage?range=7d", held.id))).await;
    assert!(!browser.text().await.contains("Point at a bar"));
    browser.click("Show as a table").await;
    browser.fits().await;
    browser.click("17 January 2026").await;
    browser.see("This token may not manage bucket in.c-main").await;
    browser.open(&at(&jeton, &format!("tokens/{}/usage?range=7d", held.id))).await;
    browser.as_printed().await;
    browser.see("15 January 2026").await;
    browser.screenshot("console-usage-print").await;
}

#[tokio::test]
async fn every_range_is_sound_on_a_phone_in_the_dark_and_at_twice_the_size() {
    let jeton = Jeton::start().await;
    let held = asking(&jeton).await;
    let phone = Browser::start_as(Window::Phone, Scheme::Dark).await;
    sign_in(&phone, &jeton).await;
    // No date overlaps the next one, and none ends beside the page.
    let overlaps = "const boxes = [...document.querySelectorAll('.dates text')].map((text) => text.getBoundingClientRect())
        .filter((box) => box.width > 0);
        return boxes.length > 1 && boxes.every((box, at) => box.left >= 0 && box.right <= innerWidth
        && (at === 0 || boxes[at - 1].right < box.left))";
    for range in ["24h", "7d", "30d", "6m"] {
        phone.open(&at(&jeton, &format!("tokens/{}/usage?range={range}", held.id))).await;
        phone.is_sound().await;
        assert_eq!(phone.run(overlaps).await, true, "{range}");
        phone.screenshot(&format!("console-usage-{range}-phone-dark")).await;
        phone.run("document.documentElement.style.fontSize = '200%'").await;
        phone.fits().await;
        assert_eq!(phone.run(overlaps).await, true, "{range}, twice as large");
        phone.screenshot(&format!("console-usage-{range}-phone-twice-dark")).await;
    }
}

#[tokio::test]
async fn tried_rights_are_kept_and_saved_by_a_form_that_says_what_changes() {
    let jeton = Jeton::start().await;
    let held = asking(&jeton).await;
    let browser = Browser::start().await;
    sign_in(&browser, &jeton).await;
    browser.open(&at(&jeton, &format!("tokens/{}/usage", held.id))).await;
    browser.press_mouse_on("in.c-main").await;
    browser.press_mouse_on("Test against history").await;
    browser.see("These rights would have denied 3 questions and changes since 19 December 2025 (UTC)").await;
    browser.is_sound().await;
    browser.screenshot("console-usage-tried-light").await;
    browser.run("location.reload()").await;
    browser.see("These rights would have denied 3 questions and changes since 19 December 2025 (UTC)").await;
    browser.press_mouse_on("Use the narrowest").await;
    browser.see("Nothing is saved yet.").await;
    browser
        .see("takes away the rights to write bucket in.c-main, run component keboola.ex-http and create jobs. It adds none.")
        .await;
    browser.is_sound().await;
    browser.screenshot("console-usage-save-light").await;
    browser.press_mouse_on("Save").await;
    browser.see("The changes are saved.").await;
    let saved = jeton.detail(&held.id).await;
    assert_eq!(saved["bucketPermissions"], json!({"in.c-main": "read"}));
    assert_eq!((&saved["componentAccess"], &saved["canCreateJobs"]), (&json!(null), &json!(false)));
}

#[tokio::test]
async fn the_summary_of_a_project_leads_to_its_tokens_and_events_and_fits_at_twice_the_size() {
    let jeton = Jeton::start().await;
    asking(&jeton).await;
    for window in [Window::Desktop, Window::Phone] {
        let browser = Browser::start_as(window, Scheme::Light).await;
        sign_in(&browser, &jeton).await;
        browser.tab_to("Summary").await;
        browser.press(Key::Enter).await;
        browser.see("Who was active").await;
        browser.is_sound().await;
        browser.screenshot(&format!("console-summary-{window:?}-light")).await;
        browser.run("document.documentElement.style.fontSize = '200%'").await;
        browser.fits().await;
        browser.run("document.documentElement.style.fontSize = ''").await;
        browser.press_mouse_on("1 question or call").await;
        browser.see("This token may not manage bucket in.c-main").await;
        browser.open(&at(&jeton, "summary")).await;
        browser.press_mouse_on("Import").await;
        browser.see("Least privilege").await;
    }
}
