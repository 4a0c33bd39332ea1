//! The focus of the keyboard between two pages, and in dialogs of a short window.

use jeton_tests::{
    browser::{Browser, Key, Scheme, Window},
    jeton::Jeton,
};
use serde_json::json;

use crate::console::{at, sign_in};

/// What has the focus.
const FOCUSED: &str = "const e = document.activeElement; \
     return e === document.body ? 'nothing' : e.id || e.textContent.trim()";

async fn start(window: Window) -> (Jeton, Browser) {
    let jeton = Jeton::start().await;
    let browser = Browser::start_as(window, Scheme::Light).await;
    sign_in(&browser, &jeton).await;
    (jeton, browser)
}

/// Waits for a page whose address has this part, once its script has run.
async fn arrives(browser: &Browser, part: &str) {
    let arrived = format!(
        "const done = arguments[0]; (function look() {{ \
           if (location.href.includes('{part}') && document.readyState === 'complete') done(true); else setTimeout(look, 20); }})()"
    );
    browser.wait_for(&arrived).await;
}

#[tokio::test]
async fn the_focus_stays_where_it_was_in_a_list_that_is_filtered_sorted_or_searched() {
    let (jeton, browser) = start(Window::Desktop).await;
    jeton.create(&json!({"description": "Import"})).await;
    browser.open(&at(&jeton, "tokens")).await;
    browser.tab_to("Disabled").await;
    browser.press(Key::Enter).await;
    arrives(&browser, "show=disabled").await;
    assert_eq!(browser.run(FOCUSED).await, "Disabled");
    // A filter that is removed has the same name.
    browser.press(Key::Enter).await;
    browser.see("Import").await;
    assert_eq!(browser.run(FOCUSED).await, "Disabled");
    browser.tab_to("Last used").await;
    browser.press(Key::Enter).await;
    arrives(&browser, "sort=").await;
    assert_eq!(browser.run(FOCUSED).await, "Last used");
    browser.run("document.getElementById('search').focus()").await;
    browser.type_keys("imp").await;
    browser.press(Key::Enter).await;
    arrives(&browser, "search=imp").await;
    assert_eq!(browser.run(FOCUSED).await, "search");
    browser.is_sound().await;
    browser.open(&at(&jeton, "events")).await;
    browser.tab_to("Filter").await;
    browser.press(Key::Enter).await;
    arrives(&browser, "events?").await;
    assert_eq!(browser.run(FOCUSED).await, "Filter");
    browser.open(&at(&jeton, "tokens/new")).await;
    browser.tab_to("Load data").await;
    browser.press(Key::Enter).await;
    arrives(&browser, "purpose=load").await;
    assert!(browser.run(FOCUSED).await.as_str().unwrap().starts_with("Load data"));
    // Another page begins at its start.
    browser.tab_to("Cancel").await;
    browser.press(Key::Enter).await;
    browser.see("Import").await;
    assert_eq!(browser.run(FOCUSED).await, "nothing");
}

#[tokio::test]
async fn after_an_action_of_the_keyboard_the_message_about_it_has_the_focus() {
    let (jeton, browser) = start(Window::Desktop).await;
    let held = jeton.create(&json!({"description": "Import"})).await;
    browser.open(&at(&jeton, &format!("tokens/{}", held.id))).await;
    browser.tab_to("Disable").await;
    browser.press(Key::Enter).await;
    browser.see("No copy of it works until").await;
    let confirm = "document.querySelector('dialog button[type=submit]').focus()";
    browser.run(confirm).await;
    browser.press(Key::Enter).await;
    browser.see("The token “Import” is disabled.").await;
    assert_eq!(browser.run(FOCUSED).await, "The token “Import” is disabled.");
    browser.is_sound().await;
    // The next stop of the keyboard is after it.
    browser.press(Key::Tab).await;
    assert_eq!(browser.run(FOCUSED).await, "Tokens");
}

#[tokio::test]
async fn a_mouse_leaves_the_focus_of_the_next_page_alone() {
    let (jeton, browser) = start(Window::Desktop).await;
    jeton.create(&json!({"description": "Import"})).await;
    browser.open(&at(&jeton, "tokens")).await;
    browser.press_mouse_on("Disabled").await;
    arrives(&browser, "show=disabled").await;
    browser.see("No token is disabled.").await;
    assert_eq!(browser.run(FOCUSED).await, "nothing");
}

#[tokio::test]
async fn in_a_short_window_a_dialog_begins_with_its_question_and_hides_no_focus() {
    let (jeton, browser) = start(Window::Zoomed).await;
    let held = jeton.create(&json!({"description": "Import"})).await;
    let in_sight = "const box = document.activeElement.getBoundingClientRect(); \
         const at = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2); \
         const head = document.querySelector('dialog h1').getBoundingClientRect(); \
         return {focus: document.activeElement.contains(at), question: head.top >= 0 && head.bottom <= innerHeight}";
    for (dialog, words) in [
        ("refresh", "It gets a new secret"),
        ("share", "They get an email"),
        ("delete", "All of its copies"),
        ("extend", "Its copies keep working"),
    ] {
        browser.open(&at(&jeton, &format!("tokens/{}", held.id))).await;
        browser.run(&format!("document.querySelector('a[data-dialog][href*=\"/{dialog}\"]').click()")).await;
        browser.see(words).await;
        let shown = browser.run(in_sight).await;
        assert_eq!(shown, json!({"focus": true, "question": true}), "{dialog}");
        // Nor does a further stop of the keyboard lie behind the buttons.
        for _ in 0..8 {
            browser.press(Key::Tab).await;
            let is_seen = "const e = document.activeElement; if (!e.closest('dialog')) return true; \
                 const box = e.getBoundingClientRect(); \
                 return e.contains(document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2)) \
                   || e.textContent.slice(0, 40)";
            assert_eq!(browser.run(is_seen).await, true, "{dialog}");
        }
        browser.is_sound().await;
    }
}

#[tokio::test]
async fn without_scripts_the_page_of_a_link_has_no_form_that_cannot_work() {
    let jeton = Jeton::start().await;
    let browser = Browser::start().await;
    let path = "/console/sign-in/0123456789abcdef";
    browser.open(&format!("{}{path}", jeton.url)).await;
    browser.see("Six-digit code").await;
    browser.without_scripts().await;
    browser.open(&format!("{}{path}", jeton.url)).await;
    browser.see("This page needs JavaScript.").await;
    assert!(!browser.text().await.contains("Six-digit code"), "{}", browser.text().await);
}
