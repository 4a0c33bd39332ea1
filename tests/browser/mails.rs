//! Mails in an HTML mail reader.

use std::sync::Arc;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use jeton_service::{
    app::App,
    brand::{Brand, Logo},
    operation::bounced,
};
use jeton_tests::{
    browser::{Browser, Scheme, Window},
    console_client::ConsoleClient,
    jeton::{ADMIN, Jeton},
    mailbox::Received,
    random::wrong_code,
    ses,
};
use serde_json::json;

use crate::scene::{BOB, shared};

/// Opens a mail in a desktop and a phone window, in light and dark.
pub async fn read(mail: &Received, name: &str) {
    for (window, scheme, look) in
        [(Window::Desktop, Scheme::Light, "light"), (Window::Phone, Scheme::Dark, "phone-dark")]
    {
        let browser = Browser::start_as(window, scheme).await;
        browser.open_html(&mail.html).await;
        browser.is_sound().await;
        let fetched = "return performance.getEntriesByType('resource').length";
        assert_eq!(browser.run(fetched).await, 0, "{name} fetches something");
        browser.screenshot(&format!("mail-{name}-{look}")).await;
    }
}

#[tokio::test]
async fn a_share_is_mailed_readably() {
    let jeton = Jeton::start().await;
    shared(&jeton).await;
    read(&jeton.mail_to(BOB).await[0], "share").await;
}

#[tokio::test]
async fn a_brand_is_mailed_readably() {
    let logo = include_bytes!("../../shared/service/src/mail/testdata/logo.png");
    let brand = Brand::default().named("Acme Tokens").unwrap().coloured("#ffd000").unwrap();
    let brand =
        brand.supported_by("support@acme.example").unwrap().published_by("Acme Ltd.\\nPrague").unwrap();
    let brand = Arc::new(brand.with_logo(Logo::parse(logo.to_vec()).unwrap()));
    let jeton = Jeton::start_as(|app| App { brand, ..app }).await;
    shared(&jeton).await;
    let mut mail = jeton.mail_to(BOB).await.remove(0);
    // A browser has no parts of a mail: the image is put where the reader of the mail puts it.
    let image = format!("data:image/png;base64,{}", BASE64_STANDARD.encode(logo));
    mail.html = mail.html.replace("cid:logo@jeton", &image);
    read(&mail, "brand").await;
}

#[tokio::test]
async fn an_invitation_is_mailed_readably() {
    let jeton = Jeton::start().await;
    jeton.invite(BOB).await;
    read(&jeton.mail_to(BOB).await[0], "invitation").await;
}

#[tokio::test]
async fn a_pick_up_is_mailed_readably() {
    let jeton = Jeton::start().await;
    let (_, invitation) = shared(&jeton).await;
    jeton.pick_up(&invitation).await.expect(200);
    read(&jeton.mail_to(ADMIN).await[0], "picked-up").await;
}

#[tokio::test]
async fn a_lock_is_mailed_readably() {
    let jeton = Jeton::start().await;
    let (_, invitation) = shared(&jeton).await;
    for _ in 0..5 {
        jeton.type_code(&invitation, &wrong_code(&invitation.code)).await.expect(403);
    }
    read(&jeton.mail_to(ADMIN).await[0], "locked").await;
}

#[tokio::test]
async fn a_share_that_came_back_is_mailed_readably() {
    let jeton = Jeton::start().await;
    let (_, invitation) = shared(&jeton).await;
    bounced::bounced(&jeton.app, &ses::came_back(&invitation.path)).await.unwrap();
    read(&jeton.mail_to(ADMIN).await[0], "bounced").await;
}

#[tokio::test]
async fn a_coming_end_is_mailed_readably() {
    let jeton = Jeton::start().await;
    jeton.create(&json!({"description": "Nightly import", "expiresIn": 864_000})).await;
    jeton.pass_seconds(3 * 86_400);
    jeton.swept().await;
    read(&jeton.mail_to(ADMIN).await[0], "expiry").await;
}

#[tokio::test]
async fn a_sign_in_is_mailed_readably() {
    let jeton = Jeton::start().await;
    let console = ConsoleClient::new(&jeton);
    console.asks_to_sign_in(&jeton, ADMIN).await;
    read(&jeton.mail_to(ADMIN).await[0], "sign-in").await;
}
