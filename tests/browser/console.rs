//! The console in the hands of an administrator.

use jeton_tests::{
    browser::{Browser, Key, Scheme, Window},
    jeton::{ADMIN, Invitation, Jeton},
    random::wrong_code,
};
use serde_json::json;

use crate::{
    scanner::scan,
    scene::{BOB, copied, link, type_code},
};

/// Requests a sign-in, and reads the mail.
async fn asks(browser: &Browser, jeton: &Jeton) -> Invitation {
    browser.open(&format!("{}/console", jeton.url)).await;
    browser.fill("Your email address", ADMIN).await;
    browser.press(Key::Enter).await;
    browser.see("Check your email").await;
    jeton.sign_in_mail(ADMIN).await
}

/// Signs in with the mail.
pub async fn sign_in(browser: &Browser, jeton: &Jeton) {
    let mail = asks(browser, jeton).await;
    browser.open(&link(jeton, &mail)).await;
    type_code(browser, &mail.code).await;
    browser.see("New token").await;
}

/// The URL of a page of the project; an absolute path is one of the whole console.
pub fn at(jeton: &Jeton, path: &str) -> String {
    if path.starts_with('/') {
        return format!("{}{path}", jeton.url);
    }
    format!("{}/console/projects/{}/{path}", jeton.url, jeton.project)
}

#[tokio::test]
async fn an_administrator_signs_in_creates_shares_refreshes_edits_and_deletes_a_token() {
    let jeton = Jeton::start().await;
    let browser = Browser::start().await;
    sign_in(&browser, &jeton).await;
    browser.click("New token").await;
    browser.fill("Description", "Nightly import").await;
    browser.fill("Write access", "in.c-main").await;
    browser.press(Key::Enter).await;
    browser.fill("Components to run", "keboola.ex-db-mysql").await;
    browser.press(Key::Enter).await;
    browser.is_sound().await;
    browser.click("Create the token").await;
    browser.see("Here is your token").await;
    browser.is_sound().await;
    let first = copied(&browser, "Copy the token").await;
    let token = jeton.verified(&first).await;
    assert_eq!(token["bucketPermissions"], json!({"in.c-main": "write"}));
    assert_eq!(token["componentAccess"], json!(["keboola.ex-db-mysql"]));

    browser.click("Share it").await;
    browser.fill("Their email address", "bob@example.net").await;
    browser.see("This address is outside example.org.").await;
    browser.is_sound().await;
    browser.fill("Their email address", BOB).await;
    assert!(!browser.text().await.contains("This address is outside"));
    browser.fill("Message", "For the nightly import").await;
    browser.click("Send").await;
    browser.see("A link was sent").await;
    let invitation = jeton.invitation(BOB).await;
    scan(&link(&jeton, &invitation)).await;
    let colleague = Browser::start().await;
    colleague.open(&link(&jeton, &invitation)).await;
    colleague.see("Ada Admin shares").await;
    type_code(&colleague, &invitation.code).await;
    let copy = copied(&colleague, "Copy the token").await;
    assert_eq!(jeton.verified(&copy).await["id"], token["id"]);

    // The page with the secret is still there.
    browser.press(Key::Escape).await;
    browser.gone("//dialog").await;
    browser.click("Done").await;
    browser.see(BOB).await;
    browser.click("Refresh").await;
    browser.see("What happens to existing copies").await;
    browser.is_sound().await;
    browser.press_in_dialog("Refresh").await;
    browser.see("Here is the new secret").await;
    assert_eq!(jeton.verify(&copy).await, 401);

    browser.click("Done").await;
    browser.click("Edit").await;
    browser.fill("Description", "Daily import").await;
    browser.click("Save").await;
    browser.see("Daily import").await;
    browser.click("Events").await;
    browser.see("Updated token Daily import").await;
    browser.is_sound().await;
    browser.click("Overview").await;
    browser.click("Delete").await;
    browser.press_in_dialog("Delete the token").await;
    browser.see("New token").await;
    // The result is shown once, by name; the list no longer has the token.
    browser.see("Daily import").await;
    browser.open(&format!("{}/console", jeton.url)).await;
    browser.see("New token").await;
    assert!(!browser.text().await.contains("Daily import"));
    assert_eq!(jeton.history(token["id"].as_str().unwrap()).await[0], "storage.tokenDeleted");
}

#[tokio::test]
async fn one_click_after_typing_into_a_picker_creates_the_token_with_what_was_typed() {
    let jeton = Jeton::start().await;
    let browser = Browser::start().await;
    sign_in(&browser, &jeton).await;
    browser.open(&at(&jeton, "tokens/new")).await;
    browser.fill("Description", "Nightly import").await;
    browser.fill("Components to run", "keboola.ex-db-mysql").await;
    browser.press_mouse_on("Create the token").await;
    browser.see("Here is your token").await;
    let token = jeton.verified(&copied(&browser, "Copy the token").await).await;
    assert_eq!(token["componentAccess"], json!(["keboola.ex-db-mysql"]));
}

#[tokio::test]
async fn leaving_a_field_moves_nothing_on_any_form() {
    let jeton = Jeton::start().await;
    let browser = Browser::start().await;
    sign_in(&browser, &jeton).await;
    let held = jeton.create(&json!({"description": "Import"})).await;
    for path in [
        "tokens/new".to_owned(),
        format!("tokens/{}", held.id),
        format!("tokens/{}/share", held.id),
        "members".to_owned(),
        "events".to_owned(),
    ] {
        browser.open(&at(&jeton, &path)).await;
        let moved = browser.run(MOVED_BY_FOCUS).await;
        assert_eq!(moved, json!([]), "{path}");
    }
}

/// Types into every text field, leaves it, and returns the buttons that moved.
const MOVED_BY_FOCUS: &str = "document.querySelectorAll('details').forEach(d => d.open = true);
    const buttons = [...document.querySelectorAll('button')];
    const places = () => buttons.map(b => b.getBoundingClientRect().top + scrollY);
    const moved = [];
    for (const field of document.querySelectorAll('input:not([type=hidden], [type=checkbox], [type=radio], [type=date]), textarea')) {
        if (!field.checkVisibility()) continue;
        const before = places();
        field.focus();
        field.value = 'in.c-typed';
        field.dispatchEvent(new Event('input', {bubbles: true}));
        field.dispatchEvent(new Event('change', {bubbles: true}));
        field.blur();
        if (places().some((place, at) => place !== before[at])) moved.push(field.id);
    }
    return moved";

#[tokio::test]
async fn a_wrong_code_is_said_beside_the_field() {
    let jeton = Jeton::start().await;
    let browser = Browser::start().await;
    browser.open(&format!("{}/console", jeton.url)).await;
    browser.is_sound().await;
    browser.screenshot("console-sign-in-light").await;
    browser.fill("Your email address", ADMIN).await;
    browser.press(Key::Enter).await;
    browser.see("Check your email").await;
    browser.is_sound().await;
    let mail = jeton.sign_in_mail(ADMIN).await;
    browser.open(&link(&jeton, &mail)).await;
    type_code(&browser, "12 34").await;
    browser.see("The code has six digits").await;
    type_code(&browser, &wrong_code(&mail.code)).await;
    browser.see("Four attempts are left before the link is locked.").await;
    browser.is_sound().await;
    browser.screenshot("console-code-light").await;
    type_code(&browser, &mail.code).await;
    browser.see("New token").await;
}

#[tokio::test]
async fn what_was_typed_when_the_session_had_ended_is_in_the_form_after_the_sign_in() {
    let jeton = Jeton::start().await;
    let browser = Browser::start().await;
    sign_in(&browser, &jeton).await;
    browser.open(&at(&jeton, "tokens/new")).await;
    browser.fill("Description", "Nightly import").await;
    jeton.pass_seconds(43_200);
    browser.click("Create the token").await;
    browser.see("You are signed out").await;
    browser.fill("Your email address", ADMIN).await;
    browser.press(Key::Enter).await;
    browser.see("Check your email").await;
    let mail = jeton.sign_in_mail(ADMIN).await;
    browser.open(&link(&jeton, &mail)).await;
    type_code(&browser, &mail.code).await;
    browser.see("Grant only the rights that are needed.").await;
    assert_eq!(browser.run("return document.getElementById('description').value").await, "Nightly import");
}

#[tokio::test]
async fn what_fetched_executed_and_pressed_everything_used_up_nothing() {
    let jeton = Jeton::start().await;
    let browser = Browser::start().await;
    let mail = asks(&browser, &jeton).await;
    scan(&link(&jeton, &mail)).await;
    browser.open(&link(&jeton, &mail)).await;
    type_code(&browser, &mail.code).await;
    browser.see("New token").await;
}

#[tokio::test]
async fn the_link_works_in_no_other_browser() {
    let jeton = Jeton::start().await;
    let browser = Browser::start().await;
    let mail = asks(&browser, &jeton).await;
    let other = Browser::start().await;
    other.open(&link(&jeton, &mail)).await;
    type_code(&other, &mail.code).await;
    other.see("This is another browser").await;
    other.is_sound().await;
}

#[tokio::test]
async fn the_keyboard_alone_creates_a_token_and_asks_before_it_deletes_one() {
    let jeton = Jeton::start().await;
    let browser = Browser::start().await;
    sign_in(&browser, &jeton).await;
    browser.tab_to("New token").await;
    browser.press(Key::Enter).await;
    browser.see("Grant only the rights that are needed.").await;
    browser.tab_to("Description").await;
    browser.type_keys("By keyboard").await;
    browser.tab_to("Read access").await;
    browser.type_keys("in.c-a").await;
    browser.press(Key::Enter).await;
    browser.tab_to("Create the token").await;
    browser.press(Key::Enter).await;
    browser.see("Here is your token").await;
    browser.tab_to("Copy the token").await;
    browser.press(Key::Enter).await;
    browser.see("Copied the token.").await;
    browser.tab_to("Done").await;
    browser.press(Key::Enter).await;
    browser.see("Read bucket in.c-a.").await;
    browser.tab_to("Delete").await;
    browser.press(Key::Enter).await;
    browser.see("All of its copies and pending shares end immediately.").await;
    browser.press(Key::Escape).await;
    browser.see("By keyboard").await;
    assert!(!browser.text().await.contains("All of its copies and pending shares end immediately."));
}

#[tokio::test]
async fn the_pages_are_sound_in_the_light_in_the_dark_and_on_a_phone() {
    let jeton = Jeton::start().await;
    let browser = Browser::start().await;
    sign_in(&browser, &jeton).await;
    let wish = json!({
        "description": "MySQL extractor", "bucketPermissions": {"in.c-main": "write", "out.c-reports": "read"},
        "componentAccess": ["keboola.ex-db-mysql"], "expiresIn": 2_592_000, "canCreateJobs": true,
    });
    let held = jeton.create(&wish).await;
    jeton.create(&json!({"description": "Dashboard", "canManageBuckets": true})).await;
    jeton.shared_copy(&held.id).await;
    jeton.share(&held.id, BOB).await;
    for _ in 0..3 {
        jeton.may(&held.token, json!({"bucket": "in.c-main", "access": "read"})).await;
    }
    jeton.may(&held.token, json!({"bucket": "in.c-main", "access": "manage"})).await;
    jeton.new_project("Second warehouse", ADMIN).await;
    jeton.join("eve@example.org").await;
    let own = format!("tokens/{}", held.id);
    let phone = Browser::start_as(Window::Phone, Scheme::Dark).await;
    sign_in_elsewhere(&phone, &jeton).await;
    for (name, path) in [
        ("tokens", "tokens".to_owned()),
        ("new", "tokens/new".to_owned()),
        ("new-read", "tokens/new?purpose=read".to_owned()),
        ("new-like", "tokens/new?purpose=like".to_owned()),
        ("extend", format!("{own}/extend")),
        ("token", own.clone()),
        ("refresh", format!("{own}/refresh")),
        ("share", format!("{own}/share")),
        ("delete", format!("{own}/delete")),
        ("usage", format!("{own}/usage")),
        ("events", format!("{own}/events")),
        ("members", "members".to_owned()),
        ("activity", "events".to_owned()),
        ("summary", "summary".to_owned()),
        ("projects", "/console/projects".to_owned()),
        ("sessions", "/console/sessions".to_owned()),
    ] {
        browser.prefer(Scheme::Light).await;
        browser.open(&at(&jeton, &path)).await;
        browser.is_sound().await;
        browser.screenshot(&format!("console-{name}-light")).await;
        browser.prefer(Scheme::Dark).await;
        browser.is_sound().await;
        browser.screenshot(&format!("console-{name}-dark")).await;
        phone.open(&at(&jeton, &path)).await;
        phone.is_sound().await;
        phone.screenshot(&format!("console-{name}-phone-dark")).await;
    }
}

/// Signs in with several projects.
async fn sign_in_elsewhere(browser: &Browser, jeton: &Jeton) {
    let mail = asks(browser, jeton).await;
    browser.open(&link(jeton, &mail)).await;
    type_code(browser, &mail.code).await;
    browser.see("Your projects").await;
}

#[tokio::test]
async fn without_scripts_every_dialog_is_a_page() {
    let jeton = Jeton::start().await;
    let browser = Browser::start().await;
    sign_in(&browser, &jeton).await;
    let held = jeton.create(&json!({"description": "Import"})).await;
    browser.without_scripts().await;
    browser.open(&at(&jeton, &format!("tokens/{}", held.id))).await;
    browser.click("Delete").await;
    browser.see("All of its copies and pending shares end immediately.").await;
    browser.click("Delete the token").await;
    browser.see("New token").await;
    assert_eq!(jeton.verify(&held.token).await, 401);
}

#[tokio::test]
async fn enter_in_a_dialog_that_ends_something_ends_nothing() {
    let jeton = Jeton::start().await;
    let browser = Browser::start().await;
    sign_in(&browser, &jeton).await;
    let held = jeton.create(&json!({"description": "Import"})).await;
    browser.open(&at(&jeton, &format!("tokens/{}", held.id))).await;
    browser.tab_to("Delete").await;
    browser.press(Key::Enter).await;
    browser.see("All of its copies and pending shares end immediately.").await;
    assert_eq!(browser.run("return document.activeElement.textContent").await, "Cancel");
    browser.press(Key::Enter).await;
    browser.see("Import").await;
    assert_eq!(jeton.verify(&held.token).await, 200);
    browser.click("Delete").await;
    browser.press_in_dialog("Delete the token").await;
    browser.see("The token “Import” is deleted.").await;
}

#[tokio::test]
async fn a_link_whose_hash_sign_was_encoded_on_its_way_signs_in() {
    let jeton = Jeton::start().await;
    let browser = Browser::start().await;
    let mail = asks(&browser, &jeton).await;
    browser.open(&link(&jeton, &mail).replace('#', "%23")).await;
    browser.see("Six-digit code").await;
    assert!(!browser.run("return location.href").await.as_str().unwrap().contains(&mail.secret));
    type_code(&browser, &mail.code).await;
    browser.see("New token").await;
}

#[tokio::test]
async fn who_signs_out_is_out() {
    let jeton = Jeton::start().await;
    let browser = Browser::start().await;
    sign_in(&browser, &jeton).await;
    browser.click("Sign out").await;
    browser.see("You are signed out.").await;
    browser.see("Email me a link").await;
    browser.open(&at(&jeton, "tokens")).await;
    browser.see("Email me a link").await;
}

#[tokio::test]
async fn a_double_click_opens_one_dialog_and_mails_one_link() {
    let jeton = Jeton::start().await;
    let browser = Browser::start().await;
    browser.open(&format!("{}/console", jeton.url)).await;
    browser.fill("Your email address", ADMIN).await;
    browser.double_click("Email me a link").await;
    browser.see("Check your email").await;
    let mail = jeton.sign_in_mail(ADMIN).await;
    browser.open(&link(&jeton, &mail)).await;
    type_code(&browser, &mail.code).await;
    browser.see("New token").await;
    assert_eq!(jeton.mail_to(ADMIN).await.len(), 1);

    let held = jeton.create(&json!({"description": "Import"})).await;
    jeton.shared_copy(&held.id).await;
    browser.open(&at(&jeton, &format!("tokens/{}", held.id))).await;
    for (opens, shows) in [
        ("Delete", "All of its copies and pending shares end immediately."),
        ("Refresh", "What happens to existing copies"),
        ("Disable", "Disable"),
        ("Delete copy", "Delete the copy"),
    ] {
        browser.double_click(opens).await;
        browser.find("//dialog[@open]").await;
        browser.see(shows).await;
        // By the time that another page was fetched, a second submission would have arrived.
        let dialogs = "const done = arguments[0]; fetch(location.href).then(a => a.text())\
                       .then(() => setTimeout(() => done(document.querySelectorAll('dialog').length), 50))";
        assert_eq!(browser.wait_for(dialogs).await, 1, "{opens}");
        browser.press(Key::Escape).await;
        browser.gone("//dialog").await;
    }
}

#[tokio::test]
async fn enter_in_the_empty_field_of_a_picker_sends_nothing() {
    let jeton = Jeton::start().await;
    let browser = Browser::start().await;
    sign_in(&browser, &jeton).await;
    browser.open(&at(&jeton, "tokens/new")).await;
    browser.fill("Description", "Nightly import").await;
    for label in ["Read access", "Write access", "Components to run"] {
        browser.fill(label, if label == "Components to run" { "a.b" } else { "in.c-a" }).await;
        browser.press(Key::Enter).await;
        browser.press(Key::Enter).await;
        browser.press(Key::Enter).await;
        let path = browser.run("return location.pathname").await;
        assert!(path.as_str().unwrap().ends_with("/tokens/new"), "{label}: {path}");
    }
    browser.click("Create the token").await;
    browser.see("Here is your token").await;
}

#[tokio::test]
async fn a_link_with_something_at_its_end_signs_in() {
    let jeton = Jeton::start().await;
    let browser = Browser::start().await;
    let mail = asks(&browser, &jeton).await;
    let whole = link(&jeton, &mail);
    for end in [".", "%3E"] {
        browser.open(&format!("{whole}{end}")).await;
        type_code(&browser, &wrong_code(&mail.code)).await;
        browser.see("This code is wrong.").await;
    }
    browser.open(&format!("{}.", whole.replace('#', "%23"))).await;
    browser.see("Six-digit code").await;
    assert!(!browser.run("return location.href").await.as_str().unwrap().contains(&mail.secret));
    type_code(&browser, &mail.code).await;
    browser.see("New token").await;
}
