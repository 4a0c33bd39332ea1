//! The API reference.

use jeton_tests::{
    browser::{Browser, Scheme, Window},
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

#[tokio::test]
async fn a_call_is_found_by_typing_and_a_link_into_the_rest_shows_that_again() {
    let jeton = Jeton::start().await;
    let browser = Browser::start().await;
    browser.open(&format!("{}/docs", jeton.url)).await;
    browser.fill("Find a call", "post shares").await;
    browser.find("//*[@id='found'][contains(., '1 of ')]").await;
    let text = browser.text().await;
    assert!(text.contains("POST /v2/storage/tokens/{token}/shares/{share}/send"), "{text}");
    assert!(
        !text.contains("Each call names its token") && !text.contains("/v2/storage/tokens/{token}/refresh"),
        "{text}"
    );
    browser.is_sound().await;
    browser.click("schemas").await;
    browser.see("/v2/storage/tokens/{token}/refresh").await;
    browser.see("-X POST").await;
    browser.without_scripts().await;
    browser.open(&format!("{}/docs", jeton.url)).await;
    browser.see("Each call names its token").await;
    browser.gone("//input[@id='find'][not(ancestor::*[@hidden])]").await;
}
