//! Pick-up of a share whose answer was lost.

use jeton_tests::{
    browser::Browser,
    jeton::{Held, Invitation, Jeton},
    lossy::Lossy,
    random::wrong_code,
};
use serde_json::json;

use crate::scene::{copied, link, shared, type_code};

/// A browser that has entered the right code and got no answer.
async fn unanswered(jeton: &Jeton) -> (Browser, Lossy, Held, Invitation) {
    let (held, invitation) = shared(jeton).await;
    let lossy = Lossy::to(&jeton.url).await;
    let browser = Browser::start().await;
    browser.open(&format!("{}{}#{}", lossy.url, invitation.path, invitation.secret)).await;
    browser.see("Ada Admin shares").await;
    // More than one: browsers send a call again whose connection ends before an answer.
    lossy.lose(100);
    type_code(&browser, &invitation.code).await;
    browser.see("It may have been picked up").await;
    lossy.lose(0);
    (browser, lossy, held, invitation)
}

#[tokio::test]
async fn another_code_after_a_lost_answer_keeps_the_field_and_the_same_code_gets_the_token() {
    for reloads in [false, true] {
        let jeton = Jeton::start().await;
        let (browser, _lossy, held, invitation) = unanswered(&jeton).await;
        for mistyped in [wrong_code(&invitation.code), invitation.code[..5].to_owned()] {
            if reloads {
                browser.run("location.reload()").await;
                browser.see("The answer to your code did not arrive").await;
            }
            type_code(&browser, &mistyped).await;
            let problem =
                if mistyped.len() == 6 { "Enter the same code as before" } else { "The code has six digits" };
            browser.see(problem).await;
            browser.is_accessible().await;
            browser.fits().await;
            assert!(!browser.text().await.contains("This was already picked up"));
        }
        if reloads {
            browser.run("location.reload()").await;
            browser.see("The answer to your code did not arrive").await;
        }
        type_code(&browser, &invitation.code).await;
        browser.see("Here is your token").await;
        let token = copied(&browser, "Copy the token").await;
        assert_eq!(jeton.verified(&token).await["id"], held.id);
        assert_eq!(browser.run("return sessionStorage.length").await, 0, "its key is forgotten");
    }
}

#[tokio::test]
async fn a_code_that_never_arrived_and_was_used_by_another_is_told_as_picked_up() {
    let jeton = Jeton::start().await;
    let (_, invitation) = shared(&jeton).await;
    let browser = Browser::start().await;
    browser.open(&link(&jeton, &invitation)).await;
    browser.see("Ada Admin shares").await;
    browser.run("window.sent = window.fetch; window.fetch = async () => { throw new TypeError(); };").await;
    type_code(&browser, &invitation.code).await;
    browser.see("It may have been picked up").await;
    browser.run("window.fetch = window.sent;").await;
    jeton.pick_up(&invitation).await.expect(200);
    type_code(&browser, &invitation.code).await;
    browser.see("This was already picked up").await;
    assert_eq!(browser.run("return sessionStorage.length").await, 0, "its key is forgotten");
}

#[tokio::test]
async fn a_token_that_has_ended_since_its_answer_was_lost_is_told_to_people() {
    for end in ["refreshed", "deleted", "disabled"] {
        let jeton = Jeton::start().await;
        let (browser, _lossy, held, invitation) = unanswered(&jeton).await;
        let path = format!("/v2/storage/tokens/{}", held.id);
        let switch = |off: bool| {
            let call = jeton.put(&path).token(&jeton.master).json(&json!({"isDisabled": off}));
            async move { call.send().await.expect(200) }
        };
        match end {
            "refreshed" => drop(jeton.refresh(&held).await),
            "deleted" => drop(jeton.delete(&path).token(&jeton.master).send().await.expect(204)),
            _ => drop(switch(true).await),
        }
        type_code(&browser, &invitation.code).await;
        let is_disabled = end == "disabled";
        browser.see(if is_disabled { "is disabled now" } else { "has ended since" }).await;
        let text = browser.text().await;
        assert!(!text.contains("call") && !text.contains("Idempotency"), "{end}: {text}");
        assert!(text.contains("Ask the person who shared it"), "{end}: {text}");
        assert_eq!(text.contains("Try again"), is_disabled, "{end}: {text}");
        browser.is_accessible().await;
        browser.fits().await;
        if is_disabled {
            browser.click("Try again").await;
            browser.see("is disabled now").await;
            switch(false).await;
            browser.click("Try again").await;
            browser.see("Here is your token").await;
            let token = copied(&browser, "Copy the token").await;
            assert_eq!(jeton.verified(&token).await["id"], held.id);
        }
        assert_eq!(browser.run("return sessionStorage.length").await, 0, "its key is forgotten");
    }
}
