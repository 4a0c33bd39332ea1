//! A share to pick up, and uses of its copy.

use jeton_tests::{
    browser::{Browser, Key},
    jeton::{Held, Invitation, Jeton},
};
use serde_json::json;
use tokio::process::Command;

/// The recipient of every share.
pub const BOB: &str = "bob@example.org";

/// A token with some rights, and its share.
pub async fn shared(jeton: &Jeton) -> (Held, Invitation) {
    let wish = json!({
        "description": "MySQL extractor", "bucketPermissions": {"in.c-main": "write", "out.c-reports": "read"},
        "componentAccess": ["keboola.ex-db-mysql"], "expiresIn": 2_592_000,
    });
    let held = jeton.create(&wish).await;
    let invitation = jeton.share(&held.id, BOB).await;
    (held, invitation)
}

/// The full link of a mail.
pub fn link(jeton: &Jeton, invitation: &Invitation) -> String {
    format!("{}{}#{}", jeton.url, invitation.path, invitation.secret)
}

/// The code in the form that the mail shows.
pub fn spaced(code: &str) -> String {
    format!("{} {}", &code[..3], &code[3..])
}

/// Enters a code on the open page, and submits it.
pub async fn type_code(browser: &Browser, code: &str) {
    browser.fill("Six-digit code", code).await;
    browser.press(Key::Enter).await;
}

/// Presses a copy button, and returns the clipboard.
pub async fn copied(browser: &Browser, button: &str) -> String {
    browser.click(button).await;
    browser.see(&button.replace("Copy", "Copied")).await;
    browser.clipboard().await
}

/// The output of a program with these arguments.
pub async fn said(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().await.unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    said
}
