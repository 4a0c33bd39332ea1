//! The form of a new token and what follows it: the page that shows the token, a duplicate, and an extension.

use jeton_tests::{
    browser::{Browser, Key, Scheme, Window},
    jeton::Jeton,
};
use serde_json::json;

use crate::{
    console::{at, sign_in},
    scene::{copied, said},
};

/// A browser on the form.
async fn on_the_form(jeton: &Jeton) -> Browser {
    let browser = Browser::start().await;
    sign_in(&browser, jeton).await;
    browser.open(&at(jeton, "tokens/new")).await;
    browser
}

/// The text of an element.
async fn text_of(browser: &Browser, id: &str) -> String {
    let text = browser.run(&format!("return document.getElementById('{id}').innerText")).await;
    text.as_str().expect("an element").to_owned()
}

/// The id of the focused element.
async fn focused(browser: &Browser) -> String {
    browser.run("return document.activeElement.id").await.as_str().unwrap_or_default().to_owned()
}

/// Whether the browser asks before it leaves the page.
async fn asks_before_leaving(browser: &Browser) -> bool {
    let ask = "const e = new Event('beforeunload', {cancelable: true}); dispatchEvent(e); return e.defaultPrevented";
    browser.run(ask).await == json!(true)
}

#[tokio::test]
async fn the_form_says_in_a_sentence_what_the_page_of_the_token_says_afterwards() {
    let jeton = Jeton::start().await;
    let browser = on_the_form(&jeton).await;
    browser.set_time_zone("Europe/Berlin").await;
    browser.open(&at(&jeton, "tokens/new")).await;
    let nothing = "May only verify itself. Cannot manage tokens. Expires on 15 April 2026, 14:00 CEST.";
    assert_eq!(text_of(&browser, "summary").await, nothing);
    browser.fill("Description", "Nightly import").await;
    browser.fill("Read access", "in.c-a, in.c-b").await;
    browser.press(Key::Enter).await;
    browser.fill("Write access", "out.c-c in.c-b").await;
    browser.fill("Components to run", "keboola.ex-db").await;
    browser.see("May read in.c-a, write 2 buckets and run keboola.ex-db.").await;
    browser.run("document.querySelector('[name=jobs]').click()").await;
    browser.run("document.querySelector('[name=files][value=full]').click()").await;
    let sentence = text_of(&browser, "summary").await;
    assert_eq!(
        sentence,
        "May read in.c-a, write 2 buckets, run keboola.ex-db, read all uploaded files and start jobs. \
         Cannot manage tokens. Expires on 15 April 2026, 14:00 CEST."
    );
    browser.is_sound().await;
    browser.click("Create the token").await;
    browser.see("Here is your token").await;
    assert_eq!(text_of(&browser, "rights").await, sentence);
    browser.is_sound().await;
}

#[tokio::test]
async fn the_sentence_counts_no_id_that_the_service_rejects() {
    let jeton = Jeton::start().await;
    let browser = on_the_form(&jeton).await;
    let longest = format!("sys.{}", "x".repeat(96));
    for (label, good, wrong) in [
        ("Read access", ["in.c-mai", longest.as_str()], ["bad bucket", &format!("{longest}x")]),
        ("Write access", ["out.A_b-9", "in.1"], ["up.c-main", "in.c-á"]),
        ("Components to run", ["9", "keboola.ex-db_x"], [".keboola", "a&b"]),
    ] {
        for text in good.iter().chain(&wrong) {
            browser.fill(label, text).await;
            browser.press(Key::Enter).await;
        }
    }
    let sentence = text_of(&browser, "summary").await;
    assert!(sentence.starts_with("May read 2 buckets, write 2 buckets and run 2 components."), "{sentence}");
    assert!(sentence.contains(" Not an id: bad, bucket, "), "{sentence}");
    // What is not taken yet is no mistake.
    browser.open(&at(&jeton, "tokens/new")).await;
    browser.fill("Read access", "in.").await;
    assert!(!text_of(&browser, "summary").await.contains("Not an id"));
    // As the service says.
    browser.fill("Read access", "in.c-mai").await;
    browser.fill("Write access", "out.A_b-9, in.1").await;
    browser.fill("Components to run", "9 keboola.ex-db_x").await;
    browser.click("Create the token").await;
    browser.see("Here is your token").await;
}

#[tokio::test]
async fn the_sentence_follows_all_rights_a_date_and_never() {
    let jeton = Jeton::start().await;
    let browser = on_the_form(&jeton).await;
    browser.click("Everything For an administrator. A leak of it is a leak of the project.").await;
    browser.see("May read, write, create and drop every bucket, run every component, ").await;
    assert!(
        browser.run("return document.getElementById('read-next').checkVisibility()").await == json!(false)
    );
    let choose = |value: &str| {
        format!(
            "const e = document.getElementById('expires'); e.value = '{value}'; e.dispatchEvent(new Event('change', {{bubbles: true}}))"
        )
    };
    browser.run(&choose("never")).await;
    browser.see("Never expires.").await;
    browser.run(&choose("date")).await;
    browser.see("Choose an expiry date.").await;
    let date = "const e = document.getElementById('until'); e.value = '2026-01-31'; e.dispatchEvent(new Event('input', {bubbles: true}))";
    browser.run(date).await;
    browser.see("Expires on 1 February 2026, 00:00 UTC.").await;
    browser.is_sound().await;
    browser.click("Create the token").await;
    browser.see("Here is your token").await;
    browser.see("Expires on 1 February 2026, 00:00 UTC.").await;
}

#[tokio::test]
async fn pickers_suggest_what_the_project_has_seen() {
    let jeton = Jeton::start().await;
    jeton
        .create(&json!({"bucketPermissions": {"in.c-main": "read"}, "componentAccess": ["keboola.ex-db"]}))
        .await;
    let browser = on_the_form(&jeton).await;
    let suggested = "return ['read', 'write', 'components'].map((name) => \
                     [...document.getElementById(`${name}-next`).list.options].map((option) => option.value).join())";
    assert_eq!(browser.run(suggested).await, json!(["in.c-main", "in.c-main", "keboola.ex-db"]));
    // A browser reports a chosen suggestion so.
    let choose = "const e = document.getElementById('write-next'); e.value = 'in.c-main'; \
                  e.dispatchEvent(new InputEvent('input', {bubbles: true, inputType: 'insertReplacementText'}))";
    browser.run(choose).await;
    browser.see("May write in.c-main.").await;
    assert_eq!(browser.run("return document.getElementById('write').value").await, "in.c-main");
}

#[tokio::test]
async fn the_first_field_with_an_error_has_the_focus_and_says_the_error() {
    let jeton = Jeton::start().await;
    let browser = on_the_form(&jeton).await;
    browser.fill("Description", "Kept").await;
    browser.fill("Write access", "nonsense").await;
    browser.fill("Components to run", "a&b").await;
    browser.click("Create the token").await;
    browser.see("No token was created.").await;
    browser.see("Bucket id").await;
    assert_eq!(focused(&browser).await, "write-next");
    let said = "const e = document.activeElement; return [e.getAttribute('aria-invalid'), \
                e.getAttribute('aria-describedby').split(' ').map((id) => document.getElementById(id).innerText).join(' ')]";
    let said = browser.run(said).await;
    assert_eq!(said[0], "true");
    assert!(said[1].as_str().unwrap().contains("Bucket id \"nonsense\" is not valid"), "{said}");
    browser.is_sound().await;
    browser.screenshot("console-new-wrong-light").await;
    browser.run("document.querySelector('a[href=\"#components-next\"]').click()").await;
    assert_eq!(focused(&browser).await, "components-next");
    browser.click("nonsense").await;
    browser.click("a&b").await;
    browser.run("document.querySelector('[name=jobs]').click()").await;
    browser.click("Create the token").await;
    browser.see("Here is your token").await;
}

#[tokio::test]
async fn without_javascript_the_form_is_filled_corrected_and_shows_the_token() {
    let jeton = Jeton::start().await;
    jeton.create(&json!({"bucketPermissions": {"in.c-main": "read"}})).await;
    let browser = Browser::start().await;
    sign_in(&browser, &jeton).await;
    browser.without_scripts().await;
    browser.open(&at(&jeton, "tokens/new?purpose=load")).await;
    browser.see("Buckets of this project: in.c-main.").await;
    browser.fill("Description", "Loader").await;
    browser.fill("Write access", "nonsense").await;
    browser.click("Create the token").await;
    browser.see("No token was created.").await;
    assert_eq!(focused(&browser).await, "write");
    browser.fill("Write access", "in.c-main").await;
    browser.click("Create the token").await;
    browser.see("Here is your token").await;
    browser.see("May write in.c-main. Cannot manage tokens. Expires on 15 April 2026, 12:00 UTC.").await;
    browser.see("The token, in full: ").await;
    let text = browser.text().await;
    let token = text.split_once("The token, in full: ").unwrap().1.split_whitespace().next().unwrap();
    assert_eq!(jeton.verified(token).await["description"], "Loader");
}

#[tokio::test]
async fn the_browser_asks_before_a_token_is_left_that_was_not_copied() {
    let jeton = Jeton::start().await;
    let browser = on_the_form(&jeton).await;
    assert!(!asks_before_leaving(&browser).await, "a form has nothing to lose");
    browser.fill("Description", "Nightly import").await;
    browser.run("document.querySelector('[name=jobs]').click()").await;
    browser.click("Create the token").await;
    browser.see("Here is your token").await;
    assert!(asks_before_leaving(&browser).await);
    copied(&browser, "Copy the login command").await;
    assert!(asks_before_leaving(&browser).await, "that command asks for the token");
    copied(&browser, "Copy the token").await;
    assert!(!asks_before_leaving(&browser).await);
    let again = Browser::start().await;
    sign_in(&again, &jeton).await;
    again.open(&at(&jeton, "tokens/new")).await;
    again.run("document.querySelector('[name=jobs]').click()").await;
    again.click("Create the token").await;
    again.see("Here is your token").await;
    // Selected and copied by hand.
    again.click("Show").await;
    again.run("getSelection().selectAllChildren(document.getElementById('secret')); document.execCommand('copy')").await;
    assert!(!asks_before_leaving(&again).await);
}

#[tokio::test]
async fn a_code_that_is_shown_is_asked_for_before_it_is_lost_on_its_page_and_in_a_dialog() {
    let jeton = Jeton::start().await;
    let browser = on_the_form(&jeton).await;
    browser.fill("Description", "Import").await;
    browser.run("document.querySelector('[name=jobs]').click()").await;
    browser.click("Create the token").await;
    browser.see("Here is your token").await;
    let share = async |to: &str| {
        browser.fill("Their email address", to).await;
        browser.run("document.querySelector('dialog [name=separateCode]').click()").await;
        browser.press_in_dialog("Send").await;
        browser.see("asks for this code").await;
    };
    // In a dialog beside the token.
    browser.click("Share it").await;
    share("bob@example.org").await;
    browser.is_accessible().await;
    browser.run("window.asked = []; window.confirm = (text) => (asked.push(text), false)").await;
    browser.run("document.querySelector('dialog a[data-close]').click()").await;
    browser.see("asks for this code").await;
    assert_eq!(browser.run("return asked.length").await, 1);
    assert!(asks_before_leaving(&browser).await);
    let code = copied(&browser, "Copy the code").await;
    assert!(code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit()), "{code}");
    browser.run("document.querySelector('dialog a[data-close]').click()").await;
    browser.gone("//dialog").await;
    assert_eq!(browser.run("return asked.length").await, 1);
    // On a page of its own.
    let held = jeton.create(&json!({})).await;
    copied(&browser, "Copy the token").await;
    browser.open(&at(&jeton, &format!("tokens/{}", held.id))).await;
    browser.click("Share").await;
    share("eve@example.org").await;
    assert!(asks_before_leaving(&browser).await);
    copied(&browser, "Copy the code").await;
    assert!(!asks_before_leaving(&browser).await);
    browser.is_sound().await;
}

#[tokio::test]
async fn another_purpose_keeps_what_was_typed_also_what_was_not_entered_yet() {
    let jeton = Jeton::start().await;
    let browser = on_the_form(&jeton).await;
    browser.fill("Description", "Nightly import").await;
    browser.run("document.getElementById('expires').value = 'month'").await;
    browser.fill("Read access", "in.c-a").await;
    browser.press(Key::Enter).await;
    browser.type_keys("in.c-b").await;
    browser.click("Load data For a program that writes to some buckets.").await;
    browser.see("Other rights").await;
    let kept = "return ['description', 'expires', 'read'].map((id) => document.getElementById(id).value)";
    assert_eq!(browser.run(kept).await, json!(["Nightly import", "month", "in.c-a\nin.c-b"]));
    browser.is_sound().await;
    browser.click("Like an existing token With the rights that another token has now.").await;
    browser.see("Like which token?").await;
    let held = jeton.create(&json!({"description": "Import", "componentAccess": ["x.y"]})).await;
    browser.fill("Like which token?", &held.id).await;
    browser.press(Key::Enter).await;
    browser.see("This form starts with the rights of").await;
    let kept = "return ['description', 'expires', 'read', 'components'].map((id) => document.getElementById(id).value)";
    assert_eq!(browser.run(kept).await, json!(["Nightly import", "month", "", "x.y"]));
    browser.is_sound().await;
}

#[tokio::test]
async fn the_snippets_of_a_new_token_are_copied_with_the_token_in_them() {
    let jeton = Jeton::start().await;
    let browser = on_the_form(&jeton).await;
    browser.fill("Description", "Nightly import").await;
    browser.run("document.querySelector('[name=jobs]').click()").await;
    browser.click("Create the token").await;
    browser.see("Here is your token").await;
    let token = copied(&browser, "Copy the token").await;
    for (button, program, option) in [
        ("Copy the command", "sh", "-c"),
        ("Copy the Python lines", "python3", "-c"),
        ("Copy the JavaScript lines", "node", "-e"),
    ] {
        let lines = copied(&browser, button).await;
        assert!(said(program, &[option, &lines]).await.contains("Nightly import"), "{button}");
    }
    let lines = copied(&browser, "Copy the .env lines").await;
    assert_eq!(lines, format!("JETON_URL={}\nJETON_TOKEN={token}", jeton.url));
}

#[tokio::test]
async fn a_token_is_duplicated_and_extended_from_its_page_by_keyboard() {
    let jeton = Jeton::start().await;
    let browser = Browser::start().await;
    sign_in(&browser, &jeton).await;
    let wish =
        json!({"description": "Import", "bucketPermissions": {"in.c-main": "write"}, "expiresIn": 86_400});
    let held = jeton.create(&wish).await;
    let own = at(&jeton, &format!("tokens/{}", held.id));
    browser.open(&own).await;
    browser.tab_to("More").await;
    browser.press(Key::Enter).await;
    browser.see("Duplicate").await;
    browser.is_sound().await;
    browser.press(Key::Escape).await;
    assert!(!browser.text().await.contains("Duplicate"));
    browser.press(Key::Enter).await;
    browser.tab_to("Extend").await;
    browser.press(Key::Enter).await;
    browser.see("It expires on 16 January 2026, 12:00 UTC.").await;
    browser.is_sound().await;
    browser.press(Key::Escape).await;
    browser.gone("//dialog").await;
    assert_eq!(browser.run("return document.activeElement.innerText").await, "Extend");
    browser.press(Key::Enter).await;
    browser.press_in_dialog("Save the expiry").await;
    browser.see("The token “Import” now expires on 16 April 2026, 12:00 UTC.").await;
    // A date that is entered is meant.
    browser.open(&format!("{own}/extend")).await;
    browser
        .run("const e = document.getElementById('until'); e.value = '2026-05-31'; e.dispatchEvent(new Event('input', {bubbles: true}))")
        .await;
    browser.click("Save the expiry").await;
    browser.see("The token “Import” now expires on 1 June 2026, 00:00 UTC.").await;
    // An earlier one is confirmed, on the page that says so.
    browser.click("More").await;
    browser.click("Extend").await;
    browser.see("New expiry").await;
    browser
        .run("const e = document.getElementById('until'); e.value = '2026-04-30'; e.dispatchEvent(new Event('input', {bubbles: true}))")
        .await;
    browser.press_in_dialog("Save the expiry").await;
    browser.see("This is earlier than the present expiry.").await;
    browser.is_sound().await;
    browser.run("document.querySelector('[name=earlier]').click()").await;
    browser.click("Save the expiry").await;
    browser.see("The token “Import” now expires on 1 May 2026, 00:00 UTC.").await;
    browser.click("More").await;
    browser.click("Duplicate").await;
    browser.see("This form starts with the rights of Import.").await;
    browser.see("May write in.c-main.").await;
    browser.is_sound().await;
    browser.click("Create the token").await;
    browser.see("Here is your token").await;
    browser.see("Copy of Import").await;
    assert_eq!(jeton.verify(&held.token).await, 200);
}

#[tokio::test]
async fn the_form_fits_a_phone_at_twice_the_size_and_paper() {
    let jeton = Jeton::start().await;
    let browser = Browser::start_as(Window::Phone, Scheme::Dark).await;
    sign_in(&browser, &jeton).await;
    for page in ["tokens/new", "tokens/new?purpose=run", "tokens/new?purpose=everything"] {
        browser.open(&at(&jeton, page)).await;
        browser.run("document.documentElement.style.fontSize = '200%'").await;
        browser.fits().await;
    }
    browser.open(&at(&jeton, "tokens/new")).await;
    browser.run("document.querySelector('[name=jobs]').click()").await;
    browser.click("Create the token").await;
    browser.see("Here is your token").await;
    browser.run("document.documentElement.style.fontSize = '200%'").await;
    browser.fits().await;
    browser.screenshot("console-new-shown-phone-dark").await;
}

#[tokio::test]
async fn a_share_keeps_the_page_with_the_secret_which_is_left_without_a_question_once_the_link_is_sent() {
    let jeton = Jeton::start().await;
    let browser = on_the_form(&jeton).await;
    browser.fill("Description", "Import").await;
    browser.run("document.querySelector('[name=jobs]').click()").await;
    browser.click("Create the token").await;
    browser.see("Here is your token").await;
    browser.click("Share it").await;
    // An address that browsers accept and the service does not.
    browser.fill("Their email address", ".bob@example.org").await;
    browser.press_in_dialog("Send").await;
    browser.see("must be one email address").await;
    browser.is_accessible().await;
    assert!(asks_before_leaving(&browser).await, "nothing is shared yet");
    browser.press(Key::Escape).await;
    browser.gone("//dialog").await;
    assert!(asks_before_leaving(&browser).await, "nothing is shared yet");
    browser.click("Share it").await;
    browser.fill("Their email address", "bob@example.org").await;
    browser.press_in_dialog("Send").await;
    browser.see("A link was sent").await;
    browser.is_accessible().await;
    browser.screenshot("console-shared-beside-light").await;
    assert!(!asks_before_leaving(&browser).await);
    assert_eq!(browser.run("return document.activeElement.innerText").await, "A link was sent");
    browser.run("document.querySelector('dialog a[data-close]').click()").await;
    browser.gone("//dialog").await;
    let token = copied(&browser, "Copy the token").await;
    assert_eq!(jeton.verify(&token).await, 200);
    assert_eq!(jeton.mail_to("bob@example.org").await.len(), 1);
}
