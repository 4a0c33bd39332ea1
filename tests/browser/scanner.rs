//! Mail scanners: security products that open links, run scripts and press buttons.

use jeton_tests::{browser::Browser, jeton::Jeton};

use crate::scene::{link, shared, spaced, type_code};

/// Opens a link as often as such a product does, runs its scripts, and presses every button.
pub async fn scan(link: &str) {
    let scanner = Browser::start().await;
    for _ in 0..3 {
        scanner.open(link).await;
        scanner.see("Six-digit code").await;
        scanner.run(PRESS).await;
        scanner.see("Six-digit code").await;
        scanner.run("document.forms[0].submit()").await;
    }
}

/// Presses every button and submits every form, once empty and once with generated values.
const PRESS: &str = "
    for (const words of ['', 'test', 'scanner@example.org']) {
      for (const field of document.querySelectorAll('input')) field.value = words;
      for (const button of document.querySelectorAll('button, a')) button.click();
      for (const form of document.forms) { form.dispatchEvent(new Event('submit', {bubbles: true, cancelable: true})); }
    }";

#[tokio::test]
async fn what_fetched_executed_and_pressed_everything_took_nothing() {
    let jeton = Jeton::start().await;
    let (held, invitation) = shared(&jeton).await;
    let link = link(&jeton, &invitation);
    scan(&link).await;
    assert_eq!(jeton.history(&held.id).await, ["storage.tokenShared", "storage.tokenCreated"]);
    let colleague = Browser::start().await;
    colleague.open(&link).await;
    type_code(&colleague, &spaced(&invitation.code)).await;
    colleague.see("Here is your token").await;
    assert_eq!(jeton.history(&held.id).await[0], "storage.tokenSharePickedUp");
}
