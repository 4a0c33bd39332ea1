//! A read-only member in the console.

use jeton_tests::{
    browser::Browser,
    jeton::{ADMIN, Invitation, Jeton},
};
use serde_json::json;

use crate::{
    console::{at, sign_in},
    scene::{BOB, link, type_code},
};

const TOLD: &str = "You can read this project, not change it.";

async fn sign_in_to_read(browser: &Browser, jeton: &Jeton) {
    browser.open(&format!("{}/console", jeton.url)).await;
    browser.fill("Your email address", BOB).await;
    browser.press(jeton_tests::browser::Key::Enter).await;
    browser.see("Check your email").await;
    let mail: Invitation = jeton.sign_in_mail(BOB).await;
    browser.open(&link(jeton, &mail)).await;
    type_code(browser, &mail.code).await;
    browser.see(TOLD).await;
}

/// The forms and buttons of the open page that send something other than a search.
const FORMS: &str = "return [...document.forms].filter(form => form.method === 'post')
    .map(form => new URL(form.action).pathname.split('/').pop())";

#[tokio::test]
async fn a_read_only_member_sees_the_project_and_no_form_that_changes_it() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({"description": "Nightly import"})).await;
    jeton.share(&held.id, "colleague@example.org").await;
    let invitation = jeton.invite_as(BOB, "readOnly").await;
    let browser = Browser::start().await;
    browser.open(&link(&jeton, &invitation)).await;
    browser.see(TOLD.trim_end_matches('.')).await;
    browser.is_sound().await;
    type_code(&browser, &invitation.code).await;
    browser.see("You are a read-only member now").await;
    browser.is_sound().await;

    sign_in_to_read(&browser, &jeton).await;
    browser.see("Nightly import").await;
    let own = format!("tokens/{}", held.id);
    for (page, also) in [
        ("tokens", None),
        (&*own, None),
        (&*format!("{own}/usage"), Some("usage")),
        ("members", None),
        ("events", None),
    ] {
        browser.open(&at(&jeton, page)).await;
        browser.see(TOLD).await;
        let mut forms = vec!["sign-out"];
        forms.extend(also);
        assert_eq!(browser.run(FORMS).await, json!(forms), "{page}");
        browser.is_sound().await;
    }

    // A form that somebody makes by hand, with what the page has.
    let posted = browser
        .run(&format!(
            "const word = document.querySelector('input[name=form]').value;
             const request = new XMLHttpRequest();
             request.open('POST', '/console/projects/{}/tokens/{}/delete', false);
             request.setRequestHeader('Content-Type', 'application/x-www-form-urlencoded');
             request.send('form=' + word);
             return request.status + ' ' + request.responseText",
            jeton.project, held.id
        ))
        .await;
    let posted = posted.as_str().unwrap();
    assert!(posted.starts_with("403") && posted.contains(TOLD), "{posted}");
    assert_eq!(jeton.verify(&held.token).await, 200);
}

#[tokio::test]
async fn an_admin_makes_a_member_read_only_and_their_open_page_changes_nothing_any_more() {
    let jeton = Jeton::start().await;
    jeton.join(BOB).await;
    let (browser, theirs) = (Browser::start().await, Browser::start().await);
    sign_in(&browser, &jeton).await;
    theirs.open(&format!("{}/console", jeton.url)).await;
    theirs.fill("Your email address", BOB).await;
    theirs.press(jeton_tests::browser::Key::Enter).await;
    theirs.see("Check your email").await;
    let mail = jeton.sign_in_mail(BOB).await;
    theirs.open(&link(&jeton, &mail)).await;
    type_code(&theirs, &mail.code).await;
    theirs.click("New token").await;
    theirs.fill("Description", "Too late").await;

    browser.click("Members").await;
    browser.is_sound().await;
    browser.click_in_row(BOB, "Make read-only").await;
    browser.see("They change nothing any more from now on").await;
    browser.is_sound().await;
    browser.press_in_dialog("Make them a read-only member").await;
    browser.see(&format!("{BOB} is a read-only member now.")).await;
    assert!(browser.text().await.contains(ADMIN));

    theirs.click("Create the token").await;
    theirs.see(TOLD).await;
    let tokens = jeton.read(&jeton.master, "/v2/storage/tokens").await.text();
    assert!(!tokens.contains("Too late"), "{tokens}");
}
