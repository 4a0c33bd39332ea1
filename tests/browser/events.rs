//! The events of a token and of a project: new ones as they come, and the search.

use jeton_tests::{
    browser::{Browser, Key},
    jeton::{ADMIN, Held, Jeton},
};
use serde_json::json;

use crate::console::{at, sign_in};

/// A project with a token, and a browser that shows new events and has opened the newest one: the creation of the token.
async fn opened() -> (Jeton, Browser, Held) {
    let jeton = Jeton::start().await;
    let browser = Browser::start().await;
    sign_in(&browser, &jeton).await;
    let held = jeton.create(&json!({"description": "Import"})).await;
    browser.open(&at(&jeton, "events")).await;
    browser.tab_to("Show new events automatically").await;
    browser.press(Key::Space).await;
    browser.tab_to("Details").await;
    browser.press(Key::Enter).await;
    (jeton, browser, held)
}

#[tokio::test]
async fn events_show_up_while_one_looks() {
    let jeton = Jeton::start().await;
    let browser = Browser::start().await;
    sign_in(&browser, &jeton).await;
    let held = jeton.create(&json!({"description": "Import"})).await;
    browser.open(&at(&jeton, &format!("tokens/{}/events", held.id))).await;
    browser.see("Created token Import").await;
    browser.tab_to("Show new events automatically").await;
    browser.press(Key::Space).await;
    jeton.post_event(&held.token, &json!({"component": "it", "message": "It just happened"})).await;
    browser.see("It just happened").await;
}

#[tokio::test]
async fn the_details_of_an_event_stay_open_with_the_keyboard_there_while_others_come() {
    let (jeton, browser, held) = opened().await;
    browser.is_sound().await;
    jeton.post_event(&held.token, &json!({"component": "it", "message": "It just happened"})).await;
    browser.see("It just happened").await;
    let focused = "const e = document.activeElement; return e.parentElement.open && e.innerText";
    let focused = browser.run(focused).await;
    assert!(focused.as_str().is_some_and(|text| text.contains("storage.tokenCreated")), "{focused}");
    browser.is_sound().await;
}

#[tokio::test]
async fn an_opened_event_stays_on_the_page_however_many_others_come() {
    let (jeton, browser, held) = opened().await;
    let post = async |words: &str| {
        jeton.post_event(&held.token, &json!({"component": "it", "message": words})).await;
    };
    for number in 0..60 {
        post(&format!("Other {number}")).await;
    }
    browser.see("Other 59").await;
    let opened = "const e = document.activeElement; return e.parentElement.open && e.innerText";
    let is_there = async || browser.run(opened).await;
    assert!(is_there().await.as_str().is_some_and(|text| text.contains("storage.tokenCreated")));
    post("The last one").await;
    browser.see("The last one").await;
    assert!(is_there().await.as_str().is_some_and(|text| text.contains("storage.tokenCreated")));
    let shown = browser.run("return document.querySelectorAll('.events > li:not(.gap)').length").await;
    assert_eq!(shown, 51, "it is there once");
    // So is what is said of the events between, which a link leads to.
    assert_eq!(browser.text().await.matches("Events between these are not shown.").count(), 1);
    browser.is_sound().await;
    browser.screenshot("console-gap-light").await;
    let between = browser.run("return document.querySelector('.gap a').href").await;
    // The link to older events has those that are not among the newest any more.
    browser.click("Older").await;
    browser.see("Other 10").await;
    browser.is_sound().await;
    browser.open(between.as_str().unwrap()).await;
    browser.see("Other 10").await;
    assert!(!browser.text().await.contains("Other 11"), "{}", browser.text().await);
}

#[tokio::test]
async fn an_opened_event_that_follows_the_others_directly_has_no_gap_before_it() {
    let (jeton, browser, held) = opened().await;
    for number in 0..50 {
        let event = json!({"component": "it", "message": format!("Other {number}")});
        jeton.post_event(&held.token, &event).await;
        if number % 25 == 24 {
            browser.see(&format!("Other {number}")).await;
        }
    }
    let shown = browser.run("return document.querySelectorAll('.events > li').length").await;
    assert_eq!(shown, 51, "a full page, and the opened event");
    assert!(!browser.text().await.contains("Events between"), "{}", browser.text().await);
}

#[tokio::test]
async fn when_new_events_cannot_be_shown_the_page_says_so_and_why() {
    let jeton = Jeton::start().await;
    let browser = Browser::start().await;
    sign_in(&browser, &jeton).await;
    browser.open(&at(&jeton, "events")).await;
    // As if the network was cut.
    browser.run("window.kept = fetch; window.fetch = () => Promise.reject(new TypeError('offline'))").await;
    browser.tab_to("Show new events automatically").await;
    browser.press(Key::Space).await;
    browser.see("New events cannot be loaded at the moment.").await;
    browser.is_accessible().await;
    browser.run("window.fetch = window.kept").await;
    let held = jeton.create(&json!({"description": "Import"})).await;
    browser.see("Created token Import").await;
    assert!(!browser.text().await.contains("cannot be loaded"), "{}", browser.text().await);
    jeton.delete(&format!("/v2/storage/tokens/{}", held.id)).token(&jeton.master).send().await.expect(204);
    jeton.remove_member(ADMIN).await;
    browser.see("because you are signed out. Sign in again").await;
    assert_eq!(browser.run("return document.getElementById('live').checked").await, false);
    browser.is_accessible().await;
}

#[tokio::test]
async fn a_page_looks_for_new_events_once_at_a_time_however_often_that_is_switched() {
    let jeton = Jeton::start().await;
    let browser = Browser::start().await;
    sign_in(&browser, &jeton).await;
    browser.open(&at(&jeton, "events")).await;
    let count = "window.waiting = new Set(); window.most = 0; window.asking = 0; window.asked = 0; \
        const [set, clear, ask] = [setTimeout, clearTimeout, fetch]; \
        window.setTimeout = (act, after) => { \
            const id = set(() => { waiting.delete(id); act(); }, after); \
            if (after === 3000) most = Math.max(most, waiting.add(id).size); \
            return id; }; \
        window.clearTimeout = (id) => { waiting.delete(id); clear(id); }; \
        window.fetch = async (...of) => { \
            asking += 1; asked += 1; \
            try { return await ask(...of); } finally { asking -= 1; } };";
    browser.run(count).await;
    for _ in 0..7 {
        browser.run("document.getElementById('live').click()").await;
    }
    let settled = "const done = arguments[0]; \
        const again = () => (asked >= 4 && asking === 0 && most > 0 ? rest() : requestAnimationFrame(again)); \
        const rest = () => fetch(location.href).then((answer) => answer.text()).then(() => done(most)); \
        again();";
    assert_eq!(browser.wait_for(settled).await, 1);
}

#[tokio::test]
async fn events_are_searched_by_day_and_name_with_help_beside_it_also_without_scripts() {
    let jeton = Jeton::start().await;
    let browser = Browser::start().await;
    sign_in(&browser, &jeton).await;
    jeton.create(&json!({"description": "Import"})).await;
    jeton.pass_seconds(3600);
    browser.without_scripts().await;
    browser.open(&at(&jeton, "events?from=2026-01-15&to=2026-01-16&event=storage.tokenCreated")).await;
    browser.see("Created token Import").await;
    browser.click("How to search").await;
    browser.see("type:warn AND (runId:5 OR runId:6)").await;
    browser.see("remoteAddr").await;
    browser.click("Filter").await;
    browser.see("Created token Import").await;
    browser.find("//input[@id='from'][@value='2026-01-15']").await;
    browser.open(&at(&jeton, "events?from=2026-01-16")).await;
    browser.see("No matching events").await;
}
