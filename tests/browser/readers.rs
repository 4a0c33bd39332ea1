//! Browsers with missing features.

use jeton_tests::{browser::Browser, jeton::Jeton};

use crate::scene::{link, shared, type_code};

#[tokio::test]
async fn without_javascript_the_page_says_what_it_needs() {
    let jeton = Jeton::start().await;
    let (_, invitation) = shared(&jeton).await;
    let browser = Browser::start().await;
    browser.without_scripts().await;
    browser.open(&link(&jeton, &invitation)).await;
    browser.see("This page needs JavaScript.").await;
    browser.see("Please enable JavaScript").await;
    browser.screenshot("pickup-without-javascript-light").await;
}

#[tokio::test]
async fn without_styles_the_page_reads_from_top_to_bottom() {
    let jeton = Jeton::start().await;
    let (_, invitation) = shared(&jeton).await;
    let browser = Browser::start().await;
    browser.without_styles().await;
    browser.open(&link(&jeton, &invitation)).await;
    browser.see("Six-digit code").await;
    let styled = "return getComputedStyle(document.querySelector('main')).maxWidth";
    assert_eq!(browser.run(styled).await, "none");
    let text = browser.text().await;
    let places = ["shares an API token", "Project", "It may", "Pick it up until", "Six-digit code"];
    let places: Vec<_> = places.iter().map(|words| text.find(words)).collect();
    assert!(places.is_sorted() && places[0].is_some(), "{text}");
    browser.screenshot("pickup-without-styles").await;
    type_code(&browser, &invitation.code).await;
    browser.see("Here is your token").await;
}
