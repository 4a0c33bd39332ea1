//! How pages lie in a window and on paper: words have room, nothing scrolls sideways, and what is being filled in stays in sight.

use std::sync::Arc;

use jeton_service::{app::App, brand::Brand};
use jeton_tests::{
    browser::{Browser, Scheme, Window},
    jeton::{Held, Jeton},
};
use serde_json::json;

use crate::console::{at, sign_in};

/// The texts that have a column of a few letters: more than a line for eight of them.
const SQUEEZED: &str = "const walker = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT);
    const found = [];
    while (walker.nextNode()) {
        const [text, range] = [walker.currentNode, document.createRange()];
        if (!text.parentElement.checkVisibility() || text.parentElement.closest('.unseen, svg')) continue;
        range.selectNodeContents(text);
        const lines = new Set([...range.getClientRects()].filter((box) => box.width > 0).map((box) => Math.round(box.top))).size;
        if (lines > 1 + text.data.trim().length / 8) found.push(`${text.data.trim()}: ${lines} lines`);
    }
    return found";

/// The parts of the page that scroll sideways.
const SCROLLS: &str = "return [...document.querySelectorAll('main *')]
    .filter((part) => part.checkVisibility() && part.scrollWidth > part.clientWidth + 1 && ['auto', 'scroll'].includes(getComputedStyle(part).overflowX))
    .map((part) => part.outerHTML.slice(0, 200))";

/// A token with the longest name, whose questions about a long bucket were answered.
async fn long_name(jeton: &Jeton) -> Held {
    let bucket = format!("in.c-{}", "b".repeat(90));
    let held =
        jeton.create(&json!({"description": "W".repeat(255), "bucketPermissions": {&bucket: "read"}})).await;
    for access in ["read", "write"] {
        jeton.may(&held.token, json!({"bucket": bucket, "access": access})).await;
    }
    held
}

#[tokio::test]
async fn no_words_stand_in_a_column_of_few_letters_and_nothing_scrolls_sideways() {
    let jeton = Jeton::start().await;
    let held = long_name(&jeton).await;
    let own = format!("tokens/{}", held.id);
    let usage = format!("{own}/usage");
    let history = format!("{own}/events");
    for window in [Window::Desktop, Window::Phone] {
        let browser = Browser::start_as(window, Scheme::Light).await;
        sign_in(&browser, &jeton).await;
        for page in ["members", "summary", "tokens", "events", "/console/sessions", &own, &usage, &history] {
            browser.open(&at(&jeton, page)).await;
            browser
                .run("for (const part of document.querySelectorAll('details.help')) part.open = true")
                .await;
            let widths: &[u32] = if window == Window::Phone { &[320, 390] } else { &[700, 1060] };
            for width in widths {
                browser.run(&format!("document.body.style.width = '{width}px'")).await;
                assert_eq!(browser.run(SQUEEZED).await, json!([]), "{page} {width}");
                assert_eq!(browser.run(SCROLLS).await, json!([]), "{page} {width}");
            }
            browser.run("document.body.style.width = ''").await;
            browser.is_sound().await;
            let name = page.replace(&held.id, "own").replace('/', "-");
            browser.screenshot(&format!("layout-{name}-{window:?}")).await;
        }
    }
}

#[tokio::test]
async fn what_happened_is_read_without_opening_the_event_also_on_paper() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({"description": "W".repeat(255)})).await;
    let message = "Imported 1,204 rows of the table in.c-main.orders within the nightly run of customer 64, and skipped none.";
    jeton.post_event(&held.token, &json!({"component": "keboola.ex-db-mysql", "message": message})).await;
    let whole = format!(
        "const text = [...document.querySelectorAll('.events .what')].find((text) => text.innerText === '{message}'); \
         return text.scrollWidth <= text.clientWidth && text.scrollHeight <= text.clientHeight"
    );
    let low = "return Math.max(...[...document.querySelectorAll('.events .line .soft')].map((by) => by.clientHeight)) < 60";
    for window in [Window::Desktop, Window::Phone] {
        let browser = Browser::start_as(window, Scheme::Dark).await;
        sign_in(&browser, &jeton).await;
        browser.open(&at(&jeton, &format!("tokens/{}/events", held.id))).await;
        browser.see(message).await;
        assert_eq!(browser.run(&whole).await, true, "{window:?}");
        assert_eq!(browser.run(low).await, true, "the name fills the event, {window:?}");
        browser.as_printed().await;
        assert_eq!(browser.run(&whole).await, true, "{window:?}, on paper");
    }
}

#[tokio::test]
async fn the_footer_lies_below_the_page_in_line_with_its_words() {
    let brand = Brand::default().supported_by("support@acme.example").unwrap();
    let jeton = Jeton::start_as(|app| App { brand: Arc::new(brand), ..app }).await;
    let apart = "const [page, footer] = ['main', '.imprint'].map((name) => document.querySelector(name));
        const [words, told] = [page.querySelector('h1'), footer.querySelector('p')].map((part) => part.getBoundingClientRect());
        return [words.left - told.left, told.top > page.getBoundingClientRect().bottom]";
    for window in [Window::Desktop, Window::Phone] {
        let browser = Browser::start_as(window, Scheme::Light).await;
        sign_in(&browser, &jeton).await;
        for page in ["tokens", "/console/sessions", "/console/nowhere"] {
            browser.open(&at(&jeton, page)).await;
            assert_eq!(browser.run(apart).await, json!([0, true]), "{page} {window:?}");
        }
    }
}

#[tokio::test]
async fn the_sentence_about_a_new_token_is_in_sight_while_its_form_is_filled() {
    let jeton = Jeton::start().await;
    let in_sight = "const box = document.getElementById('summary').getBoundingClientRect(); \
                    return box.height > 0 && box.top >= 0 && box.bottom <= innerHeight";
    for window in [Window::Desktop, Window::Phone] {
        let browser = Browser::start_as(window, Scheme::Light).await;
        sign_in(&browser, &jeton).await;
        browser.open(&at(&jeton, "tokens/new")).await;
        browser.see("May only verify itself").await;
        for field in ["description", "write-next", "expires"] {
            browser
                .run(&format!("document.getElementById('{field}').scrollIntoView({{block: 'center'}})"))
                .await;
            assert_eq!(browser.run(in_sight).await, true, "{field} {window:?}");
        }
        browser.is_sound().await;
    }
}

#[tokio::test]
async fn a_dialog_about_a_token_with_a_long_name_begins_with_its_question() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({"description": "W".repeat(255)})).await;
    let browser = Browser::start_as(Window::Phone, Scheme::Light).await;
    sign_in(&browser, &jeton).await;
    let shown = "const [question, cancel] = ['h1', 'a[data-close]'].map((name) => document.querySelector(`dialog ${name}`).getBoundingClientRect()); \
                 return question.top >= 0 && cancel.bottom <= innerHeight";
    for action in ["Delete", "Refresh", "Disable", "Share"] {
        browser.open(&at(&jeton, &format!("tokens/{}", held.id))).await;
        browser.click(action).await;
        browser.see("Cancel").await;
        assert_eq!(browser.run(shown).await, true, "{action}");
        browser.is_sound().await;
    }
}

#[tokio::test]
async fn the_marks_of_a_name_are_cut_off_where_other_words_begin() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({"description": format!("Z{}algo", "\u{301}".repeat(50))})).await;
    let browser = Browser::start().await;
    sign_in(&browser, &jeton).await;
    let cut = "const name = [...document.querySelectorAll('h1, td.what, td[data-label], .line > *')].filter((part) => part.innerText.includes('algo')); \
               return name.length > 0 && name.every((part) => ['clip', 'hidden'].includes(getComputedStyle(part).overflowY))";
    for page in ["tokens", "events", "summary", &format!("tokens/{}", held.id)] {
        jeton.may(&held.token, json!({"bucket": "in.c-main", "access": "read"})).await;
        browser.open(&at(&jeton, page)).await;
        assert_eq!(browser.run(cut).await, true, "{page}");
    }
}

#[tokio::test]
async fn paper_has_the_form_of_a_new_token_and_no_button_of_an_existing_one() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({"description": "Import"})).await;
    let browser = Browser::start().await;
    sign_in(&browser, &jeton).await;
    browser.open(&at(&jeton, "tokens/new")).await;
    browser.as_printed().await;
    let words = browser.text().await;
    assert!(words.contains("Description") && words.contains("Write access"), "{words}");
    assert!(!words.contains("Create the token"), "{words}");
    browser.open(&at(&jeton, &format!("tokens/{}", held.id))).await;
    let words = browser.text().await;
    assert!(words.contains("Import") && !words.contains("Edit") && !words.contains("Refresh\n"), "{words}");
}
