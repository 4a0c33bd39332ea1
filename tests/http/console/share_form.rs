//! The form that shares a token.

use jeton_tests::{
    console_client::ConsoleClient,
    jeton::{ADMIN, Jeton},
};
use serde_json::json;

#[tokio::test]
async fn a_share_to_another_domain_is_told_to_show_the_code_and_one_to_the_own_domain_is_not() {
    let jeton = Jeton::start().await;
    let (held, console) = (jeton.create(&json!({})).await, ConsoleClient::signed_in(&jeton, ADMIN).await);
    let ask = format!("tokens/{}/share", held.id);
    let page = console.open(&ask).await.expect(200).text();
    assert!(
        page.contains("data-own-domain=\"example.org\"") && page.contains("outside example.org."),
        "{page}"
    );
    let long = "x".repeat(1001);
    for (recipient, is_told) in [
        ("bob@other.example", true),
        ("bob@notexample.org", true),
        ("bob@example.org", false),
        ("bob@a.example.org", false),
    ] {
        let fields = [("recipientEmail", recipient), ("message", long.as_str())];
        let page = console.submit(&ask, &ask, &fields).await.expect(400).text();
        let note = page.split_once("id=\"outside\"").unwrap().1.split('>').next().unwrap();
        assert_eq!(!note.contains("hidden"), is_told, "{recipient}: {note}");
    }
}
