//! Pick-up of a share.

use jeton_tests::{
    browser::{Browser, Key, Scheme, Window},
    jeton::Jeton,
    lossy::Lossy,
    random::wrong_code,
};
use serde_json::Value;

use crate::scene::{BOB, copied, link, said, shared, spaced, type_code};

#[tokio::test]
async fn a_colleague_comes_from_the_mail_to_a_copy_that_works() {
    let jeton = Jeton::start().await;
    let (held, invitation) = shared(&jeton).await;
    let mail = jeton.mail_to(BOB).await.remove(0);
    let browser = Browser::start().await;
    browser.open_html(&mail.html).await;
    browser.click("Pick up the token").await;
    for words in ["Ada Admin shares", "Test project", "Read and write bucket in.c-main.", "14 February 2026"]
    {
        browser.see(words).await;
    }
    browser.is_sound().await;
    browser.screenshot("pickup-offer-light").await;
    type_code(&browser, &spaced(&invitation.code)).await;
    browser.see("Here is your token").await;
    browser.is_sound().await;
    browser.screenshot("pickup-copy-light").await;
    let token = copied(&browser, "Copy the token").await;
    assert_eq!(jeton.verified(&token).await["id"], held.id);
}

#[tokio::test]
async fn a_link_whose_hash_sign_was_encoded_on_its_way_works() {
    let jeton = Jeton::start().await;
    let (held, invitation) = shared(&jeton).await;
    let browser = Browser::start().await;
    for encoded in ["%23", "%2523"] {
        browser.open(&link(&jeton, &invitation).replace('#', encoded)).await;
        browser.see("Ada Admin shares").await;
        assert!(!browser.run("return location.href").await.as_str().unwrap().contains(&invitation.secret));
    }
    type_code(&browser, &invitation.code).await;
    let token = copied(&browser, "Copy the token").await;
    assert_eq!(jeton.verified(&token).await["id"], held.id);
}

#[tokio::test]
async fn the_lines_to_try_it_work_as_they_are_pasted() {
    let jeton = Jeton::start().await;
    let (held, invitation) = shared(&jeton).await;
    let browser = Browser::start().await;
    browser.open(&link(&jeton, &invitation)).await;
    type_code(&browser, &invitation.code).await;
    browser.see("Try it").await;
    let command = copied(&browser, "Copy the command").await;
    let python = copied(&browser, "Copy the Python lines").await;
    let javascript = copied(&browser, "Copy the JavaScript lines").await;
    assert!(command.starts_with("curl ") && python.contains("urllib"), "{command}\n{python}");
    let expected = format!("\"id\":\"{}\"", held.id);
    assert!(said("sh", &["-c", &command]).await.contains(&expected));
    assert!(said("python3", &["-c", &python]).await.contains(&expected));
    assert!(said("node", &["-e", &javascript]).await.contains(&expected));
    let lines = copied(&browser, "Copy the .env lines").await;
    let token = lines.rsplit_once('=').unwrap().1;
    assert_eq!(lines, format!("JETON_URL={}\nJETON_TOKEN={token}", jeton.url));
    assert_eq!(jeton.verified(token).await["id"], held.id);
    let login = copied(&browser, "Copy the login command").await;
    assert_eq!(login, format!("jeton login --url {}", jeton.url));
}

#[tokio::test]
async fn the_secret_is_hidden_until_it_is_asked_for() {
    let jeton = Jeton::start().await;
    let (_, invitation) = shared(&jeton).await;
    let browser = Browser::start().await;
    browser.open(&link(&jeton, &invitation)).await;
    type_code(&browser, &invitation.code).await;
    browser.see("Here is your token").await;
    let token = copied(&browser, "Copy the token").await;
    let secret = token.rsplit_once('-').unwrap().1;
    assert!(!browser.text().await.contains(secret));
    browser.click("Show").await;
    assert_eq!(browser.text().await.matches(secret).count(), 5);
    browser.fits().await;
    browser.screenshot("pickup-copy-shown-light").await;
    browser.click("Hide").await;
    assert!(!browser.text().await.contains(secret));
}

#[tokio::test]
async fn a_wrong_code_is_said_beside_the_field_and_the_right_one_still_works() {
    let jeton = Jeton::start().await;
    let (_, invitation) = shared(&jeton).await;
    let browser = Browser::start().await;
    browser.open(&link(&jeton, &invitation)).await;
    type_code(&browser, "12 34").await;
    browser.see("The code has six digits").await;
    type_code(&browser, &wrong_code(&invitation.code)).await;
    browser.see("Four attempts are left").await;
    browser.is_sound().await;
    browser.screenshot("pickup-wrong-light").await;
    let dashed = format!("{}-{}", &invitation.code[..3], &invitation.code[3..]);
    type_code(&browser, &dashed).await;
    browser.see("Here is your token").await;
}

#[tokio::test]
async fn a_code_whose_answer_is_lost_may_have_picked_it_up_and_gets_the_token_again_also_after_a_reload() {
    for reloads in [false, true] {
        let jeton = Jeton::start().await;
        let (held, invitation) = shared(&jeton).await;
        let lossy = Lossy::to(&jeton.url).await;
        let browser = Browser::start().await;
        browser.open(&format!("{}{}#{}", lossy.url, invitation.path, invitation.secret)).await;
        browser.see("Ada Admin shares").await;
        // More than one: browsers send a call again whose connection ends before an answer.
        lossy.lose(100);
        type_code(&browser, &spaced(&invitation.code)).await;
        browser.see("It may have been picked up").await;
        browser.is_accessible().await;
        browser.fits().await;
        assert!(!browser.text().await.contains("cannot be reached"));
        lossy.lose(0);
        if reloads {
            browser.run("location.reload()").await;
            browser.see("The answer to your code did not arrive").await;
            browser.is_accessible().await;
            browser.screenshot("pickup-lost-light").await;
        }
        // The same code, as it is read and not as it was pasted.
        type_code(&browser, &invitation.code).await;
        browser.see("Here is your token").await;
        let token = copied(&browser, "Copy the token").await;
        assert_eq!(jeton.verified(&token).await["id"], held.id);
        let copies = jeton.detail(&held.id).await["copies"].as_array().map(Vec::len);
        assert_eq!(copies, Some(2), "one copy was picked up");
        assert_eq!(browser.run("return sessionStorage.length").await, 0, "its key is forgotten");
    }
}

#[tokio::test]
async fn a_code_whose_answer_is_an_error_of_the_service_or_a_page_of_a_proxy_gets_the_token_again() {
    let overloaded = "<main id=main><p id=working></p><button id=again type=button>Try again</button></main>";
    for (page, again) in [(overloaded, true), ("<title>502 Bad Gateway</title>", false)] {
        let jeton = Jeton::start().await;
        let (held, invitation) = shared(&jeton).await;
        let browser = Browser::start().await;
        browser.open(&link(&jeton, &invitation)).await;
        browser.see("Ada Admin shares").await;
        let page = Value::from(page);
        browser
            .run(&format!(
                "const sent = window.fetch; let lost = 1; window.fetch = async (...call) => {{ const answer = await sent(...call); \
                 return lost-- > 0 ? new Response({page}, {{status: 503}}) : answer; }};"
            ))
            .await;
        type_code(&browser, &invitation.code).await;
        if again {
            browser.click("Try again").await;
        } else {
            browser.see("It may have been picked up").await;
            type_code(&browser, &invitation.code).await;
        }
        browser.see("Here is your token").await;
        let token = copied(&browser, "Copy the token").await;
        assert_eq!(jeton.verified(&token).await["id"], held.id);
    }
}

#[tokio::test]
async fn the_keyboard_alone_is_enough() {
    let jeton = Jeton::start().await;
    let (held, invitation) = shared(&jeton).await;
    let browser = Browser::start().await;
    browser.open(&link(&jeton, &invitation)).await;
    browser.see("Six-digit code").await;
    browser.tab_to("Six-digit code").await;
    browser.type_keys(&spaced(&invitation.code)).await;
    browser.tab_to("Show me the token").await;
    browser.press(Key::Enter).await;
    browser.see("Here is your token").await;
    browser.tab_to("Copy the token").await;
    browser.press(Key::Enter).await;
    browser.see("Copied the token.").await;
    let token = browser.clipboard().await;
    assert_eq!(jeton.verified(&token).await["id"], held.id);
    browser.tab_to("Show").await;
    browser.press(Key::Space).await;
    browser.see(&token).await;
}

#[tokio::test]
async fn it_works_on_a_phone_in_the_dark() {
    let jeton = Jeton::start().await;
    let (_, invitation) = shared(&jeton).await;
    let browser = Browser::start_as(Window::Phone, Scheme::Dark).await;
    browser.open(&link(&jeton, &invitation)).await;
    browser.see("Six-digit code").await;
    browser.is_sound().await;
    browser.screenshot("pickup-offer-phone-dark").await;
    type_code(&browser, &invitation.code).await;
    browser.see("Here is your token").await;
    browser.is_sound().await;
    browser.click("Show").await;
    browser.fits().await;
    browser.screenshot("pickup-copy-phone-dark").await;
}
