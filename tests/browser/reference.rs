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
