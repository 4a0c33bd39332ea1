//! The API reference.

use jeton_tests::{
    browser::{Browser, Key, Scheme, Window},
    jeton::Jeton,
};

#[tokio::test]
async fn it_reads_well_at_a_desk_and_on_a_phone() {
    let jeton = Jeton::start().await;
    for (window, scheme, look) in
        [(Window::Desktop, Scheme::Light, "light"), (Window::Phone, Scheme::Dark, "phone-dark")]
    {
        let browser = Browser::start_as(window, scheme).await;
        browser.open(&format!("{}/docs", jeton.url)).await;
        browser.see("API reference").await;
        browser.see("/v2/storage/tokens/{token}/refresh").await;
        browser.is_sound().await;
        browser.screenshot(&format!("reference-{look}")).await;
    }
}

/// What the search finds, as its links say it.
async fn found(browser: &Browser, words: &str) -> Vec<String> {
    browser.fill("Search the reference", words).await;
    let links = "return [...document.querySelectorAll('#results a')].filter(a => a.offsetParent).map(a => a.innerText)";
    let links = browser.run(links).await;
    links.as_array().unwrap().iter().map(|link| link.as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn the_search_lists_calls_errors_and_schemas_as_links_and_hides_nothing() {
    let jeton = Jeton::start().await;
    for window in [Window::Desktop, Window::Phone] {
        let browser = Browser::start_as(window, Scheme::Light).await;
        browser.open(&format!("{}/docs", jeton.url)).await;
        for (words, first, also) in [
            // Parameters, fields of bodies, headers, codes, statuses, words of sentences, schemas, other words for a call.
            ("unusedSince", "List tokens", "TokenFilter"),
            ("gracePeriod", "Refresh it", "RefreshToken"),
            ("Idempotency-Key", "Create a token", "Refresh a token"),
            ("bucketPermissions", "Create a token", "Token"),
            (
                "storage.tokenInvalid",
                "storage.tokenInvalid, 401 Unauthorized",
                "storage.tokenInvalid, 401 Unauthorized",
            ),
            ("401", "Verify it", "storage.tokenExpired, 401 Unauthorized"),
            ("rate limit", "mail.tooMany, 429 Too Many Requests", "events.tooMany, 429 Too Many Requests"),
            ("TokenFilter", "Disable, enable or delete many tokens", "TokenFilter"),
            ("revoke", "Delete a token", "Delete one copy of a token"),
            ("expires", "Create a token", "Token"),
            ("post shares", "Send a pending share again", "Send a pending share again"),
            ("rotate", "Refresh a token", "Refresh a manage token"),
            // Languages of the first calls.
            ("curl", "Verify it", "Share it"),
            ("Python", "Verify it", "Share it"),
        ] {
            let links = found(&browser, words).await;
            let has = |title: &str| links.iter().any(|link| link == title);
            assert!(has(first) && has(also), "{words}: {links:?}");
            browser.see(&format!("{} found", links.len())).await;
        }
        assert_eq!(found(&browser, "email").await, found(&browser, "E-mail").await, "both spellings");
        found(&browser, "rotate").await;
        browser.see("Each call names its token").await;
        browser.is_sound().await;
        browser.screenshot(&format!("reference-found-{window:?}")).await;
        assert!(found(&browser, "xyzzy").await.is_empty());
        browser.see("Nothing found").await;
        // Enter leads to the first, whose title has the words.
        found(&browser, "create a tok").await;
        browser.press(Key::Enter).await;
        let place = "return [location.hash, document.querySelector(':target').getBoundingClientRect().top]";
        let place = browser.run(place).await;
        assert_eq!(place[0], "#post_tokens");
        assert!((0.0..200.0).contains(&place[1].as_f64().unwrap()), "{place}");
        // An empty field shows the contents again.
        browser.run("const f = document.getElementById('find'); f.value = ''; f.dispatchEvent(new Event('input'))").await;
        browser.find("//*[@id='contents'][not(@hidden)]").await;
        browser.gone("//*[@id='results'][not(@hidden)]").await;
    }
}

#[tokio::test]
async fn on_a_phone_the_contents_are_short_and_each_part_opens_to_its_calls() {
    let jeton = Jeton::start().await;
    let browser = Browser::start_as(Window::Phone, Scheme::Light).await;
    browser.open(&format!("{}/docs", jeton.url)).await;
    browser.find("//summary[.='Shares']").await;
    let shown = "return [...document.querySelectorAll('.side a')].filter(a => a.checkVisibility()).length";
    assert_eq!(browser.run(shown).await, 0);
    browser.click("Shares").await;
    browser.click("Withdraw a pending share").await;
    browser.find("//section[@id='delete_tokens_token_shares_share']").await;
    let hash = browser.run("return location.hash").await;
    assert_eq!(hash, "#delete_tokens_token_shares_share");
    // Without scripts all is open, and there is no field to type into.
    browser.without_scripts().await;
    browser.open(&format!("{}/docs", jeton.url)).await;
    browser.see("Each call names its token").await;
    browser.see("Withdraw a pending share").await;
    browser.gone("//input[@id='find'][not(ancestor::*[@hidden])]").await;
    browser.is_quiet().await;
}

#[tokio::test]
async fn code_of_the_first_calls_has_the_width_of_the_page_and_small_type() {
    let jeton = Jeton::start().await;
    for window in [Window::Desktop, Window::Phone] {
        let browser = Browser::start_as(window, Scheme::Light).await;
        browser.open(&format!("{}/docs", jeton.url)).await;
        let code = "return [...document.querySelectorAll('.step pre')].filter(e => e.checkVisibility()).map(e => \
                    [e.offsetWidth / e.closest('.step').offsetWidth, parseFloat(getComputedStyle(e).fontSize), \
                    getComputedStyle(e).letterSpacing])";
        let code = browser.run(code).await;
        let code = code.as_array().unwrap();
        // Six blocks of code, five of which have an answer.
        assert_eq!(code.len(), 12, "{code:?}");
        for shown in code {
            let (width, size) = (shown[0].as_f64().unwrap(), shown[1].as_f64().unwrap());
            assert!(width > 0.99 && size <= 16.0 && shown[2] == "normal", "{shown}");
        }
    }
}

#[tokio::test]
async fn the_first_key_leads_to_the_content_past_the_contents() {
    let jeton = Jeton::start().await;
    let browser = Browser::start().await;
    browser.open(&format!("{}/docs", jeton.url)).await;
    browser.tab_to("Skip to content").await;
    let top = "return document.activeElement.getBoundingClientRect().top";
    assert!(browser.run(top).await.as_f64().unwrap() >= 0.0, "the link shows with the focus");
    browser.press(Key::Enter).await;
    browser.press(Key::Tab).await;
    assert_eq!(browser.run("return document.activeElement.innerText").await, "openapi.json");
}

#[tokio::test]
async fn printed_it_has_all_examples_and_no_field() {
    let jeton = Jeton::start().await;
    let browser = Browser::start().await;
    browser.open(&format!("{}/docs", jeton.url)).await;
    browser.as_printed().await;
    let hidden = "return [...document.querySelectorAll('article details > :not(summary)')].filter(e => \
                  !e.checkVisibility({contentVisibilityAuto: true})).length";
    assert_eq!(browser.run(hidden).await, 0);
    let field = "return document.getElementById('find').checkVisibility()";
    assert_eq!(browser.run(field).await, false);
}
