//! The list of tokens in a browser: on a desktop and a phone, with text twice as large, and by keyboard.

use jeton_tests::{
    browser::{Browser, Key, Scheme, Window},
    jeton::Jeton,
};
use serde_json::json;

use crate::console::{at, sign_in};

/// Tokens of each status.
async fn make(jeton: &Jeton) {
    let long =
        "An import of everything from the warehouse of the second branch office, each night at two o'clock";
    let wish = json!({
        "description": long, "bucketPermissions": {"in.c-main": "write", "out.c-reports": "read"},
        "componentAccess": ["keboola.ex-db-mysql"], "canCreateJobs": true, "canPurgeTrash": true,
    });
    let used = jeton.create(&wish).await;
    jeton.verify(&used.token).await;
    jeton.create(&json!({"description": "x".repeat(255), "expiresIn": 3 * 86_400})).await;
    jeton.create(&json!({"description": "Over", "expiresIn": 1})).await;
    let off = jeton.create(&json!({"description": "Off"})).await;
    let path = format!("/v2/storage/tokens/{}", off.id);
    jeton.put(&path).token(&jeton.master).json(&json!({"isDisabled": true})).send().await.expect(200);
    jeton.pass_seconds(2);
}

/// What the rows show in this window: a table, or cards.
async fn is_table(browser: &Browser) -> bool {
    let display = "return getComputedStyle(document.querySelector('.tokens tbody tr')).display";
    browser.run(display).await == "table-row"
}

#[tokio::test]
async fn the_list_is_a_table_on_a_desktop_and_cards_on_a_phone_and_at_twice_the_size() {
    let jeton = Jeton::start().await;
    make(&jeton).await;
    let desktop = Browser::start().await;
    sign_in(&desktop, &jeton).await;
    desktop.open(&at(&jeton, "tokens")).await;
    assert!(is_table(&desktop).await);
    desktop.is_sound().await;
    desktop.screenshot("console-list-light").await;
    desktop.run("document.documentElement.style.fontSize = '200%'").await;
    assert!(!is_table(&desktop).await);
    desktop.fits().await;
    desktop.screenshot("console-list-twice-light").await;
    let phone = Browser::start_as(Window::Phone, Scheme::Dark).await;
    sign_in(&phone, &jeton).await;
    for page in ["tokens", "tokens?show=expiring,mine&sort=expires", "tokens?search=nothing"] {
        phone.open(&at(&jeton, page)).await;
        phone.is_sound().await;
    }
    phone.open(&at(&jeton, "tokens")).await;
    assert!(!is_table(&phone).await);
    // A card shows what a row shows.
    for words in ["Active", "Expires in 2 d", "Expired", "Disabled"] {
        phone.see(words).await;
    }
    let labels = "return [...document.querySelector('.tokens tbody tr').querySelectorAll('td')]\
                  .map((cell) => getComputedStyle(cell, '::before').content).filter((label) => label !== 'none').join()";
    assert_eq!(phone.run(labels).await, r#""Rights","Owner","Last used","Expires","Created""#);
    phone.screenshot("console-list-phone-dark").await;
    phone.run("document.documentElement.style.fontSize = '200%'").await;
    phone.fits().await;
}

#[tokio::test]
async fn the_menu_of_a_row_is_opened_used_and_closed_by_keyboard_and_lies_within_the_page() {
    let jeton = Jeton::start().await;
    for number in 0..8 {
        jeton.create(&json!({"description": format!("Import {number}")})).await;
    }
    let browser = Browser::start().await;
    sign_in(&browser, &jeton).await;
    browser.open(&at(&jeton, "tokens")).await;
    // Not the row of the member: tokens of one moment have no order.
    browser.tab_to("for Import").await;
    browser.press(Key::Enter).await;
    browser.see("Duplicate").await;
    browser.is_sound().await;
    browser.press(Key::Escape).await;
    assert!(!browser.text().await.contains("Duplicate"));
    let menus = "return [...document.querySelectorAll('.tokens .menu')].map((menu) => { menu.open = true; \
                 const box = menu.querySelector('ul').getBoundingClientRect(); menu.open = false; \
                 return box.top + scrollY >= 0 && box.bottom + scrollY <= document.documentElement.scrollHeight \
                 && box.left >= 0 && box.right <= innerWidth; })";
    assert_eq!(browser.run(menus).await, json!([true, true, true, true, true, true, true, true, true]));
    browser.press(Key::Enter).await;
    browser.tab_to("Disable").await;
    browser.press(Key::Enter).await;
    browser.see("No copy of it works until you enable it again.").await;
    browser.press_in_dialog("Disable").await;
    browser.see("is disabled.").await;
}

#[tokio::test]
async fn who_acts_on_a_token_of_a_filtered_page_is_on_that_page_afterwards() {
    let jeton = Jeton::start().await;
    for number in 0..52 {
        jeton.create(&json!({"description": format!("Import {number:02}")})).await;
    }
    let browser = Browser::start().await;
    sign_in(&browser, &jeton).await;
    browser.open(&at(&jeton, "tokens?search=import&sort=description")).await;
    browser.click("Next").await;
    browser.see("51–52 of 52").await;
    let place = browser.run("return location.href").await;
    for (row, act, confirm, told) in [
        ("Import 50 Never used", "Disable", "Disable", "“Import 50” is disabled."),
        ("Import 50 Disabled", "Delete", "Delete the token", "“Import 50” is deleted."),
    ] {
        browser.run("document.querySelector('.tokens .menu').open = true").await;
        browser.click_in_row(row, act).await;
        browser.press_in_dialog(confirm).await;
        browser.see(told).await;
        assert_eq!(browser.run("return location.href").await, place, "{act}");
    }
    browser.click("Import 51").await;
    browser.see("Pending shares").await;
    browser.is_sound().await;
    browser.run("document.querySelector('.acts [href*=\"/delete\"]').click()").await;
    browser.press_in_dialog("Delete the token").await;
    browser.see("“Import 51” is deleted.").await;
    // The page has no token any more, so it is the one before.
    browser.see("1–50 of 50").await;
    assert_eq!(browser.run("return location.href").await, place);
}

#[tokio::test]
async fn tokens_are_selected_and_deleted_together_after_a_page_that_says_what_happens() {
    let jeton = Jeton::start().await;
    for name in ["One", "Two"] {
        jeton.create(&json!({"description": name})).await;
    }
    let browser = Browser::start().await;
    sign_in(&browser, &jeton).await;
    browser.open(&at(&jeton, "tokens?search=o")).await;
    browser.see("0 selected").await;
    browser.run("document.getElementById('all-shown').click()").await;
    browser.see("2 selected").await;
    browser.run("document.querySelector('[aria-label=\"Select One\"]').click()").await;
    browser.see("1 selected").await;
    assert_eq!(browser.run("return document.getElementById('all-shown').indeterminate").await, true);
    browser.run("document.getElementById('all-shown').click()").await;
    browser.see("2 selected").await;
    browser.run("[...document.querySelectorAll('.selected button')].at(-1).click()").await;
    browser.see("Delete 2 tokens?").await;
    browser.is_sound().await;
    browser.screenshot("console-list-delete-light").await;
    // Cancel has the focus.
    assert_eq!(browser.run("return document.activeElement.innerText").await, "Cancel");
    browser.click("Delete 2 tokens").await;
    browser.see("2 tokens are deleted.").await;
}

#[tokio::test]
async fn without_javascript_the_list_is_filtered_sorted_paged_and_acted_on() {
    let jeton = Jeton::start().await;
    for number in 0..51 {
        jeton.create(&json!({"description": format!("Import {number:02}")})).await;
    }
    jeton.pass_seconds(1);
    let browser = Browser::start().await;
    sign_in(&browser, &jeton).await;
    browser.without_scripts().await;
    browser.open(&at(&jeton, "tokens")).await;
    browser.click("Mine").await;
    browser.see("1–50 of 52").await;
    browser.click("Token").await;
    browser.see("Import 00").await;
    browser.click("Next").await;
    browser.see("51–52 of 52").await;
    browser.see("Import 50").await;
    browser.click("Previous").await;
    browser.see("1–50 of 52").await;
    browser.fill("Search names", "import 0").await;
    browser.press(Key::Enter).await;
    browser.see("1–10 of 10").await;
    browser.click("disable").await;
    browser.see("Disable 10 tokens?").await;
    browser.click("Disable 10 tokens").await;
    browser.see("10 tokens are disabled").await;
    browser.click("Enable these 10 tokens again").await;
    browser.see("10 tokens are enabled.").await;
}

/// A list of these tokens on a page.
async fn list_of(tokens: usize, window: Window) -> (Jeton, Browser) {
    let jeton = Jeton::start().await;
    for number in 0..tokens {
        jeton.create(&json!({"description": format!("Import {number:02}")})).await;
    }
    let browser = Browser::start_as(window, Scheme::Light).await;
    sign_in(&browser, &jeton).await;
    browser.open(&at(&jeton, "tokens?search=import&sort=description")).await;
    (jeton, browser)
}

#[tokio::test]
async fn the_buttons_for_many_tokens_are_before_the_list_and_nothing_moves_when_one_is_selected() {
    for window in [Window::Desktop, Window::Phone] {
        let (_jeton, browser) = list_of(12, window).await;
        browser.see("0 selected").await;
        let tops = "return [...document.querySelectorAll('.bulk, .bulk button, .bulk a, .tokens td.what')]\
                    .map((e) => { const box = e.getBoundingClientRect(); return [box.left, box.top + scrollY]; })";
        let before = browser.run(tops).await;
        browser.mouse_on_labelled("Select Import 00", 1).await;
        browser.see("1 selected").await;
        browser.run("scrollTo(0, 0)").await;
        assert_eq!(browser.run(tops).await, before);
        let order = "const of = (what) => document.querySelector(what); \
                     return !!(of('.bulk').compareDocumentPosition(of('.tokens')) & Node.DOCUMENT_POSITION_FOLLOWING)";
        assert_eq!(browser.run(order).await, true);
        browser.is_sound().await;
        browser
            .screenshot(if window == Window::Phone {
                "console-bulk-phone-light"
            } else {
                "console-bulk-light"
            })
            .await;
        // From the first row back to the buttons.
        browser.run("document.querySelector('[aria-label=\"Select Import 00\"]').focus()").await;
        let mut tabs = 0;
        while browser.run("return document.activeElement.value").await != "disable" {
            browser.press(Key::ShiftTab).await;
            tabs += 1;
            assert!(tabs < 20, "the buttons are far");
        }
        browser.press_mouse_on("Disable").await;
        browser.see("Disable 1 token?").await;
    }
}

#[tokio::test]
async fn the_buttons_for_many_tokens_are_two_short_rows_on_a_narrow_phone() {
    let (_jeton, browser) = list_of(12, Window::Phone).await;
    let width = "document.documentElement.style.width = '360px'; document.body.style.width = '360px'";
    browser.run(width).await;
    browser.run("document.getElementById('all-shown').click()").await;
    browser.see("12 selected").await;
    let rows = "return new Set([...document.querySelectorAll('.bulk button, .bulk .all')]\
                .map((e) => Math.round(e.getBoundingClientRect().bottom / 20))).size <= 2 \
                && document.querySelector('.bulk').getBoundingClientRect().height < 90";
    assert_eq!(browser.run(rows).await, true);
    browser.screenshot("console-bulk-narrow-light").await;
}

#[tokio::test]
async fn a_selection_is_not_lost_without_a_question() {
    let (jeton, browser) = list_of(52, Window::Desktop).await;
    let place = browser.run("return location.href").await;
    browser.run("window.asked = []; window.confirm = (text) => (asked.push(text), false)").await;
    browser.mouse_on_labelled("Select Import 00", 1).await;
    browser.see("1 selected").await;
    for leads_on in ["Next", "Expiring", "Owner", "Search"] {
        browser.click(leads_on).await;
    }
    assert_eq!(browser.run("return location.href").await, place);
    let asked = "1 selected token is not selected on the next page. Leave this page?";
    assert_eq!(browser.run("return asked").await, json!([asked, asked, asked, asked]));
    browser.mouse_on_labelled("Select Import 00", 1).await;
    browser.see("0 selected").await;
    browser.click("Next").await;
    browser.see("51–52 of 52").await;
    let _ = jeton;
}
