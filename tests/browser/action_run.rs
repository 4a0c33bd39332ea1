//! An action on all tokens of a list, whose steps the page carries out by itself.

use jeton_tests::{browser::Browser, jeton::Jeton};
use serde_json::json;

use crate::console::{at, sign_in};

/// Makes each call of a page wait until `calls.shift()()`.
const HELD: &str = "const sent = window.fetch; window.calls = []; \
    window.fetch = async (...call) => { await new Promise((go) => window.calls.push(go)); return sent(...call); };";

/// Answers the first calls of a page in place of the service.
const FAILING: &str = "const sent = window.fetch; \
    const busy = (seconds) => new Response('', {status: 429, headers: {'retry-after': seconds}}); \
    const proxy = () => new Response('<title>502 Bad Gateway</title>', {status: 502}); \
    const answers = [() => busy('3600'), () => busy('1'), proxy, () => { throw new TypeError('no network'); }]; \
    window.fetch = async (...call) => (answers.shift() ?? sent)(...call);";

/// A project with so many tokens, a second ago, and a browser.
async fn start(tokens: usize) -> (Jeton, Browser) {
    let jeton = Jeton::start().await;
    for number in 0..tokens {
        jeton.create(&json!({"description": format!("Import {number:03}")})).await;
    }
    jeton.pass_seconds(1);
    let browser = Browser::start().await;
    sign_in(&browser, &jeton).await;
    (jeton, browser)
}

/// Asks for an action on all of them, and confirms it.
async fn confirm(browser: &Browser, jeton: &Jeton, action: &str, button: &str) {
    browser.open(&at(jeton, &format!("tokens/actions?search=import&action={action}&all=1"))).await;
    browser.click(button).await;
}

/// Lets the call that waits go on. One waits as soon as the page has the answer to the one before.
async fn release(browser: &Browser) {
    browser.run("calls.shift()()").await;
}

/// An action on 250 tokens that was stopped after 200 of them.
async fn stopped_after_200() -> (Jeton, Browser) {
    let (jeton, browser) = start(250).await;
    browser.run_before_pages(HELD).await;
    confirm(&browser, &jeton, "disable", "Disable 250 tokens").await;
    browser.see("100 of 250 tokens are disabled.").await;
    browser.click("Stop").await;
    release(&browser).await;
    browser.see("200 of 250 tokens are disabled.").await;
    (jeton, browser)
}

/// Waits for the last page.
async fn ends_with(browser: &Browser, words: &str) {
    browser.see("Back to the tokens").await;
    browser.gone("//progress").await;
    browser.see(words).await;
}

async fn disabled(jeton: &Jeton) -> usize {
    let found = jeton.read(&jeton.master, "/v2/storage/tokens?search=import&isDisabled=1").await.json();
    found.as_array().unwrap().len()
}

#[tokio::test]
async fn one_click_deletes_all_tokens_of_a_list_and_the_page_says_how_many() {
    let (jeton, browser) = start(250).await;
    browser.open(&at(&jeton, "tokens?search=import&sort=description")).await;
    browser.click("delete").await;
    browser.see("Delete 250 tokens?").await;
    browser.is_sound().await;
    browser.click("Delete 250 tokens").await;
    ends_with(&browser, "250 tokens are deleted").await;
    assert_eq!(browser.run("return document.activeElement.localName").await, "h1");
    browser.is_sound().await;
    browser.click("Back to the tokens").await;
    browser.see("No token matches the search.").await;
    assert_eq!(browser.run("return location.search").await, "?search=import&sort=description");
}

#[tokio::test]
async fn who_stops_an_action_on_many_tokens_goes_on_later_where_it_was() {
    let (jeton, browser) = start(350).await;
    browser.run_before_pages(HELD).await;
    confirm(&browser, &jeton, "disable", "Disable 350 tokens").await;
    browser.see("100 of 350 tokens are disabled.").await;
    browser.is_sound().await;
    browser.screenshot("console-steps-light").await;
    assert!(!browser.text().await.contains("Continue"));
    release(&browser).await;
    browser.see("200 of 350 tokens are disabled.").await;
    assert_eq!(browser.run("return document.querySelector('progress').value").await, 200);
    browser.click("Stop").await;
    browser.see("Continue").await;
    assert_eq!(browser.run("return document.activeElement.innerText").await, "Continue");
    browser.see("The step that is under way is still finished.").await;
    // The step that was sent is taken, and no further one is sent.
    release(&browser).await;
    browser.see("300 of 350 tokens are disabled.").await;
    browser.is_sound().await;
    assert!(!browser.text().await.contains("under way"));
    assert_eq!((browser.run("return calls.length").await, disabled(&jeton).await), (json!(0), 300));
    browser.click("Continue").await;
    release(&browser).await;
    ends_with(&browser, "350 tokens are disabled").await;
    assert_eq!(disabled(&jeton).await, 350);
}

#[tokio::test]
async fn steps_wait_when_there_were_too_many_and_stop_where_the_service_is_not_reached() {
    let (jeton, browser) = start(150).await;
    browser.run_before_pages(FAILING).await;
    confirm(&browser, &jeton, "disable", "Disable 150 tokens").await;
    browser.see("This goes on in 3600 s.").await;
    browser.is_sound().await;
    browser.click("Stop").await;
    // It is busy for a second, goes on by itself, and then there is no network.
    browser.click("Continue").await;
    // A page of a proxy, and then no answer.
    browser.see("The service cannot be reached at the moment.").await;
    for told in ["At least 100 of 150 tokens are disabled.", "it may have disabled up to 50 more tokens"] {
        browser.see(told).await;
    }
    assert!(browser.run("return document.title").await.as_str().unwrap().contains("Disable tokens"));
    browser.click("Continue").await;
    browser.see("The service cannot be reached at the moment.").await;
    browser.see("100 of 150 tokens are disabled.").await;
    browser.is_sound().await;
    browser.click("Continue").await;
    ends_with(&browser, "150 tokens are disabled").await;
}

#[tokio::test]
async fn steps_stop_at_the_end_of_the_session_with_the_way_to_sign_in() {
    let (jeton, browser) = start(250).await;
    browser.run_before_pages(HELD).await;
    confirm(&browser, &jeton, "disable", "Disable 250 tokens").await;
    browser.see("100 of 250 tokens are disabled.").await;
    jeton.pass_seconds(43_200);
    release(&browser).await;
    browser.see("You are signed out").await;
    browser.see("The action stopped after at least 100 tokens.").await;
    browser.see("Your email address").await;
    assert_eq!(disabled(&jeton).await, 100);
}

#[tokio::test]
async fn another_sign_in_meanwhile_leads_to_a_page_that_says_so() {
    let (jeton, browser) = stopped_after_200().await;
    browser.run("document.querySelector('#next-step [name=form]').value = '0'.repeat(64)").await;
    browser.click("Continue").await;
    release(&browser).await;
    browser.see("There was another sign-in. The action stopped after at least 200 tokens.").await;
    assert_eq!(browser.run("return location.pathname.endsWith('/tokens')").await, true);
    assert_eq!(disabled(&jeton).await, 200);
}

#[tokio::test]
async fn a_page_that_is_come_back_to_shows_how_far_it_came_and_goes_on_only_by_a_click() {
    let (jeton, browser) = stopped_after_200().await;
    browser.reload().await;
    browser.see("At least 100 of 250 tokens are disabled.").await;
    assert_eq!(browser.run("return window.calls.length").await, 0, "it waits");
    browser.click("Continue").await;
    release(&browser).await;
    browser.see("200 of 250 tokens are disabled.").await;
    release(&browser).await;
    ends_with(&browser, "250 tokens are disabled").await;
    assert_eq!(disabled(&jeton).await, 250);
}

/// Lets the calls of a page arrive, and loses the answer to the first one.
const LOSING: &str = "const sent = window.fetch; let lost = 0; \
    window.fetch = async (...call) => { const answer = await sent(...call); await answer.clone().text(); \
    if (lost++ === 0) throw new TypeError('no network'); return answer; };";

#[tokio::test]
async fn after_a_lost_answer_the_page_says_what_may_be_done_and_so_does_a_reload_of_it() {
    let (jeton, browser) = start(250).await;
    browser.run_before_pages(LOSING).await;
    confirm(&browser, &jeton, "disable", "Disable 250 tokens").await;
    browser.see("The answer to the last step is missing: it may have disabled up to 100 more tokens.").await;
    browser.see("At least 100 of 250 tokens are disabled.").await;
    assert_eq!(disabled(&jeton).await, 200);
    let text = browser.text().await;
    assert!(!text.contains("The other tokens are unchanged"), "{text}");
    assert!(text.contains("A step that was sent is still finished"), "{text}");
    browser.is_sound().await;
    // It sends the same step again, and loses its answer again.
    browser.reload().await;
    browser.see("At least 100 of 250 tokens are disabled.").await;
    browser.click("Continue").await;
    browser.see("it may have disabled up to 100 more tokens.").await;
    browser.click("Continue").await;
    ends_with(&browser, "250 tokens are disabled").await;
    assert!(!browser.text().await.contains("At least"));
    assert_eq!(disabled(&jeton).await, 250);
}

#[tokio::test]
async fn without_javascript_each_step_is_a_click() {
    let (jeton, browser) = start(150).await;
    browser.without_scripts().await;
    confirm(&browser, &jeton, "disable", "Disable 150 tokens").await;
    browser.see("100 of 150 tokens are disabled.").await;
    assert!(!browser.text().await.contains("Stop"));
    browser.click("Continue").await;
    ends_with(&browser, "150 tokens are disabled").await;
    assert_eq!(disabled(&jeton).await, 150);
}
